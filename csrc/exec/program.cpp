#include "exec/program.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "core/allocator.h"
#include "core/crew.h"
#include "core/parallel.h"

namespace lamina::exec {

namespace {
constexpr int64_t kAlign = 64;
int64_t aligned(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }
}  // namespace

Recorder::Recorder(std::span<const Tensor> arguments)
    : epoch_(capture_epoch.fetch_add(1) + 1), outer_(observer) {
  for (const Tensor& argument : arguments) add_argument(argument);
  observer = this;
}

bool Recorder::add_argument(const Tensor& tensor) {
  if (find(tensor) >= 0) return false;
  Buffer& buffer = program_.buffers_[static_cast<size_t>(buffer_of(tensor, false))];
  buffer.kind = BufferKind::kArgument;
  buffer.argument = arguments_++;
  return true;
}

int Recorder::buffer_of(const Tensor& tensor, bool written) {
  const Ref<Storage>& storage = tensor->storage;
  const auto [place, added] = ids_.try_emplace(storage.get(), static_cast<int>(seen_.size()));
  const int now = static_cast<int>(program_.launches_.size());
  if (added) {
    Buffer buffer;
    // Memory first seen as a source holds a value from outside.
    const bool own = written && storage->epoch() >= epoch_ && !storage->borrowed();
    buffer.kind = own ? BufferKind::kInternal : BufferKind::kExternal;
    seen_.push_back({this, storage.get(), own ? Ref<Storage>() : storage});
    if (own)
      storage->watch(&seen_.back(), [](void* watcher) {
        Seen& seen = *static_cast<Seen*>(watcher);
        seen.recorder->ids_.erase(seen.storage);
        seen.storage = nullptr;
      });
    buffer.bytes = storage->bytes();
    buffer.first_use = now;
    program_.buffers_.push_back(std::move(buffer));
  }
  Buffer& buffer = program_.buffers_[static_cast<size_t>(place->second)];
  buffer.last_use = now;
  buffer.written |= written;
  return place->second;
}

void Recorder::launched(const char* name, Operands writes, Operands reads, const Body& body,
                        Repeat repeat) {
  observer = nullptr;  // a body launches nothing that should be recorded
  launch(name, writes, reads, body);
  observer = this;
  // Sources first: what is both read and written must have come from somewhere.
  std::vector<Operand> sources;
  for (const Tensor* tensor : reads) sources.push_back(operand_of(*tensor, false));
  std::vector<Operand>& operands = program_.operands_;
  const auto first = static_cast<int>(operands.size());
  for (const Tensor* tensor : writes) operands.push_back(operand_of(*tensor, true));
  operands.insert(operands.end(), sources.begin(), sources.end());
  const auto written = static_cast<int>(writes.size());
  program_.launches_.push_back(
      {name, body, repeat, first, written, written + static_cast<int>(reads.size())});
}

Operand Recorder::operand_of(const Tensor& tensor, bool written) {
  program_.traffic_ += detail::size_in_bytes(tensor);
  return {buffer_of(tensor, written), tensor->offset * item_size(tensor.dtype()), tensor.dtype(),
          tensor.sizes()};
}

void Recorder::value_read(const char* name, const char* advice) {
  fail<StateError>("compile", "'", name, "' reads a value while the step is captured",
                   locate_caller ? ", at " + locate_caller() : "",
                   "; replays could not repeat that: ", advice);
}

void Recorder::forget() {
  for (const Seen& seen : seen_)
    if (seen.storage && !seen.held) seen.storage->watch(nullptr, nullptr);
  seen_.clear();
}

int Recorder::find(const Tensor& tensor) const {
  const auto found = ids_.find(tensor->storage.get());
  return found == ids_.end() ? -1 : found->second;
}

Program Recorder::finish() {
  for (size_t i = 0; i < seen_.size(); ++i) {
    Buffer& buffer = program_.buffers_[i];
    if (buffer.kind == BufferKind::kInternal && seen_[i].storage) buffer.kind = BufferKind::kResult;
    if (buffer.kind == BufferKind::kExternal || buffer.kind == BufferKind::kResult)
      buffer.storage = Ref(seen_[i].storage);
    if (buffer.kind == BufferKind::kResult) program_.results_.push_back(static_cast<int>(i));
  }
  forget();
  empty_cache();  // of what the recorded run used: from now on that lies in the arena
  program_.keep_constants();
  program_.place_buffers();
  program_.bind_static();
  return std::move(program_);
}

// Finds the launches that arrange one constant, and lets their results live from run to run.
void Program::keep_constants() {
  constants_.resize(launches_.size());
  for (size_t i = 0; i < launches_.size(); ++i) {
    const Launch& launch = launches_[i];
    if (launch.repeat != Repeat::kIfChanged) continue;
    const Buffer& source = buffers_[static_cast<size_t>(reads(launch)[0].buffer)];
    if (source.kind != BufferKind::kExternal || source.written || source.storage->borrowed())
      continue;
    constants_[i].source = source.storage.get();
    buffers_[static_cast<size_t>(writes(launch)[0].buffer)].kept = true;
  }
}

// Whether a launch has nothing to do since it ran last; notes that it runs now.
bool Program::is_current(size_t launch) {
  Constant& constant = constants_[launch];
  if (!constant.source) return false;
  const uint64_t stamp = constant.source->stamp();
  if (constant.computed && constant.stamp == stamp && !constant.source->exposed()) return true;
  constant.computed = true;
  constant.stamp = stamp;
  return false;
}

// Gives each internal buffer the lowest place that no buffer alive at the same time holds.
void Program::place_buffers() {
  std::vector<Buffer*> by_start;
  for (Buffer& buffer : buffers_)
    if (buffer.kind == BufferKind::kInternal) {
      if (buffer.kept) buffer.first_use = 0, buffer.last_use = static_cast<int>(launches_.size());
      by_start.push_back(&buffer);
    }
  std::ranges::stable_sort(by_start, {}, &Buffer::first_use);
  std::map<int64_t, const Buffer*> placed;  // by offset, those still alive
  // Empty buffers take a byte, or the next one would share their offset and go unnoticed.
  const auto bytes = [](const Buffer* buffer) { return std::max<int64_t>(buffer->bytes, 1); };
  int64_t size = 0;
  for (Buffer* buffer : by_start) {
    std::erase_if(placed,
                  [&](const auto& entry) { return entry.second->last_use < buffer->first_use; });
    int64_t offset = 0;
    for (const auto& [start, other] : placed) {
      if (offset + bytes(buffer) <= start) break;
      offset = std::max(offset, aligned(start + bytes(other)));
    }
    buffer->arena_offset = offset;
    placed.emplace(offset, buffer);
    size = std::max(size, aligned(offset + bytes(buffer)));
  }
  arena_ = Storage::make(size);
}

void Program::bind_static() {
  pointers_.resize(operands_.size());
  for (size_t i = 0; i < operands_.size(); ++i) {
    const int id = operands_[i].buffer;
    const int64_t offset = operands_[i].offset;
    const Buffer& buffer = buffers_[static_cast<size_t>(id)];
    if (buffer.kind == BufferKind::kInternal)
      pointers_[i] = arena_->data() + buffer.arena_offset + offset;
    else if (buffer.kind == BufferKind::kExternal)
      pointers_[i] = buffer.storage->data() + offset;
    else
      patches_.push_back({static_cast<int>(i), id, offset});
  }
  for (const Buffer& buffer : buffers_) {
    if (buffer.written && buffer.kind == BufferKind::kExternal)
      changed_.push_back(buffer.storage.get());
    if (buffer.written && buffer.kind == BufferKind::kArgument)
      changed_arguments_.push_back(buffer.argument);
  }
}

void Program::run_launches(double* seconds) {
  using Clock = std::chrono::steady_clock;
  const bool timed = seconds || trial_.timed();
  for (size_t i = 0; i < launches_.size(); ++i) {
    const Launch& step = launches_[i];
    if (is_current(i)) continue;
    const SerialScope alone(trial_.serial(i));
    const uint32_t calls = crew::calls();
    const auto start = timed ? Clock::now() : Clock::time_point();
    step.body(Buffers(pointers_.data() + step.first));
    if (!timed) continue;
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    if (trial_.timed()) trial_.record(i, taken, crew::calls() != calls);
    if (seconds) seconds[i] = taken;
  }
}

void Program::run(std::span<const Tensor> arguments, double* seconds) {
  // A result that somebody still looks at keeps its memory; the next one gets its own.
  for (int id : results_) {
    Ref<Storage>& storage = buffers_[static_cast<size_t>(id)].storage;
    if (storage->use_count() > 1) storage = Storage::make(storage->bytes());
  }
  for (const Patch& patch : patches_) {
    const Buffer& buffer = buffers_[static_cast<size_t>(patch.buffer)];
    std::byte* memory = buffer.kind == BufferKind::kArgument
                            ? arguments[static_cast<size_t>(buffer.argument)].bytes()
                            : buffer.storage->data();
    pointers_[static_cast<size_t>(patch.pointer)] = memory + patch.offset;
  }
  {
    const LongWorkScope unlocked(traffic_);
    const FlushDenormals flushed;
    const int threads = num_threads();
    trial_.begin(launches_.size(), threads);
    std::optional<crew::Shift> shift;
    if (trial_.uses_helpers()) shift.emplace(threads);
    run_launches(seconds);
  }
  for (Storage* storage : changed_) storage->bump_version();
  for (int argument : changed_arguments_) bump_version(arguments[static_cast<size_t>(argument)]);
}

Tensor Program::result(const Tensor& recorded, int id, std::span<const Tensor> arguments) const {
  const Buffer& buffer = buffers_[static_cast<size_t>(id)];
  if (buffer.kind == BufferKind::kArgument) {
    const Tensor& argument = arguments[static_cast<size_t>(buffer.argument)];
    return window(argument, recorded.sizes(), recorded.strides(),
                  argument->offset + recorded->offset);
  }
  Tensor tensor = wrap(buffer.storage, recorded.sizes(), recorded.strides(), recorded.dtype());
  tensor->offset = recorded->offset;
  return tensor;
}

}  // namespace lamina::exec
