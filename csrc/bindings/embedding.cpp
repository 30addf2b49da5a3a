// Functions of embeddings in lamina._core._nn.
#include "ops/embedding.h"

#include <string_view>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

BagMode bag_mode(std::string_view mode) {
  if (mode == "sum") return BagMode::kSum;
  if (mode == "max") return BagMode::kMax;
  check(mode == "mean", "embedding_bag", "expected mode to be 'sum', 'mean' or 'max'; got '", mode,
        "'");
  return BagMode::kMean;
}

}  // namespace

void bind_embedding(py::module_& nn) {
  using py::arg;
  function(nn, "embedding", &embedding, arg("weight"), arg("input"), arg("padding_idx"),
           arg("scale_grad_by_freq"));
  function(nn, "embedding_renorm_", &renorm_rows_, arg("weight"), arg("input"), arg("max_norm"),
           arg("norm_type"));
  function(
      nn, "embedding_bag",
      [](const Tensor& weight, const Tensor& input, const Tensor& offsets,
         const std::optional<Tensor>& weights, std::string_view mode, int64_t padding,
         bool scale_by_count, bool with_end) {
        return embedding_bag(weight, input, offsets, weights,
                             {bag_mode(mode), padding, scale_by_count, with_end});
      },
      arg("weight"), arg("input"), arg("offsets"), arg("per_sample_weights"), arg("mode"),
      arg("padding_idx"), arg("scale_grad_by_freq"), arg("include_last_offset"));
  function(nn, "one_hot", &one_hot, arg("tensor"), arg("num_classes"));
}

}  // namespace lamina::bindings
