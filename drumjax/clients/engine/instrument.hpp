// An instrument: the settings and arrays of its file, and the tables that follow from them. It never changes, so that
// players share it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lanes.hpp"
#include "reader.hpp"
#include "seeds.hpp"

namespace drumjax::engine {

constexpr int kKnobs = 3, kMostDots = 200, kCellFrames = 4, kCellMels = 16;
constexpr double kPi = 3.14159265358979323846;

struct Settings {
  int rate, samples, window, hop, fft, mels;
  int latent, components, refine, nnls, encode;  // refine, encode: steps
  float log_offset, momentum, fade_ms, deviation;
  bool knobs_of_class;

  float unit() const { return std::sqrt(static_cast<float>(frames()) * mels); }  // of the basis
  int frames() const { return 1 + samples / hop; }
  int bins() const { return fft / 2 + 1; }
  int packed() const { return window / 2; }   // bins of the packed STFT
  int overlap() const { return window / hop; }  // frames that a sample is in
  int cells() const { return (frames() + kCellFrames - 1) / kCellFrames * ((mels + kCellMels - 1) / kCellMels); }
  // Arrays with frames on the last axis have room for whole vectors, and for those that begin at any frame.
  int stride() const { return padded(frames() + overlap()) + kLanes; }
  int blocks() const { return frames() + overlap() - 1; }
  static int padded(int frames) { return (frames + kLanes - 1) / kLanes * kLanes; }
};

struct Dense {
  int in, out;
  std::vector<uint16_t> kernel;           // (in, out)
  std::vector<int8_t> levels;             // or the same in steps of the `scale` of a row
  std::vector<float> scale, bias;
};

// A row of a matrix without the zeros around it.
struct Band {
  int first = 0;
  std::vector<float> values;

  Lanes of(const Lanes* x) const {
    Lanes sum = 0;
    for (size_t i = 0; i < values.size(); i++) sum += x[first + i] * values[i];
    return sum;
  }

  // Of the rows of an array, for the frames of a vector, from `frames` on.
  Lanes of(const float* frames, size_t stride) const {
    Lanes sum = 0;
    for (size_t i = 0; i < values.size(); i++) sum += load(frames + (first + i) * stride) * values[i];
    return sum;
  }
};

struct Instrument {
  Settings s{};
  std::vector<std::string> classes, knob_names;
  std::string sources;

  // Decoder and encoder; `basis` is (frames, components, mels), so that a frame's numbers lie together.
  std::vector<Dense> up, down;
  std::vector<int8_t> basis;
  std::vector<float> step, scale, mean, deviation;
  std::vector<uint16_t> centre, colour, whiten;

  // Knobs, of each class or for all of them.
  int kinds = 0;
  std::vector<float> knob_centre, knob_basis, knob_dual;
  // The map: knobs one and two and the centroid of training sounds of each class, and the codes of these sounds.
  struct Map {
    std::vector<float> points;  // (dots, 3)
    std::vector<int> codes;     // none, or (dots)
  };
  std::vector<Map> maps;

  // What draws come from: nothing, Gaussians, or codes of training sounds.
  std::vector<uint16_t> means, factors, codes, partners;
  int partners_each = 0;
  std::vector<float> weights;
  std::vector<uint8_t> labels;

  // Texture: the share of noise, and the fine structure of hits, two residues of 4 bits in a byte.
  std::vector<uint16_t> of_latent, of_class, hit_codes;
  std::vector<float> reach;
  std::vector<uint8_t> hit_labels, residues;
  std::vector<int> hit_ends;
  std::vector<size_t> hit_starts;

  // Tables of the file, those of drumjax/sound.
  std::vector<Band> filters, inverse;               // (mels), (bins)
  std::vector<float> spread, grain_amount;          // (bins): turns, exponents
  std::vector<float> noise_mean, lowness, neighbours;  // (mels) twice, (low, low)
  std::vector<int> filter_of;                       // (bins, 2): the filters that a bin is in
  std::vector<float> gain_of;                       // (bins, 2)
  std::vector<float> grain, hann;                   // (bins, stride), (window)
  // Tables of the packed STFT: weights of the halves of a window; in blocks, one over the sum of
  // squared windows and over the size of the FFT.
  std::vector<float> real, imaginary, inverse_power;  // (2, packed) twice, (hop, stride)
  std::vector<int> selected;                          // bin of the STFT for each packed one

  int hits() const { return static_cast<int>(hit_ends.size()); }
  int low() const { return static_cast<int>(std::lround(std::sqrt(static_cast<double>(neighbours.size())))); }
  const uint16_t* code(int i) const { return &codes[static_cast<size_t>(i) * s.latent]; }
  int kind(int drum_class) const { return s.knobs_of_class ? drum_class : kinds - 1; }

  // False with the reader's error.
  bool read(Reader& file);

 private:
  void read_settings(Reader& file);
  void read_arrays(Reader& file);
  std::vector<Dense> read_dense(Reader& file, const std::string& name, size_t in, size_t out);
  void read_texture(Reader& file);
  void read_tables(Reader& file);
  static std::vector<Band> read_bands(Reader& file, const std::string& name, size_t rows, size_t columns);
  void tabulate_packed();
  void tabulate_maps();
  void tabulate_grain();
};

// Magnitudes of the STFT of a signal, windows one after the other without padding.
class Spectrogram {
 public:
  Spectrogram(const Settings& s, int frames);

  size_t samples(const Settings& s) const { return static_cast<size_t>(frames_ - 1) * s.hop + s.window; }

  // A sample of the signal.
  float& at(const Settings& s, size_t i) { return signal_[i % s.hop * stride_ + i / s.hop]; }

  // Makes the signal white noise of a seed.
  void set_noise(const Settings& s, uint64_t seed) {
    Numbers(seed, kNoise).normal(samples(s), [&](size_t i, double x) { at(s, i) = static_cast<float>(x); });
  }

  // Calls use(frame, magnitudes) for the first frame of every vector; magnitudes (bins) are those of its frames.
  template <class Use>
  void run(const Settings& s, const std::vector<float>& hann, Use use);

 private:
  int frames_, stride_;
  std::vector<float> signal_;  // (hop, stride)
  std::vector<Complex> spectrum_;
  std::vector<Lanes> first_, second_;
  Fourier fourier_;
};

template <class Use>
void Spectrogram::run(const Settings& s, const std::vector<float>& hann, Use use) {
  // Two real frames are the parts of a complex one: their spectra are its even and its odd half.
  for (int frame = 0; frame < frames_; frame += 2 * kLanes) {
    for (int n = 0; n < s.window; n++) {
      const float* const from = &signal_[static_cast<size_t>(n % s.hop) * stride_ + n / s.hop + frame];
      spectrum_[n] = {load(from) * hann[n], load(from + kLanes) * hann[n]};
    }
    std::fill(spectrum_.begin() + s.window, spectrum_.end(), Complex{0.0f, 0.0f});
    fourier_.forward(spectrum_.data());
    for (int k = 0; k < s.bins(); k++) {
      const Complex a = spectrum_[fourier_.place[k]], b = spectrum_[fourier_.place[(s.fft - k) % s.fft]];
      const Lanes even_re = a.re + b.re, even_im = a.im - b.im, odd_re = a.im + b.im, odd_im = b.re - a.re;
      first_[k] = Lanes(0.5f) * root(even_re * even_re + even_im * even_im);
      second_[k] = Lanes(0.5f) * root(odd_re * odd_re + odd_im * odd_im);
    }
    use(frame, first_.data());
    if (frame + kLanes < frames_) use(frame + kLanes, second_.data());
  }
}

}  // namespace drumjax::engine
