// Drawing categories by weight.
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/draw.h"
#include "ops/random.h"

namespace lamina {

namespace {

struct Shape {
  int64_t rows;
  int64_t categories;
  int64_t count;
  bool replacement;

  // A row with replacement draws a number for each result, else one for each category.
  int64_t numbers() const { return replacement ? count : categories; }
  int64_t blocks() const { return blocks_for(numbers(), kRealsPerBlock<double>); }
};

void check_weight(double weight) {
  check(weight >= 0 && std::isfinite(weight), "multinomial",
        "expected weights that are finite and not negative; got ", weight);
}

// The category whose share of the total a uniform number falls into.
template <class T>
void choose_with_replacement(const Shape& shape, const T* weights, const double* uniform,
                             int64_t* out) {
  Scratch<double> sums(shape.categories);
  double total = 0;
  int64_t last = 0;
  for (int64_t c = 0; c < shape.categories; ++c) {
    check_weight(weights[c]);
    if (weights[c] > 0) last = c;
    sums.data()[c] = total += weights[c];
  }
  check(total > 0, "multinomial", "expected a row with a weight above zero; got zeros only");
  const double* begin = sums.data();
  const double* end = begin + shape.categories;
  for (int64_t i = 0; i < shape.count; ++i)
    out[i] = std::min<int64_t>(std::upper_bound(begin, end, uniform[i] * total) - begin, last);
}

// Exponential clocks of these rates, in the order in which they ring.
template <class T>
void choose_without_replacement(const Shape& shape, const T* weights, const double* uniform,
                                int64_t* out) {
  Scratch<double> times(shape.categories);
  Scratch<int64_t> order(shape.categories);
  int64_t possible = 0;
  for (int64_t c = 0; c < shape.categories; ++c) {
    check_weight(weights[c]);
    if (!(weights[c] > 0)) continue;
    times.data()[c] = -std::log1p(-uniform[c]) / static_cast<double>(weights[c]);
    order.data()[possible++] = c;
  }
  check(shape.count <= possible, "multinomial", "expected at least ", shape.count,
        " weights above zero to draw without replacement; got ", possible);
  int64_t* first = order.data();
  const double* time = times.data();
  std::partial_sort(first, first + shape.count, first + possible, [time](int64_t a, int64_t b) {
    return time[a] != time[b] ? time[a] < time[b] : a < b;
  });
  std::copy(first, first + shape.count, out);
}

template <class T>
void choose(const Shape& shape, Generator& generator, const T* weights, int64_t* out) {
  const auto start = generator.take(shape.rows * shape.blocks());
  const auto fill = kernels().get<double>().random_uniform;
  const int64_t grain = std::max<int64_t>(1, kRandomGrain / (shape.categories + shape.count));
  parallel_for(shape.rows, grain, [&](int64_t begin, int64_t end) {
    Scratch<double> uniform(shape.numbers());
    for (int64_t row = begin; row < end; ++row) {
      fill(shape.numbers(), uniform.data(), start.seed,
           start.block + static_cast<uint64_t>(row * shape.blocks()), 0, 1, 1);
      const T* from = weights + row * shape.categories;
      int64_t* to = out + row * shape.count;
      if (shape.replacement)
        choose_with_replacement(shape, from, uniform.data(), to);
      else
        choose_without_replacement(shape, from, uniform.data(), to);
    }
  });
}

}  // namespace

Tensor multinomial(const Tensor& input, int64_t count, bool replacement, const Source& source) {
  check_floating("multinomial", input);
  check(input.ndim() == 1 || input.ndim() == 2, "multinomial",
        "expected weights of one or two dimensions; got shape ", input.sizes());
  const Tensor weights = contiguous(detach(input));
  const int64_t categories = weights.size(weights.ndim() - 1);
  check(count > 0, "multinomial", "expected a number of samples above zero; got ", count);
  check(categories > 0 && (replacement || count <= categories), "multinomial",
        "expected at most as many samples as there are categories, ", categories, "; got ", count);
  Dims sizes = weights.sizes();
  sizes[sizes.size() - 1] = count;
  const Tensor out = empty(sizes, DType::kInt64);
  const Shape shape{out.count() / count, categories, count, replacement};
  visit_floating(weights.dtype(), [&]<class T>() {
    exec::launch("multinomial", {&out}, {&weights}, [shape, source](exec::Buffers buffers) {
      choose(shape, *source, buffers.get<T>(1), buffers.get<int64_t>(0));
    });
  });
  return out;
}

}  // namespace lamina
