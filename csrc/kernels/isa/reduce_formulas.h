// The formulas of the reductions: term() is what an element adds, join() folds two values of type A
// (a vector, or the type of the result), identity() is what join leaves alone. The loops that run
// them stand in reduce_fold.h.
#pragma once

#include "kernels/isa/number.h"
#include "kernels/isa/vec_math.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
struct Limits {
  static constexpr T kHighest = Layout<T>::kInfinity;
  static constexpr T kLowest = -Layout<T>::kInfinity;
};
template <>
struct Limits<bool> {
  static constexpr bool kHighest = true, kLowest = false;
};
template <>
struct Limits<uint8_t> {
  static constexpr uint8_t kHighest = UINT8_MAX, kLowest = 0;
};
template <>
struct Limits<int32_t> {
  static constexpr int32_t kHighest = INT32_MAX, kLowest = INT32_MIN;
};
template <>
struct Limits<int64_t> {
  static constexpr int64_t kHighest = INT64_MAX, kLowest = INT64_MIN;
};

struct Product {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    return a * b;
  }
};

// How partial values are folded; Fold is the same for the lanes of a vector.
struct ByAdding {
  using Fold = native::Sum;
  template <class T>
  static constexpr T identity() {
    return T(0);
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return static_cast<A>(a + b);
  }
};

struct Sum : ByAdding {
  template <class A, class X>
  static LAMINA_INLINE A term(X x, A) {
    return static_cast<A>(x);
  }
};
struct NanSum : ByAdding {
  template <class A>
  static LAMINA_INLINE A term(A x, A) {
    return select(isnan(x), A(LaneOf<A>(0)), x);
  }
};
struct SumAbs : ByAdding {
  template <class A>
  static LAMINA_INLINE A term(A x, A) {
    return abs(x);
  }
};
struct SumApart : ByAdding {
  template <class A>
  static LAMINA_INLINE A term(A x, A center) {
    return x - center;
  }
};
struct SumSquares : ByAdding {
  template <class A>
  static LAMINA_INLINE A term(A x, A center) {
    const A apart = x - center;
    return apart * apart;
  }
};
struct SumExp : ByAdding {
  template <class A>
  static LAMINA_INLINE A term(A x, A center) {
    return exp(x - center);
  }
};
struct CountNonzero : ByAdding {
  template <class A, class X>
  static LAMINA_INLINE A term(X x, A) {
    return x != X(0);
  }
};

struct Prod {
  using Fold = Product;
  template <class T>
  static constexpr T identity() {
    return T(1);
  }
  template <class A, class X>
  static LAMINA_INLINE A term(X x, A) {
    return static_cast<A>(x);
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return static_cast<A>(a * b);
  }
};

// In two steps, so that single numbers need no branch that depends on their order.
struct HighestLane {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    const Lanes high = a > b ? a : b;
    return a != a ? a : high;
  }
};
struct LowestLane {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    const Lanes low = a < b ? a : b;
    return a != a ? a : low;
  }
};

// The later value comes first, which keeps the test for NaN out of the chain of dependent
// instructions.
struct Highest {
  using Fold = HighestLane;
  template <class T>
  static constexpr T identity() {
    return Limits<T>::kLowest;
  }
  template <class A>
  static LAMINA_INLINE A term(A x, A) {
    return x;
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return maximum(b, a);
  }
};
struct Lowest {
  using Fold = LowestLane;
  template <class T>
  static constexpr T identity() {
    return Limits<T>::kHighest;
  }
  template <class A>
  static LAMINA_INLINE A term(A x, A) {
    return x;
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return minimum(b, a);
  }
};

struct Any {
  template <class T>
  static constexpr T identity() {
    return false;
  }
  template <class A, class X>
  static LAMINA_INLINE A term(X x, A) {
    return x != X(0);
  }
  static LAMINA_INLINE bool join(bool a, bool b) { return a | b; }
};
struct All {
  template <class T>
  static constexpr T identity() {
    return true;
  }
  template <class A, class X>
  static LAMINA_INLINE A term(X x, A) {
    return x != X(0);
  }
  static LAMINA_INLINE bool join(bool a, bool b) { return a & b; }
};

}  // namespace lamina::LAMINA_ISA_NS
