// A player: the buffers of one render, made once, and the stages from latents to a wave.
//
// Arrays over bins or samples have frames on the last axis, so that some frames are one vector: every stage after the
// texture computes on all bins of its frames in the same order as on one.
#pragma once

#include "cwae.hpp"

namespace drumjax::engine {

inline bool finite(const float* values, size_t count) {
  return std::all_of(values, values + count, [](float x) { return std::isfinite(x); });
}

inline float peak_of(const float* wave, size_t count) {
  float peak = 0;
  for (size_t i = 0; i < count; i++) peak = std::max(peak, std::abs(wave[i]));
  return peak;
}

// A rise from 0 to 1.
inline float squared_sine(double share) {
  const double sine = std::sin(kPi / 2 * std::clamp(share, 0.0, 1.0));
  return static_cast<float>(sine * sine);
}

// The weights of a mix with sum 1 in `out`; false where they are no mix.
bool normalised(const Instrument& instrument, const float* mix, float* out);

// The latents of a mix of classes at positions of the knobs, around a base or the centre of the mix.
void place(const Instrument& instrument, const float* knobs, const float* mix, const float* base, float* z);

// The knob positions nearest to latents.
void read_knobs(const Instrument& instrument, const float* z, const float* mix, float* knobs);

// The latents of one new sound.
void draw(const Instrument& instrument, const float* mix, Numbers& numbers, float* z);

// Moves latents towards the new sound of a seed, by an amount of 0 to 1: `variation` in Python.
void vary(const Instrument& instrument, const float* mix, float amount, uint64_t seed, float* z);

constexpr int kMostChannels = 8;  // of sounds of the user's

class Player {
 public:
  explicit Player(const Instrument& instrument);

  // The wave of latents, (samples); the number of samples up to its end, or -1 where it is not finite.
  int render(const float* z, const float* mix, int64_t take, float* wave);

  // The linear mel of latents, zero after its end, in `mel`; false for latents too far out.
  bool decode(const float* z, const float* mix);

  // The mel of the signal in `stft`, (frames, mels).
  void find_mel(float* out);

  // Buffers for the caller: normalised mix and placed latents.
  std::vector<float> mix, latents;

  const Instrument& instrument;

  // Stages of the last sound. `mel` (frames, mels) is the decoder's, `textured` that of the take; rows of `magnitude`
  // and `turns` have a stride and `ends` frames that count.
  std::vector<float> mel, textured, magnitude, turns;
  int ends = 0;

  // For mels, latents and takes of sounds of the user's.
  Cwae cwae;
  Spectrogram stft;
  float roughness[kMostChannels + 1] = {};  // of white noise in so many channels; 0: not known yet

 private:
  // player.cpp: takes and the vocoder's end.
  void add_take(const float* z, const float* mix, int64_t take);
  void set_take(int64_t take);
  float find_hits(const float* z, const float* mix, int* best, float* weights);
  void narrow(float* mel, float* share);
  void limit(float* wave, int samples);
  int cut(float* wave);

  // vocoder.cpp: magnitudes, phases and Griffin-Lim.
  void find_magnitudes();
  void find_phases();
  void refine(float* wave);
  void find_peaks();
  void add_up(int t);
  void next_blocks();
  void take_apart(int t);

  const Settings& s_;
  int64_t take_ = -1;
  std::vector<float> noise_, chance_, distance_, amount_, share_, power_, local_;
  std::vector<float> mel_rows_, mels_of_estimate_, level_;     // (mels, stride) twice, (stride)
  std::vector<float> log_, position_, running_, target_rows_;  // (bins, stride), log_ after a vector
  std::vector<float> blocks_, last_blocks_;                    // (hop, stride)
  std::vector<Lanes> target_;                                  // (groups of frames, packed)
  std::vector<Complex> previous_, frame_;                      // the same and (packed), in the order of `fourier_`
  Fourier fourier_;
};

}  // namespace drumjax::engine
