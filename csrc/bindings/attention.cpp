// Functions of attention in lamina._core._nn.
#include "ops/attention.h"

#include "bindings/bind.h"

namespace lamina::bindings {

void bind_attention(py::module_& nn) {
  function(
      nn, "scaled_dot_product_attention",
      [](const Tensor& query, const Tensor& key, const Tensor& value,
         const std::optional<Tensor>& mask, double dropout, bool causal,
         std::optional<double> scale, bool grouped) {
        return scaled_dot_product_attention(query, key, value, mask.value_or(Tensor()),
                                            {dropout, causal, grouped, scale});
      },
      py::arg("query"), py::arg("key"), py::arg("value"), py::arg("attn_mask") = py::none(),
      py::arg("dropout_p") = 0.0, py::arg("is_causal") = false, py::kw_only(),
      py::arg("scale") = py::none(), py::arg("enable_gqa") = false,
      "softmax(scale query key^T + attn_mask) value: a True in a mask of type bool lets a query "
      "see "
      "a key.");
}

}  // namespace lamina::bindings
