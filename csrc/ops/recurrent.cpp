// The stack of layers: checks, directions, dropout, and the shapes that users see.
#include "ops/recurrent.h"

#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/join.h"
#include "ops/recurrent_layer.h"
#include "ops/view.h"

namespace lamina {

namespace {

// ---- checks ----

void check_shape(const char* op, const char* what, const Tensor& tensor, const Dims& shape,
                 DType dtype) {
  check(tensor.sizes() == shape, op, "expected ", what, " of shape ", shape, "; got ",
        tensor.sizes());
  check<TypeError>(tensor.dtype() == dtype, op, "expected ", what, " of the input's type, ",
                   name(dtype), "; got ", name(tensor.dtype()));
}

// Weights of one direction, in the order in which they are listed.
struct WeightCount {
  bool has_biases, projects;
  int64_t count() const { return 2 + (has_biases ? 2 : 0) + (projects ? 1 : 0); }
};

LayerTensors inputs_of_layer(const WeightCount& each, std::span<const Tensor> weights) {
  LayerTensors inputs;
  inputs[kWeightIh] = weights[0];
  inputs[kWeightHh] = weights[1];
  if (each.has_biases) {
    inputs[kBiasIh] = weights[2];
    inputs[kBiasHh] = weights[3];
  }
  if (each.projects) inputs[kWeightHr] = weights.back();
  return inputs;
}

// The layer that such weights make.
RecurrentLayer layer_of(CellKind kind, const char* op, const LayerTensors& inputs) {
  RecurrentLayer layer{kind, op, inputs[kX].size(1), 0, 0, false, false, nullptr};
  check(inputs[kWeightHh].ndim() == 2 && inputs[kWeightHh].size(1) > 0, op,
        "expected a weight_hh of two dimensions; got shape ", inputs[kWeightHh].sizes());
  layer.hidden = inputs[kWeightHh].size(0) / layer.gates();
  if (inputs[kWeightHr]) layer.projected = inputs[kWeightHh].size(1);
  const DType dtype = inputs[kX].dtype();
  const int64_t width = layer.gates_width();
  check_shape(layer.name, "a weight_ih", inputs[kWeightIh], {width, layer.in}, dtype);
  check_shape(layer.name, "a weight_hh", inputs[kWeightHh], {width, layer.state()}, dtype);
  if (inputs[kBiasIh]) check_shape(layer.name, "a bias_ih", inputs[kBiasIh], {width}, dtype);
  if (inputs[kBiasHh]) check_shape(layer.name, "a bias_hh", inputs[kBiasHh], {width}, dtype);
  if (inputs[kWeightHr])
    check_shape(layer.name, "a weight_hr", inputs[kWeightHr], {layer.projected, layer.hidden},
                dtype);
  return layer;
}

// ---- steps ----

Steps packed_steps(const char* op, const Tensor& batch_sizes, int64_t rows) {
  check(batch_sizes.ndim() == 1 && batch_sizes.dtype() == DType::kInt64 && batch_sizes.count() > 0,
        op, "expected batch_sizes as a vector of int64 with at least one step; got ",
        name(batch_sizes.dtype()), " of shape ", batch_sizes.sizes());
  exec::value_read(op, "pad the sequences instead of packing them");
  const Tensor sizes = contiguous(batch_sizes);
  std::vector<int64_t> counts(sizes.data<int64_t>(), sizes.data<int64_t>() + sizes.count());
  int64_t total = 0;
  for (size_t t = 0; t < counts.size(); ++t) {
    check(counts[t] > 0 && counts[t] <= rows && (t == 0 || counts[t] <= counts[t - 1]), op,
          "expected batch_sizes that are positive and never grow; got ", counts[t], " at step ", t);
    total += counts[t];
  }
  check(total == rows, op, "expected batch_sizes that sum to the ", rows, " rows of the data; got ",
        total);
  return Steps::packed(std::move(counts));
}

// ---- the stack ----

// What all layers of a call share.
struct Call {
  const RecurrentNet& net;
  std::shared_ptr<const Steps> steps;
  Tensor h0, c0;
  std::span<const Tensor> weights;
  WeightCount each;

