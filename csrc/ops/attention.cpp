#include "ops/attention.h"

#include <array>
#include <cmath>

#include "autograd/node.h"
#include "exec/launch.h"
#include "ops/attention_blocks.h"
#include "ops/attention_composed.h"
#include "ops/copy.h"
#include "ops/draw.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

Dims with_matrix(Dims batch, int64_t m, int64_t n) {
  batch.push_back(m);
  batch.push_back(n);
  return batch;
}

// ---- what is given ----

void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) {
  check(query.ndim() >= 2 && key.ndim() >= 2 && value.ndim() >= 2, kAttention,
        "expected query, key and value of at least 2 dimensions; got shapes ", query.sizes(), ", ",
        key.sizes(), " and ", value.sizes());
  check<TypeError>(
      is_floating(query.dtype()) && query.dtype() == key.dtype() && key.dtype() == value.dtype(),
      kAttention, "expected query, key and value of one floating type; got ", name(query.dtype()),
      ", ", name(key.dtype()), " and ", name(value.dtype()));
  check(columns(query) == columns(key), kAttention, "expected keys as wide as queries, ",
        columns(query), "; got shapes ", query.sizes(), " and ", key.sizes());
  check(rows(key) == rows(value), kAttention, "expected as many values as keys; got shapes ",
        key.sizes(), " and ", value.sizes());
}

// How many heads of the query share one of x.
int64_t group_size(const Tensor& query, const Tensor& x) {
  check(
      query.ndim() >= 3 && x.ndim() >= 3 && heads(x) > 0 && heads(query) % heads(x) == 0,
      kAttention,
      "expected numbers of heads that divide those of the query with enable_gqa=True; got shapes ",
      query.sizes(), " and ", x.sizes());
  return heads(query) / heads(x);
}

void check_mask(const Attention& attention, bool causal) {
  const Tensor& mask = attention.mask;
  check(!causal, kAttention, "expected no attn_mask with is_causal=True; got both");
  check<TypeError>(mask.dtype() == DType::kBool || mask.dtype() == attention.query.dtype(),
                   kAttention, "expected an attn_mask of type bool or ",
                   name(attention.query.dtype()), "; got ", name(mask.dtype()));
  const Dims sizes = with_matrix(attention.batch(), rows(attention.query), rows(attention.key));
  check(broadcast(kAttention, mask.sizes(), sizes) == sizes, kAttention,
        "expected an attn_mask that broadcasts to shape ", sizes, "; got ", mask.sizes());
}

// ---- in blocks ----

// The blocks need the elements of a row side by side.
Tensor adjacent(const Tensor& x) {
  return columns(x) <= 1 || x.stride(x.ndim() - 1) == 1 ? x : contiguous(x);
}

// Empty, in the order in which `like` lies in memory: heads made from one projection become the
// operand of the next without a copy.
Tensor empty_in_order_of(const Tensor& like, const Dims& sizes) {
  const int last = sizes.size() - 1;
  if (like.contiguous() || like.ndim() != sizes.size()) return empty(sizes, like.dtype());
  std::array<int, kMaxDims> order{};
  Dims sorted;
  for (int d = 0; d < last; ++d) {
    int at = d;
    for (; at > 0 && like.stride(order[static_cast<size_t>(at) - 1]) < like.stride(d); --at)
      order[static_cast<size_t>(at)] = order[static_cast<size_t>(at) - 1];
    order[static_cast<size_t>(at)] = d;
  }
  for (int i = 0; i < last; ++i) sorted.push_back(sizes[order[static_cast<size_t>(i)]]);
  sorted.push_back(sizes[last]);
  const Tensor memory = empty(sorted, like.dtype());
  Dims strides = sizes;
  for (int i = 0; i < last; ++i) strides[order[static_cast<size_t>(i)]] = memory.stride(i);
  strides[last] = 1;
  return window(memory, sizes, strides, 0);
}

HeadStack stack_of(const Tensor& x, const Dims& batch, int64_t group = 1) {
  HeadStack stack;
  const int missing = batch.size() + 2 - x.ndim();
  for (int d = 0; d < batch.size(); ++d) {
    const bool given = d >= missing && x.size(d - missing) > 1;
    stack.strides.push_back(given ? x.stride(d - missing) : 0);
  }
  stack.row = x.stride(x.ndim() - 2);
  stack.col = x.stride(x.ndim() - 1);
  stack.group = group;
  return stack;
}

AttentionShape shape_of(const Attention& attention, const Tensor& out) {
  const Dims batch = attention.batch();
  AttentionShape shape{.batch = batch,
                       .heads = element_count(kAttention, batch),
                       .queries = rows(attention.query),
                       .keys = rows(attention.key),
                       .width = columns(attention.query),
                       .value_width = columns(attention.value),
                       .scale = attention.scale,
                       .causal = attention.causal,
                       .query = stack_of(attention.query, batch),
                       .key = stack_of(attention.key, batch, attention.key_group),
                       .value = stack_of(attention.value, batch, attention.value_group),
                       .mask = {},
                       .out = stack_of(out, batch)};
  if (attention.mask) {
    const Tensor mask =
        expand(detach(attention.mask), with_matrix(batch, shape.queries, shape.keys));
    shape.mask = stack_of(mask, batch);
    shape.mask_kind = mask.dtype() == DType::kBool ? MaskKind::kTruth : MaskKind::kAddend;
  }
  return shape;
}

