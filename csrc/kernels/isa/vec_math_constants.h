// The numbers behind vec_math.h, per lane type: constants, ranges and coefficients; no code.
#pragma once

namespace lamina::LAMINA_ISA_NS {

// Polynomials start at the lowest power and minimise the largest relative error of the function
// that they complete. Of a constant in parts all but the last have so few bits that their products
// with every multiple that occurs are exact, with fma or without.
template <class T>
struct MathConstants;

template <>
struct MathConstants<float> {
  static constexpr float kLog2E = 1.442695e+00f;
  static constexpr float kLog2ELow = 1.925963e-08f;
  static constexpr float kLog10E = 4.342945e-01f;
  static constexpr float kLog10ELow = -1.010305e-08f;
  static constexpr float kLn2 = 0x1.62e4p-1f;
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kLog10Of2 = 0x1.344p-2f;
  static constexpr float kLog10Of2Low = 0x1.3509f8p-18f;
  static constexpr float kTwoOverPi = 6.3661975e-01f;
  static constexpr float kHalfPi[] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};

  // Outside these, exp overflows or rounds to 0, expm1 rounds to -1, erf rounds to 1.
  static constexpr float kExpHighest = 89.0f;
  static constexpr float kExpLowest = -104.0f;
  static constexpr float kExpm1Lowest = -18.0f;
  static constexpr float kErfHighest = 3.93f;
  // Up to here the parts of pi / 2 suffice for sin and cos.
  static constexpr float kTrigHighest = 10000.0f;

  // exp(r) = 1 + r + r^2 q(r), |r| <= ln2 / 2
  static constexpr float kExp[] = {4.9999997e-01f, 1.6666543e-01f, 4.1667197e-02f, 8.3665475e-03f,
                                   1.3882652e-03f};
  // log((1 + s) / (1 - s)) = 2s + s z q(z), z = s^2, |s| <= 0.2
  static constexpr float kLog[] = {6.6666947e-01f, 3.9957826e-01f, 3.0360562e-01f};
  // erf(x) = x + x q(x^2), |x| <= 1
  static constexpr float kErf[] = {1.2837917e-01f,  -3.7612626e-01f, 1.12835854e-01f,
                                   -2.6853811e-02f, 5.1883254e-03f,  -8.010173e-04f,
                                   7.853791e-05f};
  // erf(x) = 1 - exp(q(x)), 1 <= x <= kErfHighest
  static constexpr float kLogErfc[] = {-3.4165735e-04f, -1.1270887e+00f, -6.3814574e-01f,
                                       -1.0310594e-01f, 2.1837672e-02f,  -2.9475596e-03f,
                                       1.863691e-04f};
  // sin(r) = r + r z q(z), z = r^2, |r| <= pi / 4
  static constexpr float kSin[] = {-1.6666654e-01f, 8.332133e-03f, -1.9511444e-04f};
  // cos(r) = 1 - z / 2 + z^2 q(z)
  static constexpr float kCos[] = {4.1666646e-02f, -1.3887278e-03f, 2.4428764e-05f};

  // lgamma(1 + s) = s (s - 1) q(s - 1/2), 0 <= s <= 1
  static constexpr float kLgamma[] = {
      4.8312896e-01f,  -1.4595990e-01f, 6.2911056e-02f,  -3.1308275e-02f, 1.6808098e-02f,
      -9.4324117e-03f, 5.3259921e-03f,  -3.1377365e-03f, 2.4467447e-03f,  -1.4874844e-03f};
  // With the Bernoulli numbers B, for k = 1, 2, ...: B(2k) / (2k (2k - 1)), B(2k) / 2k,
  // B(2k) / (2k)!; so many terms as gamma functions of x >= 8 need.
  static constexpr float kStirling[] = {8.3333336e-02f, -2.7777778e-03f, 7.9365080e-04f};
  static constexpr float kDigamma[] = {8.3333336e-02f, -8.3333338e-03f, 3.9682540e-03f};
  static constexpr int kZetaTerms = 4;
  static constexpr float kZeta[] = {8.3333336e-02f, -1.3888889e-03f, 3.3068783e-05f,
                                    -8.2671958e-07f};
};

