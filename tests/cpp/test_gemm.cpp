// Tests of matrix products: exact on small integers against a naive loop, equal bits on any
// threads.
#include "ops/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/parallel.h"
#include "kernels/dispatch.h"

namespace lamina {
namespace {

int passed = 0, failed = 0;

void check(bool is_right, const char* what, int64_t m, int64_t n, int64_t k, const char* layout) {
  is_right ? ++passed : ++failed;
  if (!is_right && failed <= 20) {
    std::printf("FAILED %s: m=%ld n=%ld k=%ld %s\n", what, static_cast<long>(m),
                static_cast<long>(n), static_cast<long>(k), layout);
  }
}

std::mt19937 generator(1);

template <class T>
std::vector<T> integers(int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) value = static_cast<T>(static_cast<int>(generator() % 9) - 4);
  return values;
}

template <class T>
std::vector<T> reals(int64_t count) {
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) value = uniform(generator);
  return values;
}

enum class Layout { kRows, kColumns, kStrided, kSameRow, kSameColumn };
constexpr Layout kLayouts[] = {Layout::kRows, Layout::kColumns, Layout::kStrided, Layout::kSameRow,
                               Layout::kSameColumn};
constexpr const char* kNames[] = {"rows", "columns", "strided", "same row", "same column"};

// A matrix in memory of its own, of exactly the size it needs.
template <class T>
struct Matrix {
  std::vector<T> memory;
  int64_t row_stride, col_stride;

  Matrix(int64_t rows, int64_t cols, Layout layout, std::vector<T> fill(int64_t), int64_t gap = 0) {
    row_stride = layout == Layout::kRows      ? cols + gap
                 : layout == Layout::kStrided ? 3 * cols
                 : layout == Layout::kSameRow ? 0
                                              : 1;
    col_stride = layout == Layout::kColumns      ? rows + gap
                 : layout == Layout::kStrided    ? 3
                 : layout == Layout::kSameColumn ? 0
                                                 : 1;
    memory = fill(rows * cols == 0 ? 0 : (rows - 1) * row_stride + (cols - 1) * col_stride + 1);
  }
  MatrixView<T> view() const { return {memory.data(), row_stride, col_stride}; }
  T at(int64_t i, int64_t j) const {
    return memory[static_cast<size_t>(i * row_stride + j * col_stride)];
  }
};

template <class T>
struct Case {
  int64_t m, n, k;
  Layout a, b;
  Epilogue<T> epilogue;
  int64_t bias_size = 0;
};

template <class T>
T reference(const Case<T>& test, const Matrix<T>& a, const Matrix<T>& b, int64_t i, int64_t j,
            T c) {
  T sum = 0;
  for (int64_t p = 0; p < test.k; ++p) sum += a.at(i, p) * b.at(p, j);
  const Epilogue<T>& e = test.epilogue;
  T value = e.alpha * sum;
  if (e.beta != 0) value += e.beta * c;
  if (e.bias != nullptr) value += e.bias[i * e.bias_row_stride + j * e.bias_col_stride];
  return e.activation == Activation::kRelu && value < 0 ? T(0) : value;
}

// One product into a C with a margin after each row, which must survive.
template <class T>
void check_case(const Case<T>& test, const char* what) {
  constexpr int64_t kMargin = 3;
  const T guard = std::numeric_limits<T>::quiet_NaN();
  const Matrix<T> a(test.m, test.k, test.a, integers<T>), b(test.k, test.n, test.b, integers<T>);
  const int64_t ldc = test.n + kMargin;
  std::vector<T> c(static_cast<size_t>(test.m * ldc), guard), before = integers<T>(test.m * ldc);
  for (int64_t i = 0; i < test.m && test.epilogue.beta != 0; ++i) {
    std::copy_n(before.begin() + i * ldc, test.n, c.begin() + i * ldc);
  }
  gemm(test.m, test.n, test.k, a.view(), b.view(), c.data(), ldc, test.epilogue);
  bool is_right = true;
  for (int64_t i = 0; i < test.m; ++i) {
    for (int64_t j = 0; j < ldc; ++j) {
      const size_t at = static_cast<size_t>(i * ldc + j);
      is_right &= j < test.n ? c[at] == reference(test, a, b, i, j, before[at]) : std::isnan(c[at]);
    }
  }
  check(is_right, what, test.m, test.n, test.k, kNames[static_cast<int>(test.b)]);
}

constexpr int64_t kSizes[] = {0, 1, 2, 3, 5, 8, 13, 16, 17, 25, 33, 64, 70};

