// Sounds at another rate, by a windowed sinc.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace drumjax {

constexpr int CROSSINGS = 32;  // of the sinc on each side
constexpr int PHASES = 256;    // between two samples; values between phases are interpolated
constexpr double PASSED = 0.95;  // middle of the transition, of the lower Nyquist frequency

// Number of samples of a sound of `length` at `step` samples of it per sample.
inline int resampled_length(int length, double step) { return length ? int((length - 1) / step) + 1 : 0; }

// Sample m of `out` is the sound at m * step: the first sample stays the first. Nothing is added to a sound at step 1.
inline void resample(const float *in, int length, double step, float *out) {
  if (step == 1) {
    std::copy(in, in + length, out);
    return;
  }
  const double pi = std::acos(-1.0), cutoff = PASSED * std::min(1.0, 1 / step);
  const int half = int(std::ceil(CROSSINGS / cutoff)), taps = 2 * half;
  std::vector<float> rows((PHASES + 1) * taps);
  for (int phase = 0; phase <= PHASES; ++phase)
    for (int tap = 0; tap < taps; ++tap) {
      const double time = tap - half + 1 - double(phase) / PHASES, x = pi * cutoff * time;
      const double turn = pi * (time / half + 1);  // Blackman-Harris window
      const double window = 0.35875 - 0.48829 * std::cos(turn) + 0.14128 * std::cos(2 * turn) - 0.01168 * std::cos(3 * turn);
      rows[phase * taps + tap] = float(std::abs(time) >= half ? 0 : cutoff * window * (x == 0 ? 1 : std::sin(x) / x));
    }
  std::vector<float> padded(length + 2 * taps);
  std::copy(in, in + length, padded.begin() + taps);
  for (int m = 0, count = resampled_length(length, step); m < count; ++m) {
    const double at = m * step;
    const int whole = int(at);
    const double place = (at - whole) * PHASES;
    const int phase = int(place);
    const float share = float(place - phase);
    const float *row = &rows[phase * taps], *after = row + taps, *source = &padded[whole + taps - half + 1];
    float sums[8] = {};
    for (int tap = 0; tap < taps / 8 * 8; tap += 8)
      for (int lane = 0; lane < 8; ++lane)
        sums[lane] += source[tap + lane] * (row[tap + lane] + share * (after[tap + lane] - row[tap + lane]));
    for (int tap = taps / 8 * 8; tap < taps; ++tap) sums[0] += source[tap] * (row[tap] + share * (after[tap] - row[tap]));
    out[m] = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
  }
}

}  // namespace drumjax
