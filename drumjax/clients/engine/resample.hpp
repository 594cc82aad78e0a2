// Sounds at another rate, by a windowed sinc as steep as soxr's high quality.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace drumjax {

// Number of samples of a sound of `length` at `step` samples of it per sample.
inline int resampled_length(int length, double step) { return length ? int((length - 1) / step) + 1 : 0; }

class Resampler {
 public:
  // Sample m of the `count` of `out` is the sound at m * step. At step 1 nothing changes.
  void run(const float* in, int length, double step, float* out, int count) {
    if (step == 1) {
      std::fill(std::copy(in, in + std::min(length, count), out), out + count, 0.0f);
      return;
    }
    if (step != step_) tabulate(step);
    const int taps = 2 * half_;
    padded_.assign(length + 2 * taps, 0.0f);
    std::copy(in, in + length, padded_.begin() + taps);
    for (int m = 0; m < count; m++) {
      const double at = std::min(m * step, double(length));
      const int whole = int(at), phase = int((at - whole) * kPhases);
      const float share = float((at - whole) * kPhases - phase);
      const float *row = &rows_[phase * taps], *after = row + taps, *source = &padded_[whole + taps - half_ + 1];
      float sums[8] = {};
      for (int tap = 0; tap < taps; tap += 8) {
        for (int lane = 0; lane < 8; lane++) {
          sums[lane] += source[tap + lane] * (row[tap + lane] + share * (after[tap + lane] - row[tap + lane]));
        }
      }
      out[m] = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    }
  }

 private:
  static constexpr int kPhases = 256;  // between two samples; values between phases are interpolated

  // Rows of a sinc in Kaiser's window, one for each phase.
  void tabulate(double step) {
    constexpr double kPassed = 0.9136;  // of the lower Nyquist frequency, at which all is gone
    constexpr double kDb = 120, kPi = 3.14159265358979323846;
    const double lower = std::min(1.0, 1 / step), cutoff = lower * (1 + kPassed) / 2, beta = 0.1102 * (kDb - 8.7);
    const auto bessel = [](double x) {  // I0
      double term = 1, sum = 1;
      for (int n = 1; term > 1e-10 * sum; n++) term *= x * x / (4.0 * n * n), sum += term;
      return sum;
    };
    step_ = step;
    half_ = (int((kDb - 7.95) / (2.285 * 2 * kPi * lower * (1 - kPassed))) / 4 + 1) * 4;
    const double peak = bessel(beta);
    std::vector<float> side(half_ * kPhases + 1);  // both are even
    for (int i = 0; i < half_ * kPhases; i++) {
      const double x = kPi * cutoff * i / kPhases, share = double(i) / (half_ * kPhases);
      side[i] = float(cutoff * bessel(beta * std::sqrt(1 - share * share)) / peak * (i ? std::sin(x) / x : 1));
    }
    rows_.resize((kPhases + 1) * 2 * half_);
    for (int phase = 0; phase <= kPhases; phase++) {
      for (int tap = 0; tap < 2 * half_; tap++) {
        const int away = std::abs((tap - half_ + 1) * kPhases - phase);
        rows_[phase * 2 * half_ + tap] = side[std::min(away, half_ * kPhases)];
      }
    }
  }

  double step_ = 0;
  int half_ = 0;
  std::vector<float> rows_, padded_;
};

}  // namespace drumjax
