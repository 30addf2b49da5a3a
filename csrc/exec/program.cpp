#include "exec/program.h"

#include <chrono>
#include <optional>

#include "core/crew.h"
#include "core/scratch.h"

namespace lamina::exec {

namespace {
using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}
}  // namespace

void Program::bind_static() {
  pointers_.resize(operands_.size());
  for (const Launch& launch : launches_)
    for (int i = launch.first; i < launch.first + launch.count; ++i) {
      const auto& [id, offset, dtype, sizes] = operands_[static_cast<size_t>(i)];
      const Buffer& buffer = buffers_[static_cast<size_t>(id)];
      if (buffer.kind == BufferKind::kInternal)
        pointers_[static_cast<size_t>(i)] = arena_->data() + buffer.offset + offset;
      else if (buffer.kind == BufferKind::kExternal)
        pointers_[static_cast<size_t>(i)] = buffer.storage->data() + offset;
      else if (buffer.kind != BufferKind::kPassing)
        patches_.push_back({i, id, offset});
    }
  for (const Buffer& buffer : buffers_) {
    if (buffer.written && buffer.kind == BufferKind::kExternal)
      changed_.push_back(buffer.storage.get());
    if (buffer.written && buffer.kind == BufferKind::kArgument)
      changed_arguments_.push_back(buffer.argument);
  }
}

// Whether a stage has nothing to do since it ran last.
bool Program::is_current(const Stage& stage) const {
  const Constant& constant = constants_[static_cast<size_t>(stage.first)];
  return constant.source && constant.computed && constant.stamp == constant.source->stamp() &&
         !constant.source->exposed();
}

void Program::run_stage(const Stage& stage) {
  const Launch& launch = launches_[static_cast<size_t>(stage.first)];
  if (stage.count > 1) {
    const Parts parts{.count = stage.parts, .grain = stage.grain, .unit = stage.unit};
    run_parts(parts, Buffers(nullptr),
              [&](Buffers, int64_t begin, int64_t end) { run_together(stage, begin, end); });
    return;
  }
  Constant& constant = constants_[static_cast<size_t>(stage.first)];
  const uint64_t stamp = constant.source ? constant.source->stamp() : 0;
  run_parts(launch.parts, Buffers(pointers_.data() + launch.first), launch.body);
  constant.stamp = stamp;
  constant.computed = true;
}

// Takes parts through all launches of a stage, a block at a time.
void Program::run_together(const Stage& stage, int64_t begin, int64_t end) const {
  const Scratch<std::byte> workspace(stage.workspace);
  for (int64_t next = begin; begin < end; begin = next) {
    next = std::min(begin + stage.block, end);
    for (int i = stage.first; i < stage.first + stage.count; ++i) {
      const Launch& launch = launches_[static_cast<size_t>(i)];
      const int64_t each = launch.parts.count / stage.parts;
      std::array<void*, Parts::kMaxOperands> at;
      for (int k = 0; k < launch.count; ++k) {
        const auto place = static_cast<size_t>(launch.first + k);
        const Buffer& buffer = buffers_[static_cast<size_t>(operands_[place].buffer)];
        at[static_cast<size_t>(k)] = pointers_[place];
        if (buffer.kind != BufferKind::kPassing) continue;
        // So that the block's first part lies where the buffer's place begins.
        const int64_t before = begin * each * launch.parts.steps[static_cast<size_t>(k)];
        at[static_cast<size_t>(k)] = reinterpret_cast<void*>(
            reinterpret_cast<intptr_t>(workspace.data() + buffer.offset) - before);
      }
      launch.body(Buffers(at.data()), begin * each, next * each);
    }
  }
}

void Program::run_stages(double* seconds) {
  const bool timed = seconds || trial_.timed();
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (is_current(stages_[i])) {
      if (seconds) seconds[i] = -1;
      continue;
    }
    const SerialScope alone(trial_.serial(i));
    const uint32_t calls = crew::calls();
    const auto start = timed ? Clock::now() : Clock::time_point();
    run_stage(stages_[i]);
    if (!timed) continue;
    const double taken = seconds_since(start);
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
    trial_.begin(stages_.size(), threads);
    std::optional<crew::Shift> shift;
    if (trial_.uses_helpers()) shift.emplace(threads);
    const bool timed = trial_.timed_whole();
    const auto start = timed ? Clock::now() : Clock::time_point();
    run_stages(seconds);
    if (timed) trial_.record_whole(seconds_since(start));
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
