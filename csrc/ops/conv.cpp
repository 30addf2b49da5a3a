#include "ops/conv.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "autograd/node.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/conv_images.h"
#include "ops/conv_run.h"
#include "ops/conv_winograd.h"
#include "ops/copy.h"
#include "ops/reduce.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// A convolution in `dims` dimensions; `op` is how errors call it.
struct Form {
  const char* op;
  int dims;
  ConvShape shape;

  Dims with_space(int64_t first, int64_t second, const Extent& space) const {
    Dims sizes{first, second};
    for (int d = 3 - dims; d < 3; ++d) sizes.push_back(space[static_cast<size_t>(d)]);
    return sizes;
  }
  Dims x_sizes() const { return with_space(shape.batch, shape.groups * shape.channels, shape.in); }
  Dims y_sizes() const { return with_space(shape.batch, shape.groups * shape.filters, shape.out); }
  Dims weight_sizes() const {
    return with_space(shape.groups * shape.filters, shape.channels, shape.kernel);
  }
};

// ---- the three products, each of whose gradients are the other two ----

Tensor forward(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias);
Tensor input_grad(const Form& form, const Tensor& grad, const Tensor& weight, const Tensor& bias);
Tensor weight_grad(const Form& form, const Tensor& x, const Tensor& grad);

Tensor bias_grad(const Tensor& grad) {
  Dims dims{0};
  for (int d = 2; d < grad.ndim(); ++d) dims.push_back(d);
  return sum(grad, dims, false);
}

template <class T>
Lanes lanes_of() {
  return {kernels().get<T>().gemm_tiles.width, sizeof(T)};
}

// Arranges the weights as the kernels read them, `count` elements, by `arrange(weight, result)`,
// and runs `work(memory of from, arranged weights, bias or null, out)`; a launch each. The second
// names the weight for those who read programs.
template <class T, class Arrange, class Work>
void launch_conv(const Form& form, const Tensor& from, const Tensor& weight, const Tensor& bias,
                 const Tensor& out, int64_t count, Arrange arrange, Work work) {
  const Tensor arranged = empty({count}, weight.dtype());
  exec::launch(
      "conv_weights", {&arranged}, {&weight},
      [arrange](exec::Buffers buffers) { arrange(buffers.get<T>(1), buffers.get<T>(0)); },
      exec::Repeat::kIfChanged);
  const bool biased = static_cast<bool>(bias);
  exec::launch(form.op, {&out}, {&from, &weight, &arranged, biased ? &bias : &arranged},
               [work, biased](exec::Buffers buffers) {
                 work(buffers.get<T>(1), buffers.get<T>(3), biased ? buffers.get<T>(4) : nullptr,
                      buffers.get<T>(0));
               });
}

// One image of channels to another: the convolution, or its gradient for the input.
void convolve(const Form& form, bool is_grad, const Tensor& from, const Tensor& weight,
              const Tensor& bias, const Tensor& out) {
  if (out.count() == 0) return;
  const ConvShape& shape = form.shape;
  visit_floating(out.dtype(), [&]<class T>() {
    const Lanes lanes = lanes_of<T>();
    if (suits_winograd(shape)) {
      const WinogradPlan plan =
          is_grad ? plan_winograd_input_grad(shape, lanes) : plan_winograd(shape, lanes);
      return launch_conv<T>(
          form, from, weight, bias, out, count_winograd_filters(plan),
          [plan](const T* w, T* to) { transform_filters(plan, w, to); },
          [plan](const T* x, const T* w, const T* b, T* y) { run_winograd(plan, x, w, b, y); });
    }
    if (suits_images(shape, is_grad, lanes)) {
      const ImagesPlan plan = plan_images(shape, is_grad, lanes);
      return launch_conv<T>(
          form, from, weight, bias, out, count_images_weights(plan),
          [plan](const T* w, T* to) { arrange_images_weights(plan, w, to); },
          [plan](const T* x, const T* w, const T* b, T* y) { run_images(plan, x, w, b, y); });
    }
    auto plan = std::make_shared<const ConvPlan>(is_grad ? plan_input_grad(shape.merged(), lanes)
                                                         : plan_forward(shape.merged(), lanes));
    launch_conv<T>(
        form, from, weight, bias, out, count_panels(*plan),
        [plan](const T* w, T* to) { arrange_panels(*plan, w, to); },
        [plan](const T* x, const T* w, const T* b, T* y) { run_conv(*plan, x, w, b, y); });
  });
}

Tensor forward(const Form& form, const Tensor& input, const Tensor& filters, const Tensor& offset) {
  const Tensor x = contiguous(input), weight = contiguous(filters);
  const Tensor bias = offset ? contiguous(offset) : offset;
  Tensor out = empty(form.y_sizes(), x.dtype());
  convolve(form, false, x, weight, bias, out);
  if (autograd::needs_grad(x, weight) || (bias && autograd::needs_grad(bias)))
    autograd::record(form.op, out, {&x, &weight, &bias},
                     [form, x = Saved(x), weight = Saved(weight)](Backward& b) {
                       if (b.needs(0)) b.set(0, input_grad(form, b.grad(), weight.get(b), {}));
                       if (b.needs(1)) b.set(1, weight_grad(form, x.get(b), b.grad()));
                       if (b.needs(2)) b.set(2, bias_grad(b.grad()));
                     });
  return out;
}

