// A recorded sequence of launches that runs again without Python, checks or allocation. Gradients
// of leaves, which a training step changes too, are the business of ops/step.h.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "exec/launch.h"
#include "exec/thread_trial.h"

namespace lamina::exec {

// What a buffer of a program is bound to.
enum class BufferKind : uint8_t {
  kExternal,  // memory that was there before: weights, constants
  kArgument,  // memory of an argument of the call
  kInternal,  // a place in the program's arena
  kResult,    // memory that outlives the call; fresh whenever the last one is still in use
};

struct Buffer {
  BufferKind kind = BufferKind::kExternal;
  Ref<Storage> storage;  // of external and result buffers
  int64_t bytes = 0;
  int argument = -1;
  int64_t arena_offset = 0;
  int first_use = 0;
  int last_use = 0;
  bool written = false;
  bool kept = false;  // its values outlast a run
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
  Repeat repeat;
  int first;  // of its operands; those that it writes come first
  int writes;
  int count;
};

class Program {
 public:
  // Runs all launches. arguments[i] is the memory of argument i; if `seconds` is given, it gets the
  // time that each launch took.
  void run(std::span<const Tensor> arguments, double* seconds = nullptr);

  // A window on the memory that a result was last written to.
  Tensor result(const Tensor& recorded, int buffer, std::span<const Tensor> arguments) const;
  const Buffer& buffer(int id) const { return buffers_[static_cast<size_t>(id)]; }
  std::span<const Launch> launches() const { return launches_; }
  std::span<const Operand> writes(const Launch& launch) const {
    return operands_of(launch).first(static_cast<size_t>(launch.writes));
  }
  std::span<const Operand> reads(const Launch& launch) const {
    return operands_of(launch).subspan(static_cast<size_t>(launch.writes));
  }
  int64_t arena_bytes() const { return arena_ ? arena_->bytes() : 0; }

 private:
  friend class Recorder;

  // A pointer that differs from call to call.
  struct Patch {
    int pointer;
    int buffer;
    int64_t offset;
  };

  std::span<const Operand> operands_of(const Launch& launch) const {
    return std::span(operands_).subspan(static_cast<size_t>(launch.first),
                                        static_cast<size_t>(launch.count));
  }
  void keep_constants();
  bool is_current(size_t launch);
  void place_buffers();
  void bind_static();
  void run_launches(double* seconds);

  std::vector<Buffer> buffers_;
  std::vector<Launch> launches_;
  std::vector<Operand> operands_;
  // What a launch that need not be repeated has read; null: it must be repeated.
  struct Constant {
    const Storage* source = nullptr;
    uint64_t stamp = 0;
    bool computed = false;
  };

  std::vector<Constant> constants_;  // of the launches
  std::vector<void*> pointers_;      // of the operands
  std::vector<Patch> patches_;
  std::vector<int> results_;
  std::vector<Storage*> changed_;  // outside memory that the launches write
  std::vector<int> changed_arguments_;
  Ref<Storage> arena_;
  int64_t traffic_ = 0;  // bytes that all launches together touch
  ThreadTrial trial_;
};

// Records what is launched on this thread while it lives, running each launch as well. Each
// argument must be an alias of its own, so that no other tensor of the step shares its identity.
class Recorder final : public Observer {
 public:
  explicit Recorder(std::span<const Tensor> arguments);
  ~Recorder() override {
    observer = outer_;
    forget();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void launched(const char* name, Operands writes, Operands reads, const Body& body,
                Repeat repeat) override;
  void value_read(const char* name, const char* advice) override;

  // Takes memory that no launch has touched for one more argument; false if one has.
  bool add_argument(const Tensor& tensor);
  // The buffer that a tensor's memory is; -1 if no launch touched it and it is no argument.
  int find(const Tensor& tensor) const;
  // Makes the program; memory that others than the recorder still hold becomes a result.
  Program finish();

 private:
  // Memory of a buffer. The step's own comes and goes as in an eager run, so that recording needs
  // no more than that; the rest is held.
  struct Seen {
    Recorder* recorder;
    Storage* storage;  // null when it is gone
    Ref<Storage> held;
  };

  void forget();
  int buffer_of(const Tensor& tensor, bool written);
  Operand operand_of(const Tensor& tensor, bool written);

  Program program_;
  std::unordered_map<const Storage*, int> ids_;
  std::deque<Seen> seen_;  // of each buffer; they stay where they are
  int arguments_ = 0;
  uint64_t epoch_;
  Observer* outer_;
};

}  // namespace lamina::exec
