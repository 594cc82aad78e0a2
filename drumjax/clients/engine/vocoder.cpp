// Mel to wave: non-negative least squares, phases from magnitudes, Griffin-Lim in the packed STFT. The formulas are
// those of drumjax/sound/inversion.py and drumjax/sound/packed.py, whose comments give the reasons.
#include <algorithm>

#include "player.hpp"

namespace drumjax::engine {
namespace {

constexpr float kTiny = 1e-12f, kLogOffset = 1e-6f, kOnsetMs = 1.0f;
constexpr int kSumBlock = 32;

// exp(2 pi i turns) by power series.
Complex unit(Lanes turns) {
  turns -= nearest(turns);
  const Lanes half = nearest(turns + turns);
  const Lanes x = (turns - half * 0.5f) * static_cast<float>(2 * kPi), square = x * x;
  const Lanes sign = Lanes(1.0f) - Lanes(2.0f) * half * half;
  Lanes cosine = 1.0f, sine = 1.0f;
  for (int order = 10; order > 1; order -= 2) cosine = Lanes(1.0f) - cosine * square * (1.0f / (order * (order - 1)));
  for (int order = 11; order > 1; order -= 2) sine = Lanes(1.0f) - sine * square * (1.0f / (order * (order - 1)));
  return {sign * cosine, sign * x * sine};
}

// Calls step(t) for the first frame t of every vector below `count`.
template <class Step>
void vectors(int count, Step step) {
  for (int t = 0; t < count; t += kLanes) step(t);
}

}  // namespace

// Linear magnitudes with the mel of the sound, by multiplicative updates of the pseudo-inverse with grain.
void Player::find_magnitudes() {
  const Instrument& i = instrument;
  const int mels = s_.mels, bins = s_.bins(), stride = s_.stride();
  std::fill(mel_rows_.begin(), mel_rows_.end(), 0.0f);
  std::fill(level_.begin(), level_.end(), 0.0f);
  for (int t = 0; t < ends; t++) {
    for (int m = 0; m < mels; m++) {
      const float x = textured[static_cast<size_t>(t) * mels + m];
      mel_rows_[static_cast<size_t>(m) * stride + t] = x;
      level_[t] += x;
    }
    level_[t] *= 1e-3f / mels;
  }
  const auto to_bins = [&](const std::vector<float>& rows, int k, int t) {
    const float* const from = &rows[t];
    return load(from + static_cast<size_t>(i.filter_of[2 * k]) * stride) * i.gain_of[2 * k] +
           load(from + static_cast<size_t>(i.filter_of[2 * k + 1]) * stride) * i.gain_of[2 * k + 1];
  };
  for (int k = 0; k < bins; k++) {
    const size_t row = static_cast<size_t>(k) * stride;
    const float covered = i.gain_of[2 * k] > 0;  // bins in no filter are silent
    vectors(ends, [&](int t) {
      const Lanes estimate = larger(i.inverse[k].of(&mel_rows_[t], stride), load(&level_[t]));
      store(&magnitude[row + t], estimate * covered * load(&i.grain[row + t]));
      store(&target_rows_[row + t], to_bins(mel_rows_, k, t));
    });
  }
  for (int step = 0; step < s_.nnls; step++) {
    for (int m = 0; m < mels; m++) {
      vectors(ends, [&](int t) {
        store(&mels_of_estimate_[static_cast<size_t>(m) * stride + t], i.filters[m].of(&magnitude[t], stride));
      });
    }
    for (int k = 0; k < bins; k++) {
      const size_t row = static_cast<size_t>(k) * stride;
      vectors(ends, [&](int t) {
        const Lanes own = load(&magnitude[row + t]) * load(&target_rows_[row + t]);
        store(&magnitude[row + t], own / (to_bins(mels_of_estimate_, k, t) + kTiny));
      });
    }
  }
}

// The position of the peak that each bin belongs to, in `position_`.
void Player::find_peaks() {
  const int bins = s_.bins(), stride = s_.stride();
  const float none = 1e9f;
  const float* const log = &log_[kLanes];
  // Downwards first: `running_` has the peak below each bin, then `position_` the peak of each.
  vectors(ends, [&](int t) {
    Lanes last = -none;
    for (int k = 0; k < bins; k++) {
      const size_t at = static_cast<size_t>(k) * stride + t;
      const Lanes own = load(log + at), below = k ? load(log + at - stride) : own;
      const Lanes above = k + 1 < bins ? load(log + at + stride) : own;
      const Lanes curvature = smaller(below - Lanes(2.0f) * own + above, -1e-6f);
      const Lanes peak = Lanes(k) + between(Lanes(0.5f) * (below - above) / curvature, -0.499f, 0.499f);
      const auto up = (above > own) & (above > below), slope = up | (below > own);
      last = where(slope, last, peak);
      // A peak that is 8 bins away is too far, and lies 7.5 bins away at least.
      const Lanes nearest_below = where(last > Lanes(k - 7.5f), last, Lanes(k - 8.0f));
      store(&running_[at], where(slope, where(up, Lanes(none), nearest_below), peak));
      store(&position_[at], where(slope, Lanes(none), peak));
    }
    last = none;
    for (int k = bins - 1; k >= 0; k--) {
      const size_t at = static_cast<size_t>(k) * stride + t;
      const Lanes peak = load(&position_[at]), lower = load(&running_[at]);
      last = where(Lanes(none) > peak, peak, last);
      const Lanes nearest_above = where(Lanes(k + 7.5f) > last, last, Lanes(k + 8.0f));
      store(&position_[at], where(Lanes(none) > lower, lower, nearest_above));
    }
  });
}

// Phases in turns of the packed bins.
void Player::find_phases() {
  const Instrument& i = instrument;
  const int bins = s_.bins(), stride = s_.stride(), frames = s_.frames();
  const float onset = kOnsetMs / 1000 * s_.rate / s_.fft;  // turns a bin
  const float silent = std::log(kLogOffset);
  float* const log = &log_[kLanes];
  for (int k = 0; k < bins; k++) {
    float* const row = log + static_cast<size_t>(k) * stride;
    const float* const from = &magnitude[static_cast<size_t>(k) * stride];
    vectors(ends, [&](int t) { store(row + t, logarithm(load(from + t) + kLogOffset)); });
    std::fill(row + ends, row + stride, silent);
    // The growth at the last frame of all is that from the frame before.
    if (ends == frames) row[frames] = 2 * row[frames - 1] - row[frames - 2];
  }
  find_peaks();

  // Turns by the delay of the energy's centre, summed over the bins; sums of blocks keep rounding errors small.
  const float steepness = 0.25645f * s_.window * s_.window / static_cast<float>(2 * kPi) / (2.0f * s_.hop);
  const float longest = 0.4f * s_.window;
  vectors(ends, [&](int t) {
    Lanes before = 0, within = 0;
    for (int k = 0; k < bins; k++) {
      const size_t at = static_cast<size_t>(k) * stride + t;
      Lanes delay = between((load(log + at + 1) - load(log + at - 1)) * steepness, -longest, longest) * (1.0f / s_.fft);
      if (t == 0) delay.v[0] = onset;
      if (k % kSumBlock == 0) before += within, within = 0;
      within += delay;
      store(&running_[at], before + within);
    }
  });
  // Frame t has advanced by half a hop of frames 0 and t and by a whole hop of those between, without whole turns.
  std::vector<float>& at_peak = target_rows_;
  for (int k = 0; k < bins; k++) {
    const size_t row = static_cast<size_t>(k) * stride;
    const float start = onset * position_[row];
    float sum = 0, last = 0;
    for (int t = 0; t < ends; t++) {
      const float half = position_[row + t] * (0.5f * s_.hop / s_.fft), own = half - std::nearbyint(half);
      if (t) sum += last + own;
      last = own;
      at_peak[row + t] = (sum - start) + running_[row + t];
    }
  }
  for (int k = 0; k < s_.packed(); k++) {
    const int bin = i.selected[k];
    const float to_start = 0.5f * (bin % 2) - i.spread[bin];
    for (int t = 0; t < ends; t++) {
      const size_t at = static_cast<size_t>(bin) * stride + t;
      const float peak = position_[at] + 0.5f;
      const size_t nearest_bin = peak > 0 ? peak < bins ? static_cast<size_t>(peak) : bins - 1 : 0;  // NaN: 0
      turns[static_cast<size_t>(k) * stride + t] = at_peak[nearest_bin * stride + t] - (running_[at] - to_start);
    }
  }
}

// Accelerated Griffin-Lim from the phases; the wave, up to the last sample that a window reaches.
void Player::refine(float* wave) {
  const int half = s_.packed(), stride = s_.stride();
  const float kept = s_.momentum / (1 + s_.momentum);
  std::fill(blocks_.begin(), blocks_.end(), 0.0f);
  vectors(ends, [&](int t) {
    for (int p = 0; p < half; p++) {
      const size_t at = static_cast<size_t>(t / kLanes) * half + p, k = fourier_.frequency[p];
      target_[at] = load(&magnitude[static_cast<size_t>(instrument.selected[k]) * stride + t]);
      const Complex phase = unit(load(&turns[k * stride + t]));
      frame_[p] = {target_[at] * phase.re, target_[at] * (2 * k < frame_.size() ? phase.im : -phase.im)};
      previous_[at] = {0.0f, 0.0f};
    }
    add_up(t);
  });
  for (int step = 0; step < s_.refine; step++) {
    next_blocks();
    vectors(ends, [&](int t) {
      take_apart(t);
      for (int k = 0; k < half; k++) {
        const size_t at = static_cast<size_t>(t / kLanes) * half + k;
        const Complex rebuilt = frame_[k];
        const Lanes re = rebuilt.re - previous_[at].re * kept, im = rebuilt.im - previous_[at].im * kept;
        const Lanes gain = target_[at] / root(larger(re * re + im * im, kTiny * kTiny));
        frame_[k] = {re * gain, im * gain};
        previous_[at] = rebuilt;
      }
      add_up(t);
    });
  }
  next_blocks();
  const int samples = std::min(s_.samples, (ends + s_.overlap() - 1) * s_.hop - s_.window / 2);
  for (int p = 0; p < samples; p++) {
    const int at = p + s_.window / 2;
    wave[p] = last_blocks_[static_cast<size_t>(at % s_.hop) * stride + at / s_.hop];
  }
}

// Adds the wave of the spectrum in `frame_`, which it overwrites, to the blocks of a hop: `packed.blocks` in Python.
void Player::add_up(int t) {
  const Instrument& i = instrument;
  const int half = s_.packed(), stride = s_.stride(), hop = s_.hop;
  fourier_.inverse(frame_.data());
  for (int n = 0; n < half; n++) {
    float* const first = &blocks_[static_cast<size_t>(n % hop) * stride + n / hop + t];
    float* const second = first + half / hop;
    const Complex z = frame_[n];
    store(first, load(first) + (z.re * i.real[n] + z.im * i.imaginary[n]));
    store(second, load(second) + (z.re * i.imaginary[half + n] - z.im * i.real[half + n]));
  }
}

// The sums of the frames over their summed power are the last blocks; new sums begin.
void Player::next_blocks() {
  for (size_t at = 0; at < blocks_.size(); at++) {
    last_blocks_[at] = blocks_[at] * instrument.inverse_power[at];
    blocks_[at] = 0;
  }
}

// The packed spectrum of a vector of frames of the last blocks, in `frame_`: `packed.spectrum` in Python.
void Player::take_apart(int t) {
  const Instrument& i = instrument;
  const int half = s_.packed(), stride = s_.stride(), hop = s_.hop;
  for (int n = 0; n < half; n++) {
    const float* const from = &last_blocks_[static_cast<size_t>(n % hop) * stride + n / hop + t];
    const Lanes first = load(from), second = load(from + half / hop);
    frame_[n] = {first * i.real[n] + second * i.imaginary[half + n],
                 first * i.imaginary[n] - second * i.real[half + n]};
  }
  fourier_.forward(frame_.data());
}

}  // namespace drumjax::engine