Tensor input_grad(const Form& form, const Tensor& input, const Tensor& filters,
                  const Tensor& offset) {
  const Tensor grad = contiguous(input), weight = contiguous(filters);
  const Tensor bias = offset ? contiguous(offset) : offset;
  Tensor out = empty(form.x_sizes(), grad.dtype());
  convolve(form, true, grad, weight, bias, out);
  if (autograd::needs_grad(grad, weight) || (bias && autograd::needs_grad(bias)))
    autograd::record(form.op, out, {&grad, &weight, &bias},
                     [form, grad = Saved(grad), weight = Saved(weight)](Backward& b) {
                       if (b.needs(0)) b.set(0, forward(form, b.grad(), weight.get(b), {}));
                       if (b.needs(1)) b.set(1, weight_grad(form, b.grad(), grad.get(b)));
                       if (b.needs(2)) b.set(2, bias_grad(b.grad()));
                     });
  return out;
}

Tensor weight_grad(const Form& form, const Tensor& input, const Tensor& output_grad) {
  const Tensor x = contiguous(input), grad = contiguous(output_grad);
  if (x.count() == 0 || grad.count() == 0) return zeros(form.weight_sizes(), x.dtype());
  Tensor out = empty(form.weight_sizes(), x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    if (suits_winograd(form.shape)) {
      const WinogradPlan plan = plan_winograd(form.shape, lanes_of<T>());
      exec::launch("conv_weight_grad", {&out}, {&x, &grad}, [plan](exec::Buffers buffers) {
        run_winograd_weight_grad<T>(plan, buffers.get<T>(1), buffers.get<T>(2), buffers.get<T>(0));
      });
      return;
    }
    auto plan =
        std::make_shared<const ConvPlan>(plan_weight_grad(form.shape.merged(), lanes_of<T>()));
    exec::launch("conv_weight_grad", {&out}, {&x, &grad}, [plan](exec::Buffers buffers) {
      run_weight_grad<T>(*plan, buffers.get<T>(1), buffers.get<T>(2), buffers.get<T>(0));
    });
  });
  if (autograd::needs_grad(x, grad))
    autograd::record(form.op, out, {&x, &grad},
                     [form, x = Saved(x), grad = Saved(grad)](Backward& b) {
                       if (b.needs(0)) b.set(0, input_grad(form, grad.get(b), b.grad(), {}));
                       if (b.needs(1)) b.set(1, forward(form, x.get(b), b.grad(), {}));
                     });
  return out;
}

// ---- arguments ----

// Products of two such numbers do not overflow.
constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();

constexpr const char* kNames[] = {"conv1d", "conv2d", "conv3d"};
constexpr const char* kTransposedNames[] = {"conv_transpose1d", "conv_transpose2d",
                                            "conv_transpose3d"};

// A stride beyond the padded input leads nowhere, but plans would walk all of it.
void bound_strides(ConvShape& s) {
  for (size_t d = 0; d < 3; ++d) s.stride[d] = std::min(s.stride[d], s.in[d] + 2 * s.before[d]);
}

// One number a dimension, each at least `least`, behind ones or zeros for those in front.
Extent extent_of(const Form& form, const char* what, const Dims& given, int64_t least,
                 int64_t in_front) {
  check(given.size() == 1 || given.size() == form.dims, form.op, "expected one ", what,
        " or one for each of ", form.dims, " dimensions; got ", given);
  Extent extent{in_front, in_front, in_front};
  for (int d = 0; d < form.dims; ++d) {
    const int64_t value = given[given.size() == 1 ? 0 : d];
    check(value >= least && value <= kLargest, form.op, "expected a ", what, " of at least ", least,
          " and at most ", kLargest, "; got ", given);
    extent[static_cast<size_t>(3 - form.dims + d)] = value;
  }
  return extent;
}

Extent space_of(const Tensor& tensor, int dims) {
  Extent extent{1, 1, 1};
  for (int d = 0; d < dims; ++d)
    extent[static_cast<size_t>(3 - dims + d)] = tensor.size(tensor.ndim() - dims + d);
  return extent;
}

void check_operands(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias,
                    int64_t groups, int64_t results) {
  check(x.ndim() == form.dims + 1 || x.ndim() == form.dims + 2, form.op, "expected an input of ",
        form.dims + 1, " dimensions, or ", form.dims + 2, " with a batch; got shape ", x.sizes());
  check<TypeError>(
      x.dtype() == weight.dtype() && is_floating(x.dtype()) && (!bias || bias.dtype() == x.dtype()),
      form.op, "expected input, weight and bias of one floating type; got ", name(x.dtype()),
      " and ", name(weight.dtype()));
  check(weight.count() > 0, form.op, "expected a weight that is not empty; got shape ",
        weight.sizes());
  check(weight.size(0) % groups == 0, form.op, "expected a weight whose first size, ",
        weight.size(0), ", is divisible by groups=", groups);
  check(!bias || bias.sizes() == Dims{results}, form.op, "expected a bias of shape ", Dims{results},
        "; got ", bias ? bias.sizes() : Dims{});
}

