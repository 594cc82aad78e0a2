// A vector of floats, one for each of so many frames, and FFTs of them.
//
// The vectors are an extension of GCC and Clang, which compile them for any processor.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace drumjax::engine {

#ifdef __AVX512F__
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif

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

// x[i] = function(x[i]), a vector at a time.
template <class Function>
inline void transform(float* x, size_t count, Function function) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, function(load(x + i)));
  if (i == count) return;
  float rest[kLanes];
  std::fill(std::copy(x + i, x + count, rest), rest + kLanes, 1.0f);
  store(rest, function(load(rest)));
  std::copy(rest, rest + (count - i), x + i);
}

struct Complex {
  Lanes re, im;
  friend Complex operator+(const Complex& a, const Complex& b) { return {a.re + b.re, a.im + b.im}; }
  friend Complex operator-(const Complex& a, const Complex& b) { return {a.re - b.re, a.im - b.im}; }
};

// The FFT of any size, in place: radix 4 as often as it divides, decimation in frequency, depth first, so that all but
// the first steps stay in the cache. It leaves the spectrum in the order of `frequency`, from which the inverse starts.
class Fourier {
 public:
  explicit Fourier(int size) : frequency(size), place(size), size_(size), parts_(size) {
    for (int k = 0; k < size; k++) {
      const double angle = 2 * 3.14159265358979323846 * k / size;
      cosine_.push_back(static_cast<float>(std::cos(angle)));
      sine_.push_back(static_cast<float>(std::sin(angle)));
    }
    number(0, size, 0, 1);
  }

  void forward(Complex* x) { forward(x, size_); }
  void inverse(Complex* x) { inverse(x, size_); }  // times the size

  std::vector<int> frequency, place;  // of a place, and of a frequency

 private:
  static int radix(int size) {
    int p = size % 4 ? 2 : 4;
    while (p < size && size % p) p++;
    return p;
  }

  void number(int at, int size, int first, int step) {
    if (size == 1) frequency[at] = first, place[first] = at;
    const int p = radix(size), part = size / p;
    for (int q = 0; q < p && part > 0; q++) number(at + q * part, part, first + q * step, step * p);
  }

  void forward(Complex* x, int size) {
    const int p = radix(size), part = size / p, step = size_ / size;
    for (int j = 0; j < part; j++) {
      across<-1>(x + j, part, p);
      for (int q = 1; q < p && j; q++) turn<-1>(x[j + q * part], q * j * step);
    }
    for (int q = 0; q < p && part > 1; q++) forward(x + q * part, part);
  }

  void inverse(Complex* x, int size) {
    const int p = radix(size), part = size / p, step = size_ / size;
    for (int q = 0; q < p && part > 1; q++) inverse(x + q * part, part);
    for (int j = 0; j < part; j++) {
      for (int q = 1; q < p && j; q++) turn<1>(x[j + q * part], q * j * step);
      across<1>(x + j, part, p);
    }
  }

  // The transform of `p` numbers that lie `part` apart.
  template <int sign>
  void across(Complex* x, int part, int p) {
    if (p == 4) return four<sign>(x, part);
    for (int q = 0; q < p; q++) parts_[q] = x[q * part];
    for (int r = 0; r < p; r++) {
      Complex sum = parts_[0];
      for (int q = 1; q < p; q++) {
        Complex one = parts_[q];
        turn<sign>(one, r * q % p * (size_ / p));
        sum = sum + one;
      }
      x[r * part] = sum;
    }
  }

  template <int sign>
  static void four(Complex* x, int part) {
    const Complex a = x[0] + x[2 * part], b = x[0] - x[2 * part], c = x[part] + x[3 * part], d = x[part] - x[3 * part];
    const Complex turned = sign < 0 ? Complex{d.im, -d.re} : Complex{-d.im, d.re};
    x[0] = a + c, x[part] = b + turned, x[2 * part] = a - c, x[3 * part] = b - turned;
  }

  // Times exp(2 pi i sign k / size).
  template <int sign>
  void turn(Complex& x, int k) const {
    const Lanes c = cosine_[k], s = sign * sine_[k];
    x = {x.re * c - x.im * s, x.re * s + x.im * c};
  }

  int size_;
  std::vector<Complex> parts_;
  std::vector<float> cosine_, sine_;
};

// Hann's window, periodic.
inline std::vector<float> hann_window(int size) {
  std::vector<float> window;
  for (int n = 0; n < size; n++) {
    window.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2 * 3.14159265358979323846 * n / size)));
  }
  return window;
}

}  // namespace drumjax::engine
