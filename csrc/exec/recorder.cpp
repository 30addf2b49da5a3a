#include "exec/recorder.h"

#include "core/allocator.h"
#include "core/generator.h"
#include "exec/plan.h"

namespace lamina::exec {

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
    program_.buffers_.push_back(std::move(buffer));
  }
  program_.buffers_[static_cast<size_t>(place->second)].written |= written;
  return place->second;
}

void Recorder::launched(const char* name, Operands writes, Operands reads, const Body& body,
                        const Parts& parts, Repeat repeat) {
  const uint64_t takes = Generator::takes();
  observer = nullptr;  // a body launches nothing that should be recorded
  detail::run_now(writes, reads, [&](Buffers buffers) { run_parts(parts, buffers, body); });
  observer = this;
  const bool draws = Generator::takes() != takes;
  // Sources first: what is both read and written must have come from somewhere.
  std::vector<Operand> sources;
  for (const Tensor* tensor : reads) sources.push_back(operand_of(*tensor, false));
  std::vector<Operand>& operands = program_.operands_;
  const auto first = static_cast<int>(operands.size());
  for (const Tensor* tensor : writes) operands.push_back(operand_of(*tensor, true));
  operands.insert(operands.end(), sources.begin(), sources.end());
  const auto written = static_cast<int>(writes.size());
  program_.launches_.push_back(
      {name, body, parts, repeat, draws, first, written, written + static_cast<int>(reads.size())});
}

Operand Recorder::operand_of(const Tensor& tensor, bool written) {
  program_.traffic_ += detail::size_in_bytes(tensor);
  return {buffer_of(tensor, written), tensor->offset * item_size(tensor.dtype()), tensor.dtype(),
          tensor.sizes()};
}

void Recorder::value_read(const char* name, const char* advice) {
  refused_ = std::string("'") + name + "' reads a value while the step is captured" +
             (locate_caller ? ", at " + locate_caller() : "") +
             "; replays could not repeat that: " + advice;
  check_whole();
}

// The step may have caught the error.
void Recorder::check_whole() const { check<StateError>(refused_.empty(), "compile", refused_); }

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
  check_whole();
  for (size_t i = 0; i < seen_.size(); ++i) {
    Buffer& buffer = program_.buffers_[i];
    if (buffer.kind == BufferKind::kInternal && seen_[i].storage) buffer.kind = BufferKind::kResult;
    if (buffer.kind == BufferKind::kExternal || buffer.kind == BufferKind::kResult)
      buffer.storage = Ref(seen_[i].storage);
    if (buffer.kind == BufferKind::kResult) program_.results_.push_back(static_cast<int>(i));
  }
  forget();
  empty_cache();  // of what the recorded run used: from now on that lies in the arena
  plan(program_);
  program_.bind_static();
  return std::move(program_);
}

}  // namespace lamina::exec