  int64_t directions() const { return net.bidirectional ? 2 : 1; }
};

void check_states(const Call& call, DType dtype) {
  const char* op = call.net.name;
  const Tensor& weight_hh = call.weights[1];
  check(weight_hh.ndim() == 2, op, "expected a weight_hh of two dimensions; got shape ",
        weight_hh.sizes());
  const int64_t count = call.net.layers * call.directions(), batch = call.steps->batch();
  if (call.h0) check_shape(op, "initial states", call.h0, {count, batch, weight_hh.size(1)}, dtype);
  if (call.c0)
    check_shape(op, "initial cells", call.c0, {count, batch, weight_hh.size(0) / 4}, dtype);
}

RecurrentOutput run_direction(const Call& call, const Tensor& x, int64_t index) {
  LayerTensors inputs = inputs_of_layer(
      call.each, call.weights.subspan(static_cast<size_t>(index * call.each.count()),
                                      static_cast<size_t>(call.each.count())));
  inputs[kX] = x;
  if (call.h0) inputs[kH0] = select_index(call.h0, 0, index);
  if (call.c0) inputs[kC0] = select_index(call.c0, 0, index);
  RecurrentLayer layer = layer_of(call.net.kind, call.net.name, inputs);
  layer.reverse = index % call.directions() == 1;
  layer.steps = call.steps;
  return recurrent_layer(layer, inputs);
}

Tensor joined(std::vector<Tensor>& parts) {
  return parts.size() == 1 ? unsqueeze(parts[0], 0) : stack(parts, 0);
}

RecurrentOutput run_stack(const Call& call, Tensor x, const Source& source) {
  std::vector<Tensor> h, c;
  for (int64_t layer = 0; layer < call.net.layers; ++layer) {
    if (layer > 0 && call.net.dropout > 0) x = dropout(x, call.net.dropout, source);
    std::vector<Tensor> outs;
    for (int64_t way = 0; way < call.directions(); ++way) {
      const RecurrentOutput one = run_direction(call, x, layer * call.directions() + way);
      outs.push_back(one.out);
      h.push_back(one.h);
      if (one.c) c.push_back(one.c);
    }
    x = outs.size() == 1 ? outs[0] : cat(outs, 1);
  }
  return {x, joined(h), c.empty() ? Tensor() : joined(c)};
}

// How many weights each direction has.
WeightCount count_weights(const RecurrentNet& net, size_t given) {
  check(net.layers > 0 && net.layers <= static_cast<int64_t>(given), net.name,
        "expected weights for ", net.layers, " layers; got ", given);
  const auto directions = static_cast<size_t>(net.layers * (net.bidirectional ? 2 : 1));
  WeightCount each{net.has_biases, false};
  const auto plain = static_cast<size_t>(each.count());
  each.projects = net.kind == CellKind::kLstm && given == directions * (plain + 1);
  check(each.projects || given == directions * plain, net.name, "expected ", plain,
        " weights for each of ", directions, " layers and directions; got ", given);
  return each;
}

Tensor with_batch(const Tensor& x, int64_t dim) { return x ? unsqueeze(x, dim) : x; }
Tensor without_batch(const Tensor& x, int64_t dim) { return x ? squeeze(x, Dims{dim}) : x; }

void check_input(const RecurrentNet& net, const Tensor& x, bool packed) {
  check<TypeError>(is_floating(x.dtype()), net.name, "expected a floating type; got ",
                   name(x.dtype()));
  check(x.ndim() == 2 || (x.ndim() == 3 && !packed), net.name, "expected an input of ",
        packed ? "two dimensions, as it is packed" : "two or three dimensions", "; got shape ",
        x.sizes());
}

}  // namespace

RecurrentOutput recurrent(const RecurrentNet& net, const Tensor& x, const Tensor& batch_sizes,
                          const Tensor& h0, const Tensor& c0, std::span<const Tensor> weights,
                          const Source& source) {
  const bool packed = static_cast<bool>(batch_sizes);
  check_input(net, x, packed);
  const int batch_dim = net.batch_first ? 0 : 1;
  if (!packed && x.ndim() == 2) {
    const RecurrentOutput one = recurrent(net, unsqueeze(x, batch_dim), batch_sizes,
                                          with_batch(h0, 1), with_batch(c0, 1), weights, source);
    return {without_batch(one.out, batch_dim), without_batch(one.h, 1), without_batch(one.c, 1)};
  }
  const Steps steps = packed
                          ? packed_steps(net.name, batch_sizes, x.size(0))
                          : Steps::equal(x.size(1 - batch_dim), x.size(batch_dim), net.batch_first);
  check(steps.length() > 0, net.name, "expected at least one step; got shape ", x.sizes());
  const Call call{net,     std::make_shared<const Steps>(steps), h0, c0,
                  weights, count_weights(net, weights.size())};
  check_states(call, x.dtype());
  if (packed) return run_stack(call, x, source);
  RecurrentOutput result = run_stack(call, reshape(x, {steps.rows(), x.size(2)}), source);
  result.out = view(result.out, {x.size(0), x.size(1), result.out.size(1)});
  return result;
}

RecurrentOutput recurrent_cell(CellKind kind, const char* op, const Tensor& x, const Tensor& h,
                               const Tensor& c, std::span<const Tensor> weights) {
  check(x.ndim() == 1 || x.ndim() == 2, op,
        "expected an input of one or two dimensions; got shape ", x.sizes());
  check<TypeError>(is_floating(x.dtype()), op, "expected a floating type; got ", name(x.dtype()));
  if (x.ndim() == 1) {
    const RecurrentOutput one =
        recurrent_cell(kind, op, unsqueeze(x, 0), with_batch(h, 0), with_batch(c, 0), weights);
    return {without_batch(one.out, 0), without_batch(one.h, 0), without_batch(one.c, 0)};
  }
  check(weights.size() == 2 || weights.size() == 4, op, "expected 2 or 4 weights; got ",
        weights.size());
  LayerTensors inputs = inputs_of_layer({weights.size() == 4, false}, weights);
  inputs[kX] = x;
  inputs[kH0] = h;
  inputs[kC0] = c;
  RecurrentLayer layer = layer_of(kind, op, inputs);
  if (h) check_shape(op, "a state", h, {x.size(0), layer.hidden}, x.dtype());
  if (c) check_shape(op, "a cell", c, {x.size(0), layer.hidden}, x.dtype());
  layer.once = true;
  layer.steps = std::make_shared<const Steps>(Steps::equal(1, x.size(0), false));
  return recurrent_layer(layer, inputs);
}

Steps Steps::equal(int64_t length, int64_t batch, bool batch_first) {
  Steps steps;
  steps.batch_ = batch;
  steps.rows_ = length * batch;
  steps.spacing_ = batch_first ? length : 1;
  steps.count_.assign(static_cast<size_t>(length), batch);
  for (int64_t t = 0; t < length; ++t) steps.first_.push_back(batch_first ? t : t * batch);
  return steps;
}

Steps Steps::packed(std::vector<int64_t> counts) {
  Steps steps;
  steps.batch_ = counts[0];
  for (int64_t count : counts) {
    steps.first_.push_back(steps.rows_);
    steps.rows_ += count;
  }
  steps.count_ = std::move(counts);
  return steps;
}

}  // namespace lamina
