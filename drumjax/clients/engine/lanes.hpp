// Eight floats at once, one for each of eight frames, and FFTs of them.
//
// The vectors are an extension of GCC and Clang, which compile them for any processor.
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace drumjax {

constexpr int kLanes = 8;

struct Lanes {
  typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
  Vector v;

  Lanes() = default;
  Lanes(Vector x) : v(x) {}
  template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
  Lanes(Number x) : v(Vector{} + static_cast<float>(x)) {}

  Lanes operator-() const { return -v; }
  Lanes& operator+=(Lanes b) { return v += b.v, *this; }
  Lanes& operator-=(Lanes b) { return v -= b.v, *this; }
  Lanes& operator*=(Lanes b) { return v *= b.v, *this; }
  friend Lanes operator+(Lanes a, Lanes b) { return a.v + b.v; }
  friend Lanes operator-(Lanes a, Lanes b) { return a.v - b.v; }
  friend Lanes operator*(Lanes a, Lanes b) { return a.v * b.v; }
  friend Lanes operator/(Lanes a, Lanes b) { return a.v / b.v; }
  friend auto operator>(Lanes a, Lanes b) { return a.v > b.v; }
};

inline Lanes load(const float* from) {
  Lanes x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

inline void store(float* to, Lanes x) { std::memcpy(to, &x, sizeof x); }

template <class Mask>
inline Lanes where(Mask mask, Lanes a, Lanes b) { return mask ? a.v : b.v; }

inline Lanes larger(Lanes a, Lanes b) { return where(a > b, a, b); }
inline Lanes smaller(Lanes a, Lanes b) { return where(a > b, b, a); }
inline Lanes between(Lanes x, float least, float most) { return smaller(larger(x, least), most); }

// The nearest whole number, halves to even, of numbers below 2^22: adding 1.5 x 2^23 leaves no bits for fractions.
inline Lanes nearest(Lanes x) { return (x + 12582912.0f) - Lanes(12582912.0f); }

template <class Function>
inline Lanes each(Lanes x, Function function) {
  for (int i = 0; i < kLanes; i++) x.v[i] = function(x.v[i]);
  return x;
}

// The exponential function within 1e-7, of numbers from -87 to 88: 2^n times a power series.
inline Lanes exponential(Lanes x) {
  typedef int Whole __attribute__((vector_size(kLanes * sizeof(int))));
  const Lanes n = nearest(between(x, -87, 88) * 1.44269504f);
  // log 2 in two parts, the first of few bits, so that its product with n is exact.
  const Lanes r = (between(x, -87, 88) - n * 0.693145752f) - n * 1.42860677e-6f;
  Lanes sum = 1;
  for (int order = 7; order > 0; order--) sum = Lanes(1) + sum * r * (1.0f / order);
  const Whole bits = (__builtin_convertvector(n.v, Whole) + 127) << 23;
  Lanes power;
  std::memcpy(&power, &bits, sizeof power);
  return sum * power;
}

// The natural logarithm within 1e-7, of normal numbers above 0: of m 2^n with m near 1, by the series of artanh.
inline Lanes logarithm(Lanes x) {
  typedef int Whole __attribute__((vector_size(kLanes * sizeof(int))));
  Whole bits;
  std::memcpy(&bits, &x, sizeof bits);
  const Whole n = (bits - 0x3F3504F3) >> 23;  // the bits of 1 / sqrt(2)
  bits -= n * (1 << 23);
  Lanes m;
  std::memcpy(&m, &bits, sizeof m);
  const Lanes s = (m - 1) / (m + 1), square = s * s, count = __builtin_convertvector(n, Lanes::Vector);
  Lanes sum = 2.0f / 9;
  for (int order = 7; order > 0; order -= 2) sum = sum * square + 2.0f / order;
  return count * 0.693145752f + (count * 1.42860677e-6f + s * sum);
}

inline Lanes root(Lanes x) { return each(x, [](float y) { return std::sqrt(y); }); }

}  // namespace drumjax

// kissfft computes in std::complex<T>, which the standard defines for T = float, double and long double only.
template <>
struct std::complex<drumjax::Lanes> {
  using Lanes = drumjax::Lanes;
  Lanes re, im;

  complex() = default;
  complex(Lanes re, Lanes im) : re(re), im(im) {}
  Lanes real() const { return re; }
  Lanes imag() const { return im; }
  void imag(Lanes x) { im = x; }
  complex& operator+=(const complex& b) { return re += b.re, im += b.im, *this; }
  complex& operator-=(const complex& b) { return re -= b.re, im -= b.im, *this; }
  complex& operator*=(Lanes b) { return re *= b, im *= b, *this; }
  friend complex operator+(const complex& a, const complex& b) { return {a.re + b.re, a.im + b.im}; }
  friend complex operator-(const complex& a, const complex& b) { return {a.re - b.re, a.im - b.im}; }
  friend complex operator*(const complex& a, const complex& b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
};

namespace std {
inline drumjax::Lanes acos(drumjax::Lanes x) { return drumjax::each(x, [](float y) { return std::acos(y); }); }
// All that kissfft needs for its table of roots of unity. Its angles are rounded; those of sizes up to 2^16, powers of
// two, are whole 65536ths of a turn.
inline complex<drumjax::Lanes> exp(const complex<drumjax::Lanes>& x) {
  const double unit = 8 * std::atan(1.0) / 65536, angle = std::round(x.im.v[0] / unit) * unit;
  return {std::cos(angle), std::sin(angle)};
}
}  // namespace std

#include <kissfft.hh>

namespace drumjax {
typedef std::complex<Lanes> Complex;
typedef kissfft<Lanes> Fourier;
}  // namespace drumjax
