// Functions of losses in lamina._core._nn.
#include "ops/loss.h"

#include <string_view>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

void bind_pair_loss(py::module_& nn, const char* name, PairLoss kind) {
  function(
      nn, name,
      [=](const Tensor& input, const Tensor& target, std::string_view reduction, double p) {
        return pair_loss(kind, input, target, loss_reduction(name, reduction), p);
      },
      py::arg("input"), py::arg("target"), py::arg("reduction"), py::arg("p") = 0.0);
}

using MaybeWeight = std::optional<Tensor>;

Tensor classes(const Tensor& input, const Tensor& target, const MaybeWeight& weight,
               int64_t ignored, std::string_view reduction, double smoothing) {
  constexpr const char* kName = "cross_entropy";
  return cross_entropy(
      input, target,
      {kName, weight.value_or(Tensor()), ignored, loss_reduction(kName, reduction), smoothing});
}

}  // namespace

void bind_loss(py::module_& nn) {
  using py::arg;
#define PAIR_LOSS(name, Formula, target) bind_pair_loss(nn, #name, PairLoss::name);
#include "kernels/pair_loss.def"
#undef PAIR_LOSS
  function(nn, "bounded_variance", &bounded_variance, arg("var"), arg("eps"));
  function(nn, "cross_entropy", &classes, arg("input"), arg("target"), arg("weight"),
           arg("ignore_index"), arg("reduction"), arg("label_smoothing"));
  // In the name of another loss where that begins with the scores of the targets.
  function(
      nn, "nll_loss",
      [](const Tensor& input, const Tensor& target, const MaybeWeight& weight, int64_t ignored,
         std::string_view reduction, std::string_view loss) {
        const char* op = loss == "multi_margin_loss" ? "multi_margin_loss" : "nll_loss";
        return nll_loss(input, target,
                        {op, weight.value_or(Tensor()), ignored, loss_reduction(op, reduction)});
      },
      arg("input"), arg("target"), arg("weight"), arg("ignore_index"), arg("reduction"),
      arg("loss") = "nll_loss");
  function(
      nn, "multilabel_margin_loss",
      [](const Tensor& input, const Tensor& target, std::string_view reduction) {
        return multilabel_margin_loss(input, target,
                                      loss_reduction("multilabel_margin_loss", reduction));
      },
      arg("input"), arg("target"), arg("reduction"));
  function(nn, "ctc_loss", &ctc_loss, arg("log_probs"), arg("targets"), arg("input_lengths"),
           arg("target_lengths"), arg("blank"), arg("zero_infinity"));
}

}  // namespace lamina::bindings
