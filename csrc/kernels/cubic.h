// The weights of cubic convolution by distance, for tables and kernels alike.
#pragma once

namespace lamina {

// near() up to a distance of 1, far() from there to 2. Always inlined, so that no ISA's copy of it
// can be linked into another's code.
template <class T>
struct Cubic {
  T a;

  [[gnu::always_inline]] T near(T d) const { return ((a + 2) * d - (a + 3)) * d * d + 1; }
  [[gnu::always_inline]] T far(T d) const { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; }
  [[gnu::always_inline]] T near_slope(T d) const { return (3 * (a + 2) * d - 2 * (a + 3)) * d; }
  [[gnu::always_inline]] T far_slope(T d) const { return (3 * a * d - 10 * a) * d + 8 * a; }
};

// The parameter of interpolation; antialiasing has the one of image libraries.
inline constexpr double kCubicInterpolation = -0.75;
inline constexpr double kCubicAntialias = -0.5;

}  // namespace lamina
