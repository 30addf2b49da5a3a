#include "exec/plan.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace lamina::exec {

namespace {

constexpr int64_t kAlign = 64;
constexpr int64_t kCached = 24 << 10;  // bytes of all operands that go through a stage together
constexpr int64_t kWorthwhile = 2 * kCached;  // of less the next launch finds most in the cache
constexpr int kMostLaunches = 16;             // of a stage

int64_t aligned(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

// The launches that touch a buffer.
struct Life {
  int first = -1, last = -1;
};

}  // namespace

class Planner {
 public:
  explicit Planner(Program& program) : p_(program) {}

  void run() {
    leave_out_unread();
    keep_constants();
    find_stages();
    let_pass();
    share_places();
    place_buffers();
  }

 private:
  Buffer& buffer(int id) { return p_.buffers_[static_cast<size_t>(id)]; }
  Launch& launch(int i) { return p_.launches_[static_cast<size_t>(i)]; }
  const Operand& operand(const Launch& launch, int k) const {
    return p_.operands_[static_cast<size_t>(launch.first + k)];
  }
  int launches() const { return static_cast<int>(p_.launches_.size()); }

  // The bytes that all parts of an operand take together; 0: it does not fall into parts.
  static int64_t span(const Launch& launch, int k) {
    if (launch.count > static_cast<int>(Parts::kMaxOperands)) return 0;
    return launch.parts.steps[static_cast<size_t>(k)] * launch.parts.count;
  }

  void leave_out_unread();
  void keep_constants();
  void find_stages();
  bool joins(const Stage& stage, const Launch& next);
  bool follows(const Stage& stage, const Launch& next);
  bool stays_inside(const Stage& stage, const Launch& next);
  bool finish_stage(Stage& stage);
  void let_pass();
  bool passes(int id, const Stage& stage);
  void share_places();
  bool takes_over(const Stage& stage, int i, int k);
  void place_buffers();

