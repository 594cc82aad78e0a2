// The network between latents and components of the log-mel, both ways: drumjax/models/components.py.
#pragma once

#include "instrument.hpp"

namespace drumjax::engine {

// Numbers of all formats of an instrument.
inline float number(float x) { return x; }
inline float number(int8_t x) { return x; }
inline float number(uint16_t x) { return widened(x); }

// out += factor * row
template <class Row>
void add(float* out, float factor, const Row* row, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] += factor * number(row[i]);
}

template <class Row>
float dot(const float* x, const Row* row, size_t count) {
  float sums[8] = {};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int lane = 0; lane < 8; lane++) sums[lane] += x[i + lane] * number(row[i + lane]);
  }
  for (; i < count; i++) sums[0] += x[i] * number(row[i]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

class Cwae {
 public:
  explicit Cwae(const Instrument& instrument);

  // Latents to `factors` of the basis; false for latents too far out.
  bool decode(const float* z, const float* mix);

  // A frame of the standardised log-mel of `factors`.
  void expand(int frame, float* row) const;

  // Adds the products of the basis and a frame of a standardised log-mel.
  void project(int frame, const float* row, float* products) const;

  // The latents of a sound with these products.
  void encode(const float* products, const float* mix, float* z);

  // Turns the gradient with respect to `factors` into that to the latents, which were decoded last.
  void differentiate(float* gradient, const float* mix, float* z);

  std::vector<float> factors;

 private:
  const float* run(const std::vector<Dense>& layers);

  const Instrument& instrument_;
  std::vector<std::vector<float>> values_;  // the input, and of each layer the output before GELU
  std::vector<float> hidden_;
};

}  // namespace drumjax::engine