template <class T>
void test_sizes() {
  for (int64_t m : kSizes) {
    for (int64_t n : kSizes) {
      for (int64_t k : kSizes) {
        for (Layout b : {Layout::kRows, Layout::kColumns}) {
          check_case<T>({m, n, k, Layout::kRows, b, {}}, "sizes");
        }
      }
    }
  }
}

template <class T>
void test_layouts() {
  constexpr int64_t sizes[] = {1, 2, 5, 18, 37, 67};
  for (Layout a : kLayouts) {
    for (Layout b : kLayouts) {
      for (int64_t m : sizes) {
        for (int64_t n : sizes) {
          for (int64_t k : {1, 6, 19, 50}) check_case<T>({m, n, k, a, b, {}}, "layouts");
        }
      }
    }
  }
}

template <class T>
void test_skinny() {
  constexpr int64_t shapes[][3] = {{1, 700, 1100}, {700, 1, 1100}, {2, 900, 130},  {10, 10, 5000},
                                   {3, 1, 9000},   {1, 1, 9000},   {27, 64, 2100}, {5000, 4, 3},
                                   {3, 5000, 4},   {1100, 33, 2},  {6, 40, 3000},  {64, 128, 150},
                                   {13, 70, 1900}};
  for (const auto& [m, n, k] : shapes) {
    for (Layout a : {Layout::kRows, Layout::kColumns, Layout::kStrided}) {
      for (Layout b : {Layout::kRows, Layout::kColumns, Layout::kStrided}) {
        check_case<T>({m, n, k, a, b, {}}, "skinny");
        check_case<T>({m, n, k, a, b, {.alpha = 2, .beta = -3}}, "skinny");
      }
    }
  }
}

// Enough for several blocks in each direction.
template <class T>
void test_large() {
  const std::vector<T> bias = integers<T>(3000);
  constexpr int64_t shapes[][3] = {
      {260, 520, 515}, {70, 90, 1100}, {2, 2200, 530}, {2100, 65, 515}, {64, 128, 784}};
  for (const auto& [m, n, k] : shapes) {
    for (Layout layout : {Layout::kRows, Layout::kColumns, Layout::kStrided}) {
      check_case<T>({m, n, k, layout, layout, {2, 3, bias.data(), 0, 1, Activation::kRelu}},
                    "large");
    }
  }
}

template <class T>
void test_epilogues() {
  const std::vector<T> bias = integers<T>(200 * 200);
  constexpr int64_t shapes[][3] = {{1, 1, 1},   {4, 4, 4},      {1, 20, 7},
                                   {20, 1, 7},  {13, 50, 0},    {37, 70, 9},
                                   {66, 5, 90}, {10, 12, 2500}, {30, 90, 1200}};
  constexpr int64_t strides[][2] = {{0, 1}, {1, 0}, {0, 0}, {200, 1}, {1, 200}, {0, 3}};
  for (const auto& [m, n, k] : shapes) {
    for (Layout b : {Layout::kRows, Layout::kColumns, Layout::kStrided}) {
      for (T alpha : {T(1), T(-2)}) {
        for (T beta : {T(0), T(1), T(3)}) {
          for (Activation activation : {Activation::kNone, Activation::kRelu}) {
            check_case<T>({m, n, k, Layout::kRows, b, {alpha, beta, nullptr, 0, 1, activation}},
                          "epilogue");
            for (const auto& [row, col] : strides) {
              check_case<T>(
                  {m, n, k, Layout::kRows, b, {alpha, beta, bias.data(), row, col, activation}},
                  "epilogue with bias");
            }
          }
        }
      }
    }
  }
}

// NaN and infinity in the operands reach C, through relu too.
template <class T>
void test_specials() {
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  for (int64_t m : {1, 3, 40}) {
    for (int64_t n : {1, 6, 40}) {
      for (bool is_transposed : {false, true}) {
        const int64_t k = 21;
        std::vector<T> a(static_cast<size_t>(m * k), 1), b(static_cast<size_t>(k * n), 1);
        std::vector<T> c(static_cast<size_t>(m * n));
        const MatrixView<T> b_view{b.data(), is_transposed ? 1 : n, is_transposed ? k : 1};
        for (T special : {nan, inf}) {
          a.back() = special;
          gemm<T>(m, n, k, {a.data(), k, 1}, b_view, c.data(), n,
                  {.activation = Activation::kRelu});
          const T last = c.back();
          check(std::isnan(special) ? std::isnan(last) : last == inf, "specials", m, n, k, "");
          check(m == 1 || c.front() == k, "specials stay in their row", m, n, k, "");
        }
      }
    }
  }
}

