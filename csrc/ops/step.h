// A whole training step as a recorded program: what exec/recorder.h records, and what the step did
// to the gradients of leaves.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "autograd/node.h"
#include "exec/recorder.h"

namespace lamina {

// Records one eager run of a step. Make it before the run, call finish() after it.
class StepRecorder final : public autograd::LeafObserver {
 public:
  explicit StepRecorder(std::span<const Tensor> arguments);
  ~StepRecorder() override;

  void grad_will_change(const Tensor& leaf) override;
  void grad_will_be_replaced(const Tensor& leaf) override;
  void grad_read(const Tensor& leaf) override;

 private:
  friend class Step;
  // A leaf whose gradient the step touches.
  struct Leaf {
    Tensor leaf;
    Tensor grad_before;    // when it was first touched
    bool cleared = false;  // the step itself replaced it before it was read
  };
  Leaf& touch(const Tensor& leaf);

  exec::Recorder recorder_;
  autograd::LeafObserver* outer_;
  std::vector<Leaf> leaves_;
  std::vector<Tensor> given_;  // leaves whose gradients the step got from outside, as arguments
  uint64_t exchanges_;         // of memory, before the run
};

// Replays the step: arguments in, results out, weights and gradients changed as the eager run
// changed them.
class Step {
 public:
  // `results` are the tensors that the run returned.
  Step(StepRecorder& recorder, std::vector<Tensor> results);

  // Is the outside world as it was when the step was recorded: same memory, same state of
  // gradients?
  bool applies() const;
  // Whatever this returns has no history.
  // `seconds`, if given, is as Program::run() has it.
  std::vector<Tensor> run(std::span<const Tensor> arguments, double* seconds = nullptr);

  const exec::Program& program() const { return program_; }
  int64_t arena_bytes() const { return program_.arena_bytes(); }

 private:
  // How a tensor of the recorded run is found after a replay.
  struct Output {
    Tensor recorded;  // its memory is dropped unless it is returned as it is
    int buffer;       // -1: return `recorded`, which the step does not compute
  };
  struct Effect {
    Tensor leaf;
    Ref<Storage> needs;  // the gradient must be here before the step; null: it must be empty
    bool overwritten;    // what was there before does not matter
    bool sets;           // the step leaves a gradient
    Output grad;
  };
  // Arguments, then the gradients from outside.
  std::vector<Tensor> with_gradients(std::span<const Tensor> arguments) const;
  Output describe(const exec::Recorder& recorder, const Tensor& tensor) const;
  Tensor produce(const Output& output, std::span<const Tensor> arguments) const;

  exec::Program program_;
  std::vector<Output> outputs_;
  std::vector<Effect> effects_;
  std::vector<Tensor> given_;
  uint64_t exchanges_;
  std::mutex busy_;
};

}  // namespace lamina