struct Result {
  Tensor out, logsumexp;
};

Result run_fwd(const Attention& attention) {
  const auto& [query, key, value, mask, scale, causal, key_group, value_group] = attention;
  const Dims batch = attention.batch();
  const Tensor out = empty_in_order_of(query, with_matrix(batch, rows(query), columns(value)));
  Dims sizes = batch;
  sizes.push_back(rows(query));
  const Tensor logsumexp = empty(sizes, query.dtype());
  visit_floating(query.dtype(), [&]<class T>() {
    exec::launch(kAttention, {&out, &logsumexp}, {&query, &key, &value, mask ? &mask : &query},
                 [shape = shape_of(attention, out)](exec::Buffers buffers) {
                   const AttentionInputs<T> inputs{buffers.get<T>(2), buffers.get<T>(3),
                                                   buffers.get<T>(4), buffers.get<void>(5)};
                   attention_fwd(shape, inputs, buffers.get<T>(0), buffers.get<T>(1));
                 });
  });
  return {out, logsumexp};
}

// Gradients of query, key and value; empty where none is needed.
using Grads = std::array<Tensor, 3>;

Grads run_bwd(const Attention& attention, const Result& result, const Tensor& given,
              std::array<bool, 3> needs) {
  const auto& [query, key, value, mask, scale, causal, key_group, value_group] = attention;
  const Dims batch = attention.batch();
  const Tensor grad = adjacent(given), none = empty({0}, query.dtype());
  const Tensor grad_query =
      needs[0] ? empty_in_order_of(query, with_matrix(batch, rows(query), columns(query))) : none;
  const Tensor grad_key =
      needs[1] ? empty_in_order_of(key, with_matrix(batch, rows(key), columns(key))) : none;
  const Tensor grad_value =
      needs[2] ? empty_in_order_of(value, with_matrix(batch, rows(value), columns(value))) : none;
  visit_floating(query.dtype(), [&]<class T>() {
    AttentionGrads<T> to{};
    if (needs[0]) to.query_stack = stack_of(grad_query, batch);
    if (needs[1]) to.key_stack = stack_of(grad_key, batch);
    if (needs[2]) to.value_stack = stack_of(grad_value, batch);
    exec::launch(
        "attention_backward", {&grad_query, &grad_key, &grad_value},
        {&query, &key, &value, mask ? &mask : &query, &result.out, &result.logsumexp, &grad},
        [shape = shape_of(attention, result.out), from = stack_of(grad, batch), to,
         needs](exec::Buffers buffers) {
          const AttentionInputs<T> inputs{buffers.get<T>(3), buffers.get<T>(4), buffers.get<T>(5),
                                          buffers.get<void>(6)};
          AttentionGrads<T> grads = to;
          grads.query = needs[0] ? buffers.get<T>(0) : nullptr;
          grads.key = needs[1] ? buffers.get<T>(1) : nullptr;
          grads.value = needs[2] ? buffers.get<T>(2) : nullptr;
          attention_bwd(shape, inputs,
                        {from, buffers.get<T>(7), buffers.get<T>(8), buffers.get<T>(9)}, grads);
        });
  });
  return {grad_query, grad_key, grad_value};
}

void record(const Attention& attention, const Result& result) {
  const auto& [query, key, value, mask, scale, causal, key_group, value_group] = attention;
  auto way_back = [query = Saved(query), key = Saved(key), value = Saved(value),
                   mask = mask ? Saved(mask) : Saved(), scale, causal, key_group, value_group,
                   out = Saved::output(result.out),
                   logsumexp = Saved(result.logsumexp)](Backward& b) {
    const Attention saved{query.get(b), key.get(b), value.get(b), mask ? mask.get(b) : Tensor(),
                          scale,        causal,     key_group,    value_group};
    const Grads grads = autograd::grad_enabled
                            ? composed_bwd(saved, b.grad())
                            : run_bwd(saved, {out.get(b), logsumexp.get(b)}, b.grad(),
                                      {b.needs(0), b.needs(1), b.needs(2)});
    if (b.needs(0)) b.set(0, grads[0]);
    if (b.needs(1)) b.set(1, sum_heads(grads[1], key_group));
    if (b.needs(2)) b.set(2, sum_heads(grads[2], value_group));
  };
  autograd::record(kAttention, result.out, {&query, &key, &value}, std::move(way_back));
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& mask, const AttentionOptions& options) {
  check_inputs(query, key, value);
  check_probability(kAttention, options.dropout);
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(columns(query))));
  Attention attention{query,
                      key,
                      value,
                      mask,
                      scale,
                      options.causal,
                      options.grouped ? group_size(query, key) : 1,
                      options.grouped ? group_size(query, value) : 1};
  if (mask) check_mask(attention, options.causal);
  if (options.dropout > 0 || (mask && autograd::needs_grad(mask)))
    return composed_fwd(attention, options.dropout);
  attention.query = adjacent(query);
  attention.key = adjacent(key);
  attention.value = adjacent(value);
  const Result result = run_fwd(attention);
  if (autograd::needs_grad(query, key, value)) record(attention, result);
  return result.out;
}

}  // namespace lamina