template <class T>
void test_batched() {
  constexpr int64_t kBatch = 5;
  for (int64_t size : {1, 3, 8, 33, 70}) {
    const int64_t m = size, n = size + 2, k = size + 1;
    const Matrix<T> a(m * kBatch, k, Layout::kRows, integers<T>);
    const Matrix<T> b(n * kBatch, k, Layout::kRows, integers<T>);
    for (int64_t b_batch : {int64_t{0}, n * k}) {
      std::vector<T> c(static_cast<size_t>(kBatch * m * n)), one = c;
      const MatrixView<T> b_view{b.memory.data(), 1, k};
      gemm_batched<T>(kBatch, m, n, k, a.view(), m * k, b_view, b_batch, c.data(), n, m * n);
      for (int64_t i = 0; i < kBatch; ++i) {
        gemm<T>(m, n, k, {a.memory.data() + i * m * k, k, 1}, {b.memory.data() + i * b_batch, 1, k},
                one.data() + i * m * n, n);
      }
      check(c == one, "batched", m, n, k, b_batch == 0 ? "shared" : "own");
    }
  }
}

// A source that makes element (i, j) up.
template <class T>
class Diagonals final : public MatrixSource<T> {
 public:
  void copy(int64_t row, int64_t col, int64_t rows, int64_t cols, T* to,
            int64_t to_row) const override {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; ++j) to[i * to_row + j] = at(row + i, col + j);
    }
  }
  static T at(int64_t i, int64_t j) { return static_cast<T>((i * 3 + j) % 7 - 3); }
};

template <class T>
void test_source() {
  constexpr int64_t shapes[][3] = {{1, 5, 3}, {7, 70, 30}, {40, 300, 900}, {9, 9, 4000}, {5, 1, 8}};
  for (const auto& [m, n, k] : shapes) {
    const Matrix<T> a(m, k, Layout::kRows, integers<T>);
    std::vector<T> b(static_cast<size_t>(k * n)), c(static_cast<size_t>(m * n)), want = c;
    Diagonals<T>().copy(0, 0, k, n, b.data(), n);
    gemm<T>(m, n, k, a.view(), {b.data(), n, 1}, want.data(), n);
    gemm<T>(m, n, k, a.view(), Diagonals<T>(), c.data(), n);
    check(c == want, "source", m, n, k, "");
  }
}

// Random reals give the same bits on any number of threads and at any alignment.
template <class T>
void test_bits() {
  constexpr int64_t shapes[][3] = {{64, 128, 784}, {300, 200, 700}, {1, 3000, 800}, {900, 1, 3000},
                                   {20, 30, 9000}, {129, 10, 128},  {700, 65, 27},  {5, 800, 300}};
  for (const auto& [m, n, k] : shapes) {
    for (Layout a_layout : {Layout::kRows, Layout::kColumns}) {
      for (Layout b_layout : {Layout::kRows, Layout::kColumns}) {
        const Matrix<T> a(m, k, a_layout, reals<T>), b(k, n, b_layout, reals<T>, 5);
        std::vector<T> first(static_cast<size_t>(m * n)), shifted(b.memory.size() + 1);
        std::copy(b.memory.begin(), b.memory.end(), shifted.begin() + 1);
        for (int threads : {1, 2, 3, 4}) {
          set_num_threads(threads);
          std::vector<T> c(first.size());
          MatrixView<T> b_view = b.view();
          if (threads == 3) b_view.data = shifted.data() + 1;
          gemm<T>(m, n, k, a.view(), b_view, c.data(), n);
          if (threads == 1) first = c;
          check(std::memcmp(c.data(), first.data(), c.size() * sizeof(T)) == 0, "bits", m, n, k,
                kNames[static_cast<int>(b_layout)]);
        }
      }
    }
  }
}

template <class T>
void test_all() {
  test_sizes<T>();
  test_layouts<T>();
  test_epilogues<T>();
  test_specials<T>();
  for (int threads : {1, 4}) {
    set_num_threads(threads);
    test_skinny<T>();
    test_batched<T>();
    test_source<T>();
  }
  test_large<T>();
  test_bits<T>();
  set_num_threads(1);
}

}  // namespace
}  // namespace lamina

int main() {
  lamina::set_num_threads(1);
  lamina::test_all<float>();
  lamina::test_all<double>();
  std::printf("%d passed, %d failed\n", lamina::passed, lamina::failed);
  return lamina::failed == 0 ? 0 : 1;
}