// What the shapes of the operands and the options say; sizes of the result are still to come.
Form form_of(const char* op, int dims, const Tensor& weight, const ConvOptions& options) {
  Form form{op, dims, {}};
  check(weight.ndim() == dims + 2, op, "expected a weight of ", dims + 2, " dimensions; got shape ",
        weight.sizes());
  check(options.groups > 0, op, "expected a positive number of groups; got ", options.groups);
  ConvShape& s = form.shape;
  s.groups = options.groups;
  s.filters = weight.size(0) / options.groups;
  s.channels = weight.size(1);
  s.kernel = space_of(weight, dims);
  s.stride = extent_of(form, "stride", options.stride, 1, 1);
  s.dilation = extent_of(form, "dilation", options.dilation, 1, 1);
  s.before = extent_of(form, "padding", options.padding, 0, 0);
  return form;
}

// The convolution of an input padded with `after` behind.
Tensor padded_conv(Form& form, const Tensor& given, const Tensor& weight, const Tensor& bias,
                   const Extent& after) {
  ConvShape& s = form.shape;
  check_operands(form, given, weight, bias, s.groups, weight.size(0));
  const bool batched = given.ndim() == form.dims + 2;
  const Tensor x = batched ? given : unsqueeze(given, 0);
  check(x.size(1) == s.groups * s.channels, form.op, "expected an input with ",
        s.groups * s.channels, " channels; got shape ", given.sizes());
  s.batch = x.size(0);
  s.in = space_of(x, form.dims);
  for (size_t d = 0; d < 3; ++d) {
    const int64_t padded = s.in[d] + s.before[d] + after[d];
    const int64_t reach = s.dilation[d] * (s.kernel[d] - 1) + 1;
    check(s.in[d] > 0 && padded >= reach, form.op, "expected an input, padded, of at least ", reach,
          " where the filter reaches so far; got ", padded, " in shape ", given.sizes());
    s.out[d] = (padded - reach) / s.stride[d] + 1;
  }
  bound_strides(s);
  const Tensor out = forward(form, x, weight, bias);
  return batched ? out : squeeze(out, Dims{0});
}

}  // namespace

Tensor conv(int dims, const Tensor& x, const Tensor& weight, const Tensor& bias,
            const ConvOptions& options) {
  Form form = form_of(kNames[dims - 1], dims, weight, options);
  return padded_conv(form, x, weight, bias, form.shape.before);
}

Tensor conv_same(int dims, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const ConvOptions& options) {
  Form form = form_of(kNames[dims - 1], dims, weight, options);
  ConvShape& s = form.shape;
  check(s.stride == Extent{1, 1, 1}, form.op, "expected a stride of 1 with padding='same'; got ",
        options.stride);
  Extent after{};
  for (size_t d = 0; d < 3; ++d) {
    const int64_t padding = s.dilation[d] * (s.kernel[d] - 1);
    s.before[d] = padding / 2;
    after[d] = padding - s.before[d];
  }
  return padded_conv(form, x, weight, bias, after);
}

Tensor conv_transpose(int dims, const Tensor& given, const Tensor& weight, const Tensor& bias,
                      const ConvOptions& options, const Dims& output_padding) {
  Form form = form_of(kTransposedNames[dims - 1], dims, weight, options);
  ConvShape& s = form.shape;
  check_operands(form, given, weight, bias, s.groups, s.groups * s.channels);
  const Extent extra = extent_of(form, "output_padding", output_padding, 0, 0);
  const bool batched = given.ndim() == dims + 2;
  const Tensor y = batched ? given : unsqueeze(given, 0);
  check(y.size(1) == weight.size(0), form.op, "expected an input with ", weight.size(0),
        " channels; got shape ", given.sizes());
  s.batch = y.size(0);
  s.out = space_of(y, dims);
  for (size_t d = 0; d < 3; ++d) {
    check(extra[d] == 0 || extra[d] < std::max(s.stride[d], s.dilation[d]), form.op,
          "expected an output_padding below the stride or the dilation; got ", output_padding);
    s.in[d] = (s.out[d] - 1) * s.stride[d] - 2 * s.before[d] + s.dilation[d] * (s.kernel[d] - 1) +
              extra[d] + 1;
    check(s.out[d] > 0 && s.in[d] >= 0, form.op,
          "expected an input that fills the padding taken off the result; got shape ",
          given.sizes());
  }
  bound_strides(s);
  const Tensor out = input_grad(form, y, weight, bias);
  return batched ? out : squeeze(out, Dims{0});
}

}  // namespace lamina
