#include "ops/step.h"

#include <algorithm>

namespace lamina {

using autograd::ensure_meta;

namespace {
bool can_be_given(const Tensor& grad) { return grad.contiguous() && grad->offset == 0; }
}  // namespace

StepRecorder::StepRecorder(std::span<const Tensor> arguments)
    : recorder_(arguments),
      outer_(autograd::leaf_observer),
      exchanges_(memory_exchanges.load(std::memory_order_relaxed)) {
  autograd::leaf_observer = this;
}

StepRecorder::~StepRecorder() { autograd::leaf_observer = outer_; }

StepRecorder::Leaf& StepRecorder::touch(const Tensor& leaf) {
  for (Leaf& known : leaves_)
    if (known.leaf.same(leaf)) return known;
  leaves_.push_back({leaf, ensure_meta(leaf).grad});
  return leaves_.back();
}

void StepRecorder::grad_will_change(const Tensor& leaf) { touch(leaf); }

// Another step makes the gradient, each time in memory of its choice.
void StepRecorder::grad_read(const Tensor& leaf) {
  const auto is_leaf = [&](const auto& known) { return known.same(leaf); };
  if (std::ranges::any_of(leaves_, is_leaf, &Leaf::leaf) || std::ranges::any_of(given_, is_leaf))
    return;
  const Tensor& grad = ensure_meta(leaf).grad;
  if (grad && can_be_given(grad) && recorder_.add_argument(grad))
    given_.push_back(leaf);
  else
    touch(leaf);
}

void StepRecorder::grad_will_be_replaced(const Tensor& leaf) {
  const size_t known = leaves_.size();
  Leaf& state = touch(leaf);
  if (leaves_.size() > known) state.cleared = true;
}

Step::Step(StepRecorder& recorder, std::vector<Tensor> results)
    : given_(recorder.given_), exchanges_(recorder.exchanges_) {
  for (Tensor& tensor : results) outputs_.push_back(describe(recorder.recorder_, tensor));
  for (const auto& [leaf, before, cleared] : recorder.leaves_) {
    if (leaf->use_count() == 1) continue;  // made by the run itself, and gone with it
    const Tensor after = ensure_meta(leaf).grad;
    // A gradient that only accumulated stays in its own memory, which launches know.
    const bool kept = after && before && after.same(before);
    Effect effect{leaf, before ? before->storage : nullptr, cleared, !kept && after,
                  after ? describe(recorder.recorder_, after) : Output{Tensor(), -1}};
    effects_.push_back(std::move(effect));
  }
  // The recorder tells results by who else holds their memory.
  recorder.leaves_.clear();
  program_ = recorder.recorder_.finish();
  const auto forget_memory = [this](Output& output) {
    if (output.buffer < 0) return;
    const Tensor shape =
        wrap(nullptr, output.recorded.sizes(), output.recorded.strides(), output.recorded.dtype());
    shape->offset = output.recorded->offset;
    output.recorded = shape;
  };
  for (Output& output : outputs_) forget_memory(output);
  for (Effect& effect : effects_)
    if (effect.sets) forget_memory(effect.grad);
}

// What the step neither computes nor gets from an argument is returned as it is.
Step::Output Step::describe(const exec::Recorder& recorder, const Tensor& tensor) const {
  return {tensor, recorder.find(tensor)};
}

bool Step::applies() const {
  if (memory_exchanges.load(std::memory_order_relaxed) != exchanges_) return false;
  for (const Effect& effect : effects_) {
    if (effect.overwritten) continue;
    const Tensor& grad = ensure_meta(effect.leaf).grad;
    if ((grad ? grad->storage : Ref<Storage>()) != effect.needs) return false;
  }
  return std::ranges::all_of(given_, [](const Tensor& leaf) {
    const Tensor& grad = ensure_meta(leaf).grad;
    return grad && can_be_given(grad);
  });
}

std::vector<Tensor> Step::with_gradients(std::span<const Tensor> arguments) const {
  std::vector<Tensor> all(arguments.begin(), arguments.end());
  for (const Tensor& leaf : given_) all.push_back(ensure_meta(leaf).grad);
  return all;
}

Tensor Step::produce(const Output& output, std::span<const Tensor> arguments) const {
  if (output.buffer < 0) return output.recorded;
  return program_.result(output.recorded, output.buffer, arguments);
}

std::vector<Tensor> Step::run(std::span<const Tensor> own_arguments, double* seconds) {
  std::unique_lock lock(busy_, std::try_to_lock);
  if (!lock) {  // whoever holds it may need Python's lock to finish
    const exec::LongWorkScope unlocked(exec::kLongWorkBytes);
    lock.lock();
  }
  std::vector<Tensor> all;
  if (!given_.empty()) all = with_gradients(own_arguments);
  const std::span<const Tensor> arguments = given_.empty() ? own_arguments : all;
  for (const Effect& effect : effects_)
    if (effect.overwritten || effect.sets) ensure_meta(effect.leaf).grad = Tensor();
  program_.run(arguments, seconds);
  for (const Effect& effect : effects_)
    if (effect.sets) ensure_meta(effect.leaf).grad = produce(effect.grad, arguments);
  std::vector<Tensor> results;
  results.reserve(outputs_.size());
  for (const Output& output : outputs_) results.push_back(produce(output, arguments));
  return results;
}

}  // namespace lamina
