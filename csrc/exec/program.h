// A recorded sequence of launches that runs again without Python, checks or allocation; how it is
// made ready for that is plan.cpp's. Gradients of leaves, which a training step changes too, are
// the business of ops/step.h.
#pragma once

#include <span>
#include <vector>

#include "exec/launch.h"
#include "exec/thread_trial.h"

namespace lamina::exec {

// What a buffer of a program is bound to.
enum class BufferKind : uint8_t {
  kExternal,  // memory that was there before: weights, constants
  kArgument,  // memory of an argument of the call
  kInternal,  // a place in the program's arena
  kPassing,   // a place in the workspace of a stage, which holds some of its parts at a time
  kResult,    // memory that outlives the call; fresh whenever the last one is still in use
};

struct Buffer {
  BufferKind kind = BufferKind::kExternal;
  Ref<Storage> storage;  // of external and result buffers
  int64_t bytes = 0;
  int argument = -1;
  int64_t offset = 0;  // of the place
  bool written = false;
  bool kept = false;  // its values outlast a run

  bool own() const { return kind == BufferKind::kInternal || kind == BufferKind::kResult; }
};

// A tensor that a launch works on.
struct Operand {
  int buffer;
  int64_t offset;  // in bytes
  DType dtype;
  Dims sizes;
};

struct Launch {
  const char* name;
  Body body;
  Parts parts;
  Repeat repeat;
  bool draws;  // takes random numbers
  int first;   // of its operands; those that it writes come first
  int writes;
  int count;
};

// Launches that run together: one, or several in a row whose parts depend on the same parts of the
// others. Those go through all of the launches some at a time, while they lie in the cache.
struct Stage {
  int first;  // of its launches
  int count = 1;
  int64_t parts = 1;  // of the launch with the fewest
  int64_t grain = 1, unit = 1;
  int64_t block = 1;      // parts that go through together
  int64_t workspace = 0;  // bytes of a thread, for passing buffers
};

class Program {
 public:
  // Runs all stages. arguments[i] is the memory of argument i; if `seconds` is given, it gets the
  // time that each stage took; below zero: it had nothing to do.
  void run(std::span<const Tensor> arguments, double* seconds = nullptr);

  // A window on the memory that a result was last written to.
  Tensor result(const Tensor& recorded, int buffer, std::span<const Tensor> arguments) const;
  const Buffer& buffer(int id) const { return buffers_[static_cast<size_t>(id)]; }
  std::span<const Launch> launches() const { return launches_; }
  std::span<const Stage> stages() const { return stages_; }
  std::span<const Operand> writes(const Launch& launch) const {
    return operands_of(launch).first(static_cast<size_t>(launch.writes));
  }
  std::span<const Operand> reads(const Launch& launch) const {
    return operands_of(launch).subspan(static_cast<size_t>(launch.writes));
  }
  // Launches of the recorded run that are left out, since nobody reads what they write.
  int unread() const { return unread_; }
  int64_t arena_bytes() const { return arena_ ? arena_->bytes() : 0; }

 private:
  friend class Recorder;
  friend class Planner;

  // A pointer that differs from call to call.
  struct Patch {
    int pointer;
    int buffer;
    int64_t offset;
  };
  // What a launch that need not be repeated has read; null: it must be repeated.
  struct Constant {
    const Storage* source = nullptr;
    uint64_t stamp = 0;
    bool computed = false;
  };

  std::span<const Operand> operands_of(const Launch& launch) const {
    return std::span(operands_).subspan(static_cast<size_t>(launch.first),
                                        static_cast<size_t>(launch.count));
  }
  void bind_static();
  bool is_current(const Stage& stage) const;
  void run_stages(double* seconds);
  void run_stage(const Stage& stage);
  void run_together(const Stage& stage, int64_t begin, int64_t end) const;

  std::vector<Buffer> buffers_;
  std::vector<Launch> launches_;
  std::vector<Operand> operands_;
  std::vector<Stage> stages_;
  std::vector<Constant> constants_;  // of the launches
  std::vector<void*> pointers_;      // of the operands
  std::vector<Patch> patches_;
  std::vector<int> results_;
  std::vector<Storage*> changed_;  // outside memory that the launches write
  std::vector<int> changed_arguments_;
  Ref<Storage> arena_;
  int64_t traffic_ = 0;  // bytes that all launches together touch
  int unread_ = 0;
  ThreadTrial trial_;
};

}  // namespace lamina::exec