  Program& p_;
  std::vector<Life> lives_;  // of the buffers
  std::vector<int> places_;  // of the buffers: of the one whose memory they have
};

// Drops launches whose results nobody reads.
void Planner::leave_out_unread() {
  std::vector<bool> wanted(p_.buffers_.size());
  std::vector<Launch> needed;
  for (int i = launches(); i-- > 0;) {
    Launch& each = launch(i);
    bool needs = each.draws || each.writes == 0;
    for (int k = 0; k < each.writes; ++k) {
      const int id = operand(each, k).buffer;
      needs |= buffer(id).kind != BufferKind::kInternal || wanted[static_cast<size_t>(id)];
    }
    if (!needs) continue;
    for (int k = 0; k < each.count; ++k)
      wanted[static_cast<size_t>(operand(each, k).buffer)] = true;
    needed.push_back(std::move(each));
  }
  p_.unread_ = launches() - static_cast<int>(needed.size());
  std::ranges::reverse(needed);
  p_.launches_ = std::move(needed);
  lives_.resize(p_.buffers_.size());
  for (int i = 0; i < launches(); ++i)
    for (int k = 0; k < launch(i).count; ++k) {
      Life& life = lives_[static_cast<size_t>(operand(launch(i), k).buffer)];
      if (life.first < 0) life.first = i;
      life.last = i;
    }
}

// Finds the launches that arrange one constant, and lets their results live from run to run.
void Planner::keep_constants() {
  p_.constants_.resize(p_.launches_.size());
  for (int i = 0; i < launches(); ++i) {
    if (launch(i).repeat != Repeat::kIfChanged) continue;
    const Buffer& source = buffer(p_.reads(launch(i))[0].buffer);
    if (source.kind != BufferKind::kExternal || source.written || source.storage->borrowed())
      continue;
    p_.constants_[static_cast<size_t>(i)].source = source.storage.get();
    buffer(p_.writes(launch(i))[0].buffer).kept = true;
  }
}

void Planner::find_stages() {
  for (int i = 0; i < launches();) {
    Stage stage{i};
    stage.parts = launch(i).parts.count;
    while (i + stage.count < launches() && stage.count < kMostLaunches &&
           joins(stage, launch(i + stage.count))) {
      stage.parts = std::min(stage.parts, launch(i + stage.count).parts.count);
      ++stage.count;
    }
    if (stage.count > 1 && !finish_stage(stage)) stage = Stage{i};
    i += stage.count;
    p_.stages_.push_back(std::move(stage));
  }
}

bool Planner::joins(const Stage& stage, const Launch& next) {
  const Launch& first = launch(stage.first);
  const auto falls_apart = [](const Launch& each) {
    return each.parts.count > 1 && each.repeat == Repeat::kAlways &&
           each.count <= static_cast<int>(Parts::kMaxOperands);
  };
  if (!falls_apart(first) || !falls_apart(next)) return false;
  const auto [fewer, more] = std::minmax(stage.parts, next.parts.count);
  return more % fewer == 0 && follows(stage, next) && stays_inside(stage, next);
}

// Whether parts of a launch need, of what the stage touches, the same parts alone, and something of
// it at all.
bool Planner::follows(const Stage& stage, const Launch& next) {
  bool related = false;
  for (int i = stage.first; i < stage.first + stage.count; ++i)
    for (int k = 0; k < launch(i).count; ++k)
      for (int j = 0; j < next.count; ++j) {
        const Operand &before = operand(launch(i), k), &after = operand(next, j);
        if (before.buffer != after.buffer) continue;
        const bool same = span(launch(i), k) == span(next, j) && before.offset == after.offset;
        related |= same && span(next, j) > 0;
        if (k >= launch(i).writes && j >= next.writes) continue;
        if (!same || span(next, j) == 0) return false;
      }
  return related;
}

// Memory from outside may overlap other such memory: what writes it runs with none that may.
bool Planner::stays_inside(const Stage& stage, const Launch& next) {
  bool writes = false, may_overlap = false;
  const auto look_at = [&](const Launch& each) {
    for (int k = 0; k < each.count; ++k) {
      const Buffer& at = buffer(operand(each, k).buffer);
      writes |= k < each.writes && !at.own();
      may_overlap |= at.kind == BufferKind::kArgument ||
                     (at.kind == BufferKind::kExternal && at.storage->borrowed());
    }
  };
  for (int i = stage.first; i < stage.first + stage.count; ++i) look_at(launch(i));
  look_at(next);
  return !writes || !may_overlap;
}

// Chooses how many parts go through the stage together; false if it is not worth it.
bool Planner::finish_stage(Stage& stage) {
  std::map<int, int64_t> spans;
  int64_t most = 0;
  double threads = 0;
  for (int i = stage.first; i < stage.first + stage.count; ++i) {
    const Parts& parts = launch(i).parts;
    most = std::max(most, parts.count);
    threads += static_cast<double>(parts.count) / static_cast<double>(parts.grain);
    for (int k = 0; k < launch(i).count; ++k)
      spans[operand(launch(i), k).buffer] = span(launch(i), k);
  }
  int64_t bytes = 0;
  for (const auto& [id, each] : spans) bytes += each;
  if (bytes < kWorthwhile) return false;
  // About a cache line of the launch with the most parts.
  stage.unit = std::max<int64_t>(1, kAlign * stage.parts / most);
  stage.block = std::max<int64_t>(1, kCached * stage.parts / bytes / stage.unit) * stage.unit;
  stage.grain = std::max<int64_t>(
      1, static_cast<int64_t>(static_cast<double>(stage.parts) / std::max(threads, 1.0)));
  return true;
}

// Gives what is alive within one stage alone no more memory than the parts that pass at a time.
void Planner::let_pass() {
  for (Stage& stage : p_.stages_) {
    if (stage.count == 1) continue;
    for (int i = stage.first; i < stage.first + stage.count; ++i)
      for (int k = 0; k < launch(i).writes; ++k) {
        const int id = operand(launch(i), k).buffer;
        if (!passes(id, stage)) continue;
        buffer(id).kind = BufferKind::kPassing;
        buffer(id).offset = stage.workspace;
        stage.workspace += aligned(span(launch(i), k) / stage.parts * stage.block);
      }
  }
}

bool Planner::passes(int id, const Stage& stage) {
  const Life& life = lives_[static_cast<size_t>(id)];
  if (buffer(id).kind != BufferKind::kInternal || life.first < stage.first ||
      life.last >= stage.first + stage.count)
    return false;
  for (int i = life.first; i <= life.last; ++i)
    for (int k = 0; k < launch(i).count; ++k)
      if (operand(launch(i), k).buffer == id &&
          (operand(launch(i), k).offset != 0 || span(launch(i), k) == 0))
        return false;
  return true;
}

// Lets a result have the memory of an operand that is read for the last time.
void Planner::share_places() {
  places_.resize(p_.buffers_.size());
  std::iota(places_.begin(), places_.end(), 0);
  for (const Stage& stage : p_.stages_)
    for (int i = stage.first; i < stage.first + stage.count; ++i)
      for (int k = 1; k < launch(i).count; ++k)
        if (takes_over(stage, i, k)) {
          const auto to = static_cast<size_t>(operand(launch(i), 0).buffer);
          places_[to] = places_[static_cast<size_t>(operand(launch(i), k).buffer)];
          lives_[static_cast<size_t>(places_[to])].last = lives_[to].last;
          break;
        }
}

bool Planner::takes_over(const Stage& stage, int i, int k) {
  const Launch& each = launch(i);
  const int to = operand(each, 0).buffer, from = operand(each, k).buffer;
  const auto free = [&](int id) {
    return buffer(id).kind == BufferKind::kInternal && !buffer(id).kept;
  };
  if (!each.parts.in_place || each.writes != 1 || !free(to) || !free(from) ||
      lives_[static_cast<size_t>(to)].first != i || lives_[static_cast<size_t>(from)].last != i ||
      buffer(to).bytes != buffer(from).bytes || operand(each, 0).offset != 0)
    return false;
  // While some parts are written others are still to be read, here and earlier in the stage.
  for (int l = stage.first; l <= i; ++l)
    for (int j = 0; j < launch(l).count; ++j)
      if (operand(launch(l), j).buffer == from &&
          (operand(launch(l), j).offset != 0 || span(launch(l), j) != span(each, 0)))
        return false;
  return each.parts.steps[0] > 0;
}

// Gives each internal buffer the lowest place that no buffer alive at the same time holds.
void Planner::place_buffers() {
  std::vector<int> stage_of;  // of the launches, all of which may be under way at once
  for (const Stage& stage : p_.stages_)
    stage_of.insert(stage_of.end(), static_cast<size_t>(stage.count), stage.first);
  std::vector<int> by_start;
  for (int id = 0; id < static_cast<int>(p_.buffers_.size()); ++id) {
    Life& life = lives_[static_cast<size_t>(id)];
    if (buffer(id).kind != BufferKind::kInternal || life.first < 0) continue;
    life.first = buffer(id).kept ? 0 : stage_of[static_cast<size_t>(life.first)];
    life.last = buffer(id).kept ? launches() : stage_of[static_cast<size_t>(life.last)];
    if (places_[static_cast<size_t>(id)] == id) by_start.push_back(id);
  }
  const auto life = [this](int id) { return lives_[static_cast<size_t>(id)]; };
  std::ranges::stable_sort(by_start, {}, [&](int id) { return life(id).first; });
  // Empty buffers take a byte, or the next one would share their offset and go unnoticed.
  const auto bytes = [this](int id) { return std::max<int64_t>(buffer(id).bytes, 1); };
  std::map<int64_t, int> placed;  // by offset, those still alive
  int64_t size = 0;
  for (const int id : by_start) {
    std::erase_if(placed,
                  [&](const auto& entry) { return life(entry.second).last < life(id).first; });
    int64_t offset = 0;
    for (const auto& [start, other] : placed) {
      if (offset + bytes(id) <= start) break;
      offset = std::max(offset, aligned(start + bytes(other)));
    }
    buffer(id).offset = offset;
    placed.emplace(offset, id);
    size = std::max(size, aligned(offset + bytes(id)));
  }
  for (size_t id = 0; id < places_.size(); ++id)
    if (places_[id] != static_cast<int>(id)) p_.buffers_[id].offset = buffer(places_[id]).offset;
  p_.arena_ = Storage::make(size);
}

void plan(Program& program) { Planner(program).run(); }

}  // namespace lamina::exec
