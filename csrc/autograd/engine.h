// Walks a graph backwards: iterative, in the reverse order of creation, accumulating and
// un-broadcasting. Gradients of single ops do not belong here.
#pragma once

#include <span>
#include <vector>

#include "autograd/node.h"

namespace lamina::autograd {

// The little arithmetic that the engine needs; the ops layer, which stands above, provides it.
struct Arithmetic {
  Tensor (*add)(const Tensor& a, const Tensor& b);
  void (*add_into)(const Tensor& target, const Tensor& other);  // target += other, not recorded
  Tensor (*sum_to)(const Tensor& grad, const Dims& sizes, DType dtype);
  Tensor (*copy)(const Tensor& tensor);
  Tensor (*ones_like)(const Tensor& tensor);
  bool (*has_nan)(const Tensor& tensor);
};
inline Arithmetic arithmetic{};

struct BackwardOptions {
  bool retain_graph = false;
  bool create_graph = false;
};

// Adds d(sum of roots * grads)/d(leaf) to the grad of each leaf (of `inputs` only, unless it is
// empty). An empty gradient stands for ones and needs a root of one element.
void backward(std::span<const Tensor> roots, std::span<const Tensor> grads,
              std::span<const Tensor> inputs, const BackwardOptions& options);

// The gradients of `inputs`, touching no leaf's grad; empty where a root does not depend on an
// input.
std::vector<Tensor> grad(std::span<const Tensor> roots, std::span<const Tensor> grads,
                         std::span<const Tensor> inputs, const BackwardOptions& options);

}  // namespace lamina::autograd
