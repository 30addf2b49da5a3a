// Prints the speed of matrix products in GFLOP/s; not a test. Usage: bench_gemm [threads [f64]]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "ops/gemm.h"

namespace lamina {
namespace {

constexpr int64_t kShapes[][3] = {
    {2048, 2048, 2048}, {1024, 1024, 1024}, {512, 512, 512}, {256, 256, 256}, {128, 128, 128},
    {64, 64, 64},       {32, 32, 32},       {16, 16, 16},    {4, 4, 4},       {4, 8, 2},
    {4, 1, 8},          {64, 128, 784},     {128, 512, 784}, {32, 256, 256},  {128, 10, 128},
    {1, 512, 512},      {512, 1, 512},      {8, 512, 512},   {8192, 64, 27},  {784, 128, 64},
    {27, 64, 8192},     {784, 10, 128}};

// Seconds of one product, the best of several runs.
template <class T>
double measure(int64_t m, int64_t n, int64_t k, bool is_a_transposed, bool is_b_transposed) {
  const std::vector<T> a(static_cast<size_t>(m * k), T(1)), b(static_cast<size_t>(k * n), T(1));
  std::vector<T> c(static_cast<size_t>(m * n));
  const MatrixView<T> a_view{a.data(), is_a_transposed ? 1 : k, is_a_transposed ? m : 1};
  const MatrixView<T> b_view{b.data(), is_b_transposed ? 1 : n, is_b_transposed ? k : 1};
  const int64_t repeats = std::clamp<int64_t>(20'000'000 / (m * n * k), 1, 20'000);
  double best = 1e9;
  for (int run = 0; run < 40; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < repeats; ++i) gemm<T>(m, n, k, a_view, b_view, c.data(), n);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / static_cast<double>(repeats));
  }
  if (c.front() != static_cast<T>(k)) std::abort();
  return best;
}

template <class T>
void report() {
  std::printf("%18s %8s %8s %8s %8s   (microseconds of A B)\n", "m n k", "A B", "A B^T", "A^T B",
              "A^T B^T");
  for (const auto& [m, n, k] : kShapes) {
    std::printf("%6d %5d %5d", static_cast<int>(m), static_cast<int>(n), static_cast<int>(k));
    double plain = 0;
    for (int form = 0; form < 4; ++form) {
      const double seconds = measure<T>(m, n, k, form >= 2, form % 2 == 1);
      if (form == 0) plain = seconds;
      std::printf(" %8.1f", 2e-9 * static_cast<double>(m * n * k) / seconds);
    }
    std::printf("   %.3f\n", plain * 1e6);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace lamina

int main(int count, char** arguments) {
  lamina::set_num_threads(count > 1 ? std::atoi(arguments[1]) : 1);
  std::printf("%s, %d threads, GFLOP/s\n", lamina::isa().c_str(), lamina::num_threads());
  count > 2 ? lamina::report<double>() : lamina::report<float>();
  return 0;
}
