// Functions of resample in lamina._core._nn.
#include "ops/resample.h"

#include <array>
#include <utility>

#include "bindings/bind.h"
#include "ops/grid_sample.h"

namespace lamina::bindings {

namespace {

template <class Value, size_t N>
Value named_value(const char* op, const char* what, const std::string& given,
                  const std::array<std::pair<const char*, Value>, N>& values) {
  std::string known;
  for (const auto& [name, value] : values) {
    if (given == name) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  fail(op, "expected ", what, " to be one of ", known, "; got ", given);
}

constexpr std::array<std::pair<const char*, Interpolation>, 7> kInterpolations{
    {{"nearest", Interpolation::kNearest},
     {"nearest-exact", Interpolation::kNearestExact},
     {"linear", Interpolation::kLinear},
     {"bilinear", Interpolation::kLinear},
     {"trilinear", Interpolation::kLinear},
     {"bicubic", Interpolation::kCubic},
     {"lanczos", Interpolation::kLanczos}}};
constexpr std::array<std::pair<const char*, GridMode>, 3> kGridModes{
    {{"bilinear", GridMode::kBilinear},
     {"nearest", GridMode::kNearest},
     {"bicubic", GridMode::kBicubic}}};
constexpr std::array<std::pair<const char*, GridPadding>, 3> kGridPaddings{
    {{"zeros", GridPadding::kZeros},
     {"border", GridPadding::kBorder},
     {"reflection", GridPadding::kReflection}}};

}  // namespace

void bind_resample(py::module_& nn) {
  function(
      nn, "interpolate",
      [](const Tensor& x, const Dims& out, const std::string& mode, bool align_corners,
         bool antialias, const std::optional<std::vector<double>>& scales) {
        const auto how = named_value("interpolate", "mode", mode, kInterpolations);
        return interpolate(x, out,
                           {how, align_corners, antialias, scales.value_or(std::vector<double>())});
      },
      py::arg("input"), py::arg("size"), py::arg("mode"), py::arg("align_corners"),
      py::arg("antialias"), py::arg("scales"));
  function(
      nn, "grid_sample",
      [](const Tensor& x, const Tensor& grid, const std::string& mode, const std::string& padding,
         bool align_corners) {
        return grid_sample(x, grid, named_value("grid_sample", "mode", mode, kGridModes),
                           named_value("grid_sample", "padding_mode", padding, kGridPaddings),
                           align_corners);
      },
      py::arg("input"), py::arg("grid"), py::arg("mode"), py::arg("padding_mode"),
      py::arg("align_corners"));
}

}  // namespace lamina::bindings
