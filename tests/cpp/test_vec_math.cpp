// Checks vec.h and the accuracy that vec_math.h promises, for the ISA it is compiled for.
// `--full [function]` takes every float and prints the largest errors; it runs for many minutes.

#include <cstdlib>

#include "kernels/isa/vec_math.h"
#include "vec_operations.h"

namespace lamina::LAMINA_ISA_NS {

struct Plan {
  uint64_t stride;
  int64_t doubles;
  const char* only;
  bool verbose;
};

template <class T>
struct Worst {
  double ulps = 0;
  T input = 0;
};

// Inputs by the block, through whole vectors, a partial one and one scalar.
template <class T, class Function, class Exact>
struct Accuracy {
  static constexpr int64_t kBlock = 1000;
  const char* name;
  double bound;
  Function function;
  Exact exact;
  T inputs[kBlock];
  int64_t count = 0;
  Worst<T> worst;

  void add(T input) {
    inputs[count] = input;
    if (++count == kBlock) flush();
  }

  void flush() {
    for (int64_t i = 0; i < count; i += Vec<T>::width) {
      const int64_t n = std::min(Vec<T>::width, count - i);
      T outputs[Vec<T>::width];
      const auto x = n == Vec<T>::width ? Vec<T>::load(inputs + i) : Vec<T>::load(inputs + i, n);
      function(x).store(outputs);
      for (int64_t lane = 0; lane < n; ++lane) judge(inputs[i + lane], outputs[lane]);
      judge(inputs[i], function(inputs[i]));
    }
    count = 0;
  }

  void judge(T input, T got) {
    const auto expected = exact(input);
    const double ulps = ulps_apart(got, expected);
    if (!(ulps <= worst.ulps)) worst = {ulps, input};
    record(ulps <= bound, name, input, got, static_cast<double>(expected));
  }
};

template <class Visit>
void visit_samples(const Plan& plan, float, Visit visit) {
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += plan.stride) {
    visit(from_bits(static_cast<int32_t>(static_cast<uint32_t>(bits))));
  }
}

template <class Visit>
void visit_samples(const Plan& plan, double, Visit visit) {
  Random random;
  for (int64_t i = 0; i < plan.doubles; i += 4) {
    const double sign = (random.bits() >> 40) & 1 ? -1 : 1;
    visit(from_bits(static_cast<int64_t>(random.bits())));
    visit(sign * std::exp2(random.uniform(-40, 11)));
    visit(1 + sign * std::exp2(random.uniform(-50, 0)));
    visit(random.uniform(-5, 5));
  }
}

template <class T, class Function, class Exact>
void check_accuracy(const Plan& plan, const char* name, double bound, Function function,
                    Exact exact) {
  Accuracy<T, Function, Exact> accuracy{name, bound, function, exact, {}, 0, {}};
  for (const T value : special_values<T>()) accuracy.add(value);
  visit_samples(plan, T(0), [&](T value) { accuracy.add(value); });
  accuracy.flush();
  if (plan.verbose) {
    std::printf("%-8s %-6s %6.3f ULP at %.17g\n", name,
                sizeof(T) == sizeof(float) ? "float" : "double", accuracy.worst.ulps,
                static_cast<double>(accuracy.worst.input));
  }
}

// The exact value comes from the next wider type's libm; where long double is no wider than double,
// it errs by as much as a good libm does.
constexpr double kReferenceError =
    std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits ? 0 : 1;

template <class Function, class Exact>
void check(const Plan& plan, const char* name, double in_float, double in_double, Function function,
           Exact exact) {
  if (plan.only != nullptr && std::strcmp(plan.only, name) != 0) return;
  check_accuracy<float>(plan, name, in_float, function,
                        [=](float x) { return exact(static_cast<double>(x)); });
  check_accuracy<double>(plan, name, in_double + kReferenceError, function,
                         [=](double x) { return exact(static_cast<long double>(x)); });
}

#define LAMINA_CHECK(name, in_float, in_double)                         \
  check(                                                                \
      plan, #name, in_float, in_double, [](auto x) { return name(x); }, \
      [](auto x) { return std::name(x); })

void check_functions(const Plan& plan) {
  LAMINA_CHECK(exp, 1.1, 1.1);
  LAMINA_CHECK(exp2, 1.2, 1.2);
  LAMINA_CHECK(expm1, 1.5, 2);
  check(
      plan, "sigmoid", 2.5, 2.5, [](auto x) { return sigmoid(x); },
      [](auto x) { return 1 / (1 + std::exp(-x)); });
  LAMINA_CHECK(tanh, 3, 3);
  LAMINA_CHECK(erf, 1.5, 1.5);
  LAMINA_CHECK(log, 1, 1);
  LAMINA_CHECK(log1p, 1.5, 1.5);
  LAMINA_CHECK(log2, 2.5, 2.5);
  LAMINA_CHECK(log10, 2, 2);
  LAMINA_CHECK(sin, 1.7, 1.7);
  LAMINA_CHECK(cos, 1.7, 1.7);
  LAMINA_CHECK(tan, 4, 4);
  check(
      plan, "lgamma", 6, 6, [](auto x) { return lgamma(abs(x)); },
      [](auto x) { return std::lgamma(std::abs(x)); });
}

#undef LAMINA_CHECK

// What goes through libm must be libm's to the last bit, in every lane.
template <class T, class Function, class Libm>
void check_lanes(const char* name, Function function, Libm libm) {
  Random random;
  for (int i = 0; i < 2000; ++i) {
    T a[Vec<T>::width];
    T b[Vec<T>::width];
    for (T& lane : a) lane = static_cast<T>(random.uniform(-3, 3));
    for (T& lane : b) lane = static_cast<T>(random.uniform(-3, 3));
    const auto got = function(Vec<T>::load(a), Vec<T>::load(b));
    for (int64_t lane = 0; lane < Vec<T>::width; ++lane) {
      expect_same(name, a[lane], got[lane], libm(a[lane], b[lane]));
      expect_same(name, a[lane], function(a[lane], b[lane]), libm(a[lane], b[lane]));
    }
  }
}

#define LAMINA_CHECK(name, ...)                                                 \
  check_lanes<T>(                                                               \
      #name, [](auto a, [[maybe_unused]] auto b) { return name(__VA_ARGS__); }, \
      [](auto a, [[maybe_unused]] auto b) { return std::name(__VA_ARGS__); })

template <class T>
void check_libm() {
  LAMINA_CHECK(asin, a);
  LAMINA_CHECK(acos, a);
  LAMINA_CHECK(atan, a);
  LAMINA_CHECK(atan2, a, b);
  LAMINA_CHECK(sinh, a);
  LAMINA_CHECK(cosh, a);
  LAMINA_CHECK(asinh, a);
  LAMINA_CHECK(acosh, a);
  LAMINA_CHECK(atanh, a);
  LAMINA_CHECK(erfc, a);
  LAMINA_CHECK(pow, a, b);
}

#undef LAMINA_CHECK

int run(int argc, char** argv) {
  const bool full = argc > 1 && std::strcmp(argv[1], "--full") == 0;
  const Plan quick{4099, 100000, nullptr, false};
  const Plan whole{1, 20000000, argc > 2 ? argv[2] : nullptr, true};
  check_operations<float>();
  check_operations<double>();
  check_libm<float>();
  check_libm<double>();
  check_functions(full ? whole : quick);
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(tally.passed),
              static_cast<long long>(tally.failed));
  return tally.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace lamina::LAMINA_ISA_NS

int main(int argc, char** argv) { return lamina::LAMINA_ISA_NS::run(argc, argv); }