template <>
struct MathConstants<double> {
  static constexpr double kLog2E = 1.4426950408889634;
  static constexpr double kLog2ELow = 2.0355273740931033e-17;
  static constexpr double kLog10E = 0.4342944819032518;
  static constexpr double kLog10ELow = 1.098319650216765e-17;
  static constexpr double kLn2 = 0x1.62e42fefa3p-1;
  static constexpr double kLn2Low = 0x1.3de6af278ece6p-42;
  static constexpr double kLog10Of2 = 0x1.34413509f7p-2;
  static constexpr double kLog10Of2Low = 0x1.3fde623e2566bp-43;
  static constexpr double kTwoOverPi = 0.6366197723675814;
  static constexpr double kHalfPi[] = {0x1.921fb544p+0, 0x1.0b46p-34, 0x1.1a626331p-54,
                                       0x1.1701b839a252p-88};

  static constexpr double kExpHighest = 710.0;
  static constexpr double kExpLowest = -746.0;
  static constexpr double kExpm1Lowest = -38.0;
  static constexpr double kErfHighest = 5.93;
  static constexpr double kTrigHighest = 1e6;

  static constexpr double kExp[] = {
      0.5000000000000006,    0.16666666666666588,    0.04166666666657647,    0.00833333333338976,
      0.001388888893166438,  0.00019841269718646814, 2.4801505145925115e-05, 2.7557407750045633e-06,
      2.762609161804851e-07, 2.5053752952430413e-08};
  static constexpr double kLog[] = {0.66666666666672711, 0.39999999996161677, 0.28571429395289028,
                                    0.22222138501677644, 0.18186356063321707, 0.15250188710674339,
                                    0.15368189987501477};
  static constexpr double kErf[] = {
      0.12837916709551256,     -0.3761263890318352,     0.11283791670944186,
      -0.026866170643111604,   0.005223977606119036,    -0.0008548325929326372,
      0.00012055293576989355,  -1.4924712300511964e-05, 1.6447131526688288e-06,
      -1.6206313278108806e-07, 1.3710977884043923e-08,  -7.779463181784436e-10};
  static constexpr double kLogErfc[] = {
      -5.028744561896944e-07,  -1.1283740892537266,     -0.6366436290159383,
      -0.1027034371371852,     0.01899017463649533,     0.0004106334058009172,
      -0.0019159488567216366,  0.0007706475720310576,   -0.0001350531170746432,
      -2.0265283662416178e-05, 2.282195784174763e-05,   -8.66699528642976e-06,
      2.1356367367466276e-06,  -3.7329536224351885e-07, 4.642186065626488e-08,
      -3.934163231138646e-09,  2.04490737355175e-10,    -4.928476909848444e-12};
  static constexpr double kSin[] = {-0.16666666666666627,    0.00833333333332144,
                                    -0.00019841269829027282, 2.7557313420461118e-06,
                                    -2.5050715463849846e-08, 1.5894313007136845e-10};
  static constexpr double kCos[] = {0.04166666666666659,    -0.001388888888887209,
                                    2.480158728823524e-05,  -2.755731399751487e-07,
                                    2.0875675662357696e-09, -1.1357209910600627e-11};

  static constexpr double kLgamma[] = {
      0.48312895054098089,     -0.14595989591430594,    0.062911401074564846,
      -0.031308487501053271,   0.01679709863121395,     -0.009425622444829649,
      0.0054464578422195529,   -0.0032120742206072907,  0.0019229162321227923,
      -0.001164411377219605,   0.00071152027520512986,  -0.00043803516132580536,
      0.00027130273545114008,  -0.00016857179450351722, 0.00010541715222185905,
      -6.7937330273970465e-05, 4.2816428627947792e-05,  -2.1487702520625763e-05,
      1.3584275459130942e-05,  -1.8527803997032961e-05, 1.1820969445467147e-05};
  static constexpr double kStirling[] = {0.083333333333333333,   -0.0027777777777777778,
                                         0.00079365079365079365, -0.00059523809523809524,
                                         0.00084175084175084175, -0.0019175269175269175,
                                         0.0064102564102564103};
  static constexpr double kDigamma[] = {
      0.083333333333333333,  -0.0083333333333333333, 0.003968253968253968, -0.0041666666666666667,
      0.0075757575757575758, -0.021092796092796093,  0.083333333333333333, -0.44325980392156863};
  static constexpr int kZetaTerms = 8;
  static constexpr double kZeta[] = {0.083333333333333333,   -0.0013888888888888889,
                                     3.3068783068783069e-05, -8.2671957671957672e-07,
                                     2.0876756987868099e-08, -5.2841901386874932e-10,
                                     1.3382536530684679e-11, -3.3896802963225829e-13};
};

}  // namespace lamina::LAMINA_ISA_NS
