#include "own.hpp"

#include "drumjax.h"
#include "resample.hpp"

namespace drumjax::engine {
namespace {

using Wave = std::vector<float>;
using Channels = std::vector<Wave>;

constexpr float kSilentPeak = 3e-4f, kEnd = 1e-3f, kOnset = 1e-2f;  // -70 dB; -60 and -40 dB of the peak
constexpr double kRestSeconds = 0.005, kLeadSeconds = 0.002, kFadeSeconds = 0.1, kShortFadeSeconds = 0.005;
constexpr double kLeastSeconds = 0.01, kMostSeconds = 30;
constexpr int kMostChannels = 8, kSteps = 4, kOverlap = 4;
constexpr float kRate = 0.1f, kConvergence = 0.025f, kActive = 0.2f, kPrior = 0.002f;  // of gradient descent
constexpr float kLargest = 6.0f, kLeastPower = 1e-12f;
constexpr double kRiseSeconds = 0.001, kEnvelopeSeconds = 0.004, kNear = 0.25, kFar = 1.0;

float peak_of(const Wave& wave) {
  float peak = 0;
  for (float x : wave) peak = std::max(peak, std::abs(x));
  return peak;
}

int rounded(double x) { return static_cast<int>(std::nearbyint(x)); }

// The DC offset, read off a tail that is constant.
float offset_of(const Wave& wave, int rate) {
  const auto range = [&](size_t from) {
    const auto [low, high] = std::minmax_element(wave.begin() + from, wave.end());
    return *high - *low;
  };
  const size_t rest = std::min<size_t>(wave.size(), std::max(1, static_cast<int>(kRestSeconds * rate)));
  if (!rest || range(wave.size() - rest) > 2e-3f * range(0)) return 0;
  double sum = 0;
  for (size_t i = wave.size() - rest; i < wave.size(); i++) sum += wave[i];
  return static_cast<float>(sum / rest);
}

// Takes the offset away; returns the first sample of the sound, -1 for silence.
int find_start(Wave& wave, int rate) {
  const float offset = offset_of(wave, rate);
  for (float& x : wave) x -= offset;
  const float peak = peak_of(wave);
  if (peak < kSilentPeak) return -1;
  const auto first = [&](float share) {
    return static_cast<int>(std::find_if(wave.begin(), wave.end(), [&](float x) { return std::abs(x) > share * peak; }) - wave.begin());
  };
  return std::max(first(kEnd), first(kOnset) - static_cast<int>(kLeadSeconds * rate));
}

void fade_out(Wave& wave, size_t from, size_t count) {
  for (size_t i = 0; i < count; i++) wave[from + i] *= 1 - static_cast<float>(i + 1) / count;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Fades the wave out where it has sunk into steady noise.
void cut_noise(Wave& wave, int rate) {
  constexpr double kFrameSeconds = 0.02, kRestLeastSeconds = 0.3, kNoiseFadeSeconds = 0.03;
  constexpr double kRestShare = 0.3, kSteadyDb = 1.5, kLoudestDb = -35, kAboveDb = 4;
  constexpr size_t kParts = 5;
  const size_t frame = std::max(1, rounded(kFrameSeconds * rate)), count = wave.size() / frame;
  const size_t rest = std::max(static_cast<int>(kRestShare * count), rounded(kRestLeastSeconds / kFrameSeconds));
  if (count < 2 * rest) return;
  std::vector<double> level(count), medians;
  const double peak = peak_of(wave);
  for (size_t t = 0; t < count; t++) {
    double sum = 0;
    for (size_t i = t * frame; i < (t + 1) * frame; i++) sum += static_cast<double>(wave[i]) * wave[i];
    level[t] = 10 * std::log10(sum / frame / (peak * peak) + 1e-12);
  }
  auto at = level.end() - rest;
  const double floor = median({at, level.end()});
  for (size_t part = 0; part < kParts; part++) {
    const size_t size = rest / kParts + (part < rest % kParts);
    medians.push_back(median({at, at + size}));
    at += size;
  }
  const auto [low, high] = std::minmax_element(medians.begin(), medians.end());
  if (*high - *low > kSteadyDb || floor > kLoudestDb) return;
  size_t end = count;
  while (end > 0 && !(level[end - 1] > floor + kAboveDb)) end--;
  end *= frame;
  const size_t fade = std::min<size_t>(static_cast<size_t>(kNoiseFadeSeconds * rate), wave.size() - end);
  wave.resize(end + fade);
  fade_out(wave, end, fade);
}

// The sound as the model knows sounds: mono, at its rate and length, from the onset, at a peak of 1. Sets its start and
// `length`, its samples up to the end. Returns 0 or an error.
int fit(const Settings& s, Sound& sound, Wave& fitted, int& length) {
  Wave mixed(sound.count), loudest(sound.count);
  std::vector<double> energies(sound.channels);
  double energy = 0, most = -1, total = 0;
  for (int i = 0; i < sound.count; i++) {
    float sum = 0;
    for (int c = 0; c < sound.channels; c++) sum += sound.wave[static_cast<size_t>(i) * sound.channels + c];
    mixed[i] = sum / sound.channels;
    energy += static_cast<double>(mixed[i]) * mixed[i];
  }
  for (int c = 0; c < sound.channels; c++) {
    Wave channel(sound.count);
    double own = 0;
    for (int i = 0; i < sound.count; i++) {
      channel[i] = sound.wave[static_cast<size_t>(i) * sound.channels + c];
      own += static_cast<double>(channel[i]) * channel[i];
    }
    total += own;
    sound.offset.push_back(offset_of(channel, sound.rate));
    if (own > most) most = own, loudest = std::move(channel);
  }
  if (sound.channels > 1 && energy < 0.1 * total / sound.channels) mixed = std::move(loudest);  // the channels cancel
  const float offset = offset_of(mixed, sound.rate);
  for (float& x : mixed) x -= offset;  // before a resampler's ringing hides it
  Wave wave = mixed;
  sound.start = find_start(mixed, sound.rate);
  if (sound.start < 0) return DRUMJAX_SILENT;
  const double step = static_cast<double>(sound.rate) / s.rate;
  mixed.resize(static_cast<size_t>(std::lround(sound.count / step)));
  Resampler().run(wave.data(), sound.count, step, mixed.data(), static_cast<int>(mixed.size()));
  const int first = find_start(mixed, s.rate);
  if (first < 0) return DRUMJAX_SILENT;
  const float peak = peak_of(mixed);
  size_t last = mixed.size();
  while (!(std::abs(mixed[last - 1]) > kEnd * peak)) last--;
  wave.assign(mixed.begin() + first, mixed.begin() + last);
  cut_noise(wave, s.rate);
  if (wave.size() < kLeastSeconds * s.rate) return DRUMJAX_SHORT;
  if (wave.size() > kMostSeconds * s.rate + 2) return DRUMJAX_LONG;
  const size_t whole = wave.size(), kept = std::min<size_t>(whole, s.samples);
  wave.resize(s.samples);
  if (whole > kept) {
    const size_t most_fade = std::max<size_t>(static_cast<size_t>(kShortFadeSeconds * s.rate), whole - kept);
    const size_t fade = std::min({kept / 2, static_cast<size_t>(kFadeSeconds * s.rate), most_fade});
    fade_out(wave, kept - fade, fade);
  }
  const float highest = peak_of(wave);
  for (float& x : wave) x /= highest;
  fitted = std::move(wave);
  length = static_cast<int>(kept);
  return 0;
}

Wave mel_of(Player& player, const Wave& wave) {
  const Instrument& i = player.instrument;
  const Settings& s = i.s;
  Wave mel(static_cast<size_t>(s.frames()) * s.mels);
  const size_t half = s.window / 2;
  for (size_t n = 0; n < player.stft.samples(s); n++) {
    player.stft.at(s, n) = n >= half && n - half < wave.size() ? wave[n - half] : 0.0f;
  }
  player.stft.run(s, i.hann, [&](int frame, const Lanes* magnitude) {
    for (int m = 0; m < s.mels; m++) {
      const Lanes sum = i.filters[m].of(magnitude);
      for (int lane = 0; lane < kLanes && frame + lane < s.frames(); lane++) {
        mel[static_cast<size_t>(frame + lane) * s.mels + m] = sum.v[lane];
      }
    }
  });
  return mel;
}

Wave log_of(const Wave& mel, float offset) {
  Wave log = mel;
  transform(log.data(), log.size(), [&](Lanes x) { return logarithm(x + offset); });
  return log;
}

// The gradient of the error of the log-mel of latents, which were decoded last: `error` in encoding.py.
void find_gradient(Cwae& cwae, const Instrument& i, const Wave& mel, const Wave& x, int length, float* products) {
  const Settings& s = i.s;
  const size_t mels = s.mels, frames = s.frames();
  const int active = std::clamp((length + s.hop - 1) / s.hop, 0, s.frames());
  const float cells = static_cast<float>(frames * mels), count = static_cast<float>(mels * std::max(active, 1));
  double power = kLeastPower;
  for (float value : mel) power += static_cast<double>(value) * value;
  const float convergence = static_cast<float>(2 * kConvergence / power);
  Wave row(mels), linear(mels);
  std::fill(products, products + s.components, 0.0f);
  for (size_t t = 0; t < frames; t++) {
    const size_t at = t * mels;
    cwae.expand(static_cast<int>(t), row.data());
    for (size_t m = 0; m < mels; m++) linear[m] = std::min(row[m] * i.deviation[at + m] + i.mean[at + m], 6.0f);
    transform(linear.data(), mels, exponential);
    const float of_active = static_cast<int>(t) < active ? kActive / count : 0.0f;
    for (size_t m = 0; m < mels; m++) {
      const float apart = row[m] - x[at + m], deviation = i.deviation[at + m], estimate = linear[m] - s.log_offset;
      float slope = 2 * apart / cells + of_active * deviation * ((apart > 0) - (apart < 0));
      if (estimate > 0) slope += convergence * (estimate - mel[at + m]) * linear[m] * deviation;
      row[m] = slope;
    }
    cwae.project(static_cast<int>(t), row.data(), products);
  }
}

// The latents of a sound with a peak of 1: the encoder's, then Adam's steps. False where they leave all bounds.
bool find_latents(Player& player, const Wave& wave, const Wave& mel, const float* mix, Wave& z) {
  const Instrument& i = player.instrument;
  const Settings& s = i.s;
  const size_t latent = s.latent;
  Wave x = log_of(mel, s.log_offset), products(s.components), gradient(latent), mean(latent), square(latent);
  for (size_t at = 0; at < x.size(); at++) x[at] = (x[at] - i.mean[at]) / i.deviation[at];
  for (int t = 0; t < s.frames(); t++) player.cwae.project(t, &x[static_cast<size_t>(t) * s.mels], products.data());
  z.resize(latent);
  player.cwae.encode(products.data(), mix, z.data());
  int length = s.samples;
  while (length > 0 && !(std::abs(wave[length - 1]) > kEnd)) length--;
  for (int step = 0; step < s.encode; step++) {
    if (!player.cwae.decode(z.data(), mix)) return false;
    find_gradient(player.cwae, i, mel, x, length, products.data());
    player.cwae.differentiate(products.data(), mix, gradient.data());
    const double rate = kRate * 0.5 * (1 + std::cos(kPi * step / s.encode));
    const double first = 1 - std::pow(0.9, step + 1), second = 1 - std::pow(0.999, step + 1);
    for (size_t l = 0; l < latent; l++) {
      const float slope = gradient[l] + 2 * kPrior * z[l] / latent;
      mean[l] = 0.9f * mean[l] + 0.1f * slope;
      square[l] = 0.999f * square[l] + 0.001f * slope * slope;
      z[l] -= static_cast<float>(rate * (mean[l] / first) / (std::sqrt(square[l] / second) + 1e-8));
    }
  }
  return std::all_of(z.begin(), z.end(), [](float one) { return std::isfinite(one); });
}

// The FFT of any size, of a vector of signals at once.
class Dft {
 public:
  explicit Dft(int size) : size_(size), turned_(size), parts_(size) {
    for (int k = 0; k < size; k++) turns_.emplace_back(std::cos(2 * kPi * k / size), std::sin(2 * kPi * k / size));
  }

  template <int sign>
  void run(const Complex* in, Complex* out) { run<sign>(in, 1, out, size_); }

 private:
  // Out of place: the transforms of every p-th number, p the smallest factor, and a transform of p across them.
  template <int sign>
  void run(const Complex* in, int stride, Complex* out, int size) {
    if (size == 1) return void(out[0] = in[0]);
    int p = size % 4 ? 2 : 4;
    while (size % p) p++;
    const int part = size / p, step = size_ / size;
    for (int q = 0; q < p; q++) run<sign>(in + q * stride, stride * p, out + q * part, part);
    for (int j = 0; j < part; j++) {
      for (int q = 0; q < p; q++) parts_[q] = turn<sign>(out[q * part + j], q * j * step);
      for (int r = 0; r < p; r++) {
        Complex sum = parts_[0];
        for (int q = 1, k = 0; q < p; q++) {
          k += r * (size_ / p);
          if (k >= size_) k -= size_;
          sum = sum + turn<sign>(parts_[q], k);
        }
        turned_[r] = sum;
      }
      for (int r = 0; r < p; r++) out[j + r * part] = turned_[r];
    }
  }

  template <int sign>
  Complex turn(const Complex& x, int k) const {
    const Lanes c = turns_[k].first, s = sign * turns_[k].second;
    return {x.re * c - x.im * s, x.re * s + x.im * c};
  }

  int size_;
  std::vector<std::pair<float, float>> turns_;
  std::vector<Complex> turned_, parts_;
};

using Spectrum = std::vector<Complex>;  // (vectors of frames, bins)

// The STFT of waves of one length at their own rate: `Grid`, `stft` and `istft` in anchor.py.
class Grid {
 public:
  Grid(const Settings& s, int rate, int samples)
      : hop(8 * std::max(1, rounded(static_cast<double>(s.window) / s.rate * rate / kOverlap / 8))), window(kOverlap * hop),
        bins(window / 2 + 1), frames((samples + hop - 1) / hop + 1), samples(samples), rate(rate), dft_(window), in_(window),
        out_(window) {
    for (int n = 0; n < window; n++) hann_.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2 * kPi * n / window)));
  }

  const int hop, window, bins, frames, samples, rate;

  Spectrum forward(const Wave& wave) {
    Spectrum spectrum(static_cast<size_t>((frames + kLanes - 1) / kLanes) * bins);
    for (int t = 0; t < frames; t += kLanes) {
      for (int n = 0; n < window; n++) {
        in_[n] = {0.0f, 0.0f};
        for (int lane = 0; lane < kLanes; lane++) {
          const int at = (t + lane) * hop + n - window / 2;
          if (at >= 0 && at < samples && t + lane < frames) in_[n].re.v[lane] = wave[at] * hann_[n];
        }
      }
      dft_.run<-1>(in_.data(), out_.data());
      std::copy_n(out_.begin(), bins, &spectrum[static_cast<size_t>(t / kLanes) * bins]);
    }
    return spectrum;
  }

  Wave inverse(const Spectrum& spectrum) {
    Wave wave(samples), power(samples);
    for (int t = 0; t < frames; t += kLanes) {
      const Complex* const from = &spectrum[static_cast<size_t>(t / kLanes) * bins];
      std::copy_n(from, bins, in_.begin());
      in_[0].im = in_[bins - 1].im = 0.0f;
      for (int k = 1; k < bins - 1; k++) in_[window - k] = {from[k].re, -from[k].im};
      dft_.run<1>(in_.data(), out_.data());
      for (int lane = 0; lane < kLanes && t + lane < frames; lane++) {
        const int first = (t + lane) * hop - window / 2;
        for (int n = std::max(0, -first); n < std::min(window, samples - first); n++) {
          wave[first + n] += out_[n].re.v[lane] / window * hann_[n];
          power[first + n] += hann_[n] * hann_[n];
        }
      }
    }
    for (int i = 0; i < samples; i++) wave[i] /= std::max(power[i], 1e-6f);
    return wave;
  }

 private:
  Dft dft_;
  std::vector<Complex> in_, out_;
  Wave hann_;
};

Lanes size_of(const Complex& x) { return root(x.re * x.re + x.im * x.im); }

Complex times(const Complex& x, Lanes gain) { return {x.re * gain, x.im * gain}; }

struct Place {  // between two given positions
  int low;
  float share;
};

// The place of a position among rising ones; beyond them the nearest counts.
Place place_of(double wanted, const std::vector<double>& given) {
  const int count = static_cast<int>(given.size());
  const int low = std::clamp(static_cast<int>(std::upper_bound(given.begin(), given.end(), wanted) - given.begin()) - 1, 0, count - 2);
  const double share = (wanted - given[low]) / (given[low + 1] - given[low]);
  return {low, static_cast<float>(std::clamp(share, 0.0, 1.0))};
}

// Multiplies spectra by the change from one log-mel to another.
void scale(const Settings& s, const Grid& grid, const Wave& before, const Wave& after, std::vector<Spectrum>& spectra) {
  const auto mel_hz = [](double mel) { return mel < 15 ? mel * 200 / 3 : 1000 * std::exp((mel - 15) * std::log(6.4) / 27); };
  const double highest = s.rate / 2.0, top = highest < 1000 ? highest * 3 / 200 : 15 + 27 * std::log(highest / 1000) / std::log(6.4);
  std::vector<double> seconds, hz;
  for (int t = 0; t < s.frames(); t++) seconds.push_back(static_cast<double>(t) * s.hop / s.rate);
  for (int m = 0; m < s.mels; m++) hz.push_back(mel_hz(top * (m + 1) / (s.mels + 1)));
  std::vector<Place> columns;
  for (int k = 0; k < grid.bins; k++) columns.push_back(place_of(static_cast<double>(k) * grid.rate / grid.window, hz));
  Wave change(before.size());
  for (size_t at = 0; at < change.size(); at++) change[at] = std::clamp(after[at] - before[at], -kLargest, kLargest);
  Spectrum row(s.mels);
  for (int t = 0; t < grid.frames; t += kLanes) {
    for (int lane = 0; lane < kLanes; lane++) {
      const Place place = place_of(static_cast<double>(t + lane) * grid.hop / grid.rate, seconds);
      const float* const low = &change[static_cast<size_t>(place.low) * s.mels];
      for (int m = 0; m < s.mels; m++) row[m].re.v[lane] = (1 - place.share) * low[m] + place.share * low[m + s.mels];
    }
    for (int k = 0; k < grid.bins; k++) {
      const auto [low, share] = columns[k];
      const Lanes gain = exponential(row[low].re * (1 - share) + row[low + 1].re * share);
      for (Spectrum& one : spectra) {
        Complex& cell = one[static_cast<size_t>(t / kLanes) * grid.bins + k];
        cell = times(cell, gain);
      }
    }
  }
}

// The mean power of all channels over `size` samples around each.
Wave level(const Channels& waves, int size) {
  const int count = static_cast<int>(waves[0].size());
  Wave levels(count, 0.0f);
  std::vector<double> sums(count + 1);
  for (const Wave& wave : waves) {
    for (int i = 0; i < count; i++) sums[i + 1] = sums[i] + wave[i] * wave[i];
    for (int i = 0; i < count; i++) {
      const int low = std::max(i - size / 2, 0), high = std::min(i + size / 2 + 1, count);
      levels[i] += static_cast<float>((sums[high] - sums[low]) / (high - low)) / waves.size();
    }
  }
  for (float& power : levels) power += kLeastPower;
  return levels;
}

// The waves with what an edit adds to them: `changed` in anchor.py.
void add_change(Channels& waves, const Channels& made, const Grid& grid, float kept) {
  float ceiling = 1, peak = 1e-9f;
  Channels added = made, both = waves;
  for (size_t c = 0; c < waves.size(); c++) {
    ceiling = std::max(ceiling, peak_of(waves[c]));
    for (int i = 0; i < grid.samples; i++) {
      const double risen = std::sin(kPi / 2 * std::min(1.0, i / (kRiseSeconds * grid.rate)));
      added[c][i] = (made[c][i] - waves[c][i]) * static_cast<float>(risen * risen);
      both[c][i] += added[c][i];
    }
  }
  const int size = std::max(1, rounded(kEnvelopeSeconds * grid.rate)) | 1;
  const Wave of_made = level(made, grid.window), of_wave = level(waves, grid.window), of_both = level(both, size);
  const Wave of_added = level(added, size), near = level(waves, size);
  for (int i = 0; i < grid.samples; i++) {
    const float before = i < size / 3 ? kLeastPower : near[i - size / 3];
    const float most = (1 + std::sqrt(of_made[i] / of_wave[i])) * std::sqrt(before / of_added[i]);
    const float louder = std::clamp(2 * (of_both[i] / before - 1), 0.0f, 1.0f);
    const float bound = 1 - kept * louder * (1 - std::min(1.0f, most));
    for (size_t c = 0; c < waves.size(); c++) {
      waves[c][i] += added[c][i] * bound;
      peak = std::max(peak, std::abs(waves[c][i]));
    }
  }
  for (Wave& wave : waves) {
    for (float& x : wave) x *= std::min(1.0f, ceiling / peak);
  }
}

// The model's own sound at a rate, empty for latents too far out.
Wave model_wave(Player& player, int rate, const float* z, const float* mix, int64_t take) {
  const Settings& s = player.instrument.s;
  Wave made(s.samples);
  int length = player.render(z, mix, take, made.data());
  while (length > 0 && made[length - 1] == 0) length--;
  if (length <= 0 || rate == s.rate) return made.resize(std::max(length, 0)), made;
  Wave moved(static_cast<size_t>(std::lround(static_cast<double>(length) * rate / s.rate)));
  Resampler().run(made.data(), length, static_cast<double>(s.rate) / rate, moved.data(), static_cast<int>(moved.size()));
  return moved;
}

// Levels in dB between those of two spectra, in every cell: `between` in anchor.py. `first` becomes the start of phases.
std::vector<std::vector<Lanes>> mix_levels(std::vector<Spectrum>& first, const std::vector<Spectrum>& second, float t) {
  float floor = 1e-9f;
  for (const auto* spectra : {const_cast<const std::vector<Spectrum>*>(&first), &second}) {
    for (const Spectrum& one : *spectra) {
      for (const Complex& cell : one) {
        const Lanes size = size_of(cell);
        for (int lane = 0; lane < kLanes; lane++) floor = std::max(floor, size.v[lane]);
      }
    }
  }
  floor *= 1e-7f;
  std::vector<std::vector<Lanes>> sizes(first.size());
  for (size_t c = 0; c < first.size(); c++) {
    for (size_t at = 0; at < first[c].size(); at++) {
      Complex& a = first[c][at];
      const Complex& b = second[c][at];
      const Lanes low = logarithm(larger(size_of(a), floor)), high = logarithm(larger(size_of(b), floor));
      sizes[c].push_back(exponential(low * (1 - t) + high * t));
      a = times(a, 1 - t) + times(b, t);
    }
  }
  return sizes;
}

}  // namespace

int listen(Player& player, Sound& sound) {
  const Settings& s = player.instrument.s;
  const bool known = sound.channels >= 1 && sound.channels <= kMostChannels && sound.rate >= 1000 && sound.rate <= 768000 &&
                     std::all_of(sound.wave.begin(), sound.wave.end(), [](float x) { return std::isfinite(x); });
  if (!known) return DRUMJAX_SOUND;
  if (sound.count < kLeastSeconds * sound.rate) return DRUMJAX_SHORT;
  if (sound.count > (kMostSeconds + 1) * sound.rate) return DRUMJAX_LONG;
  Wave fitted;
  int length = 0;
  if (const int error = fit(s, sound, fitted, length)) return error;
  const Wave mel = mel_of(player, fitted);
  const float* const mix = sound.mix.data();
  if (!find_latents(player, fitted, mel, mix, sound.z) || !player.decode(sound.z.data(), mix)) return DRUMJAX_NUMBER;
  const Wave heard = log_of(mel, s.log_offset), held = log_of(player.mel, s.log_offset);
  const size_t cells = static_cast<size_t>(std::max(1, (length + s.hop - 1) / s.hop)) * s.mels;
  double error = 0;
  for (size_t at = 0; at < cells; at++) error += std::abs(heard[at] - held[at]);
  sound.error_db = static_cast<float>(20 / std::log(10) * error / cells);
  return 0;
}

int edit(Player& player, const Sound& sound, const float* z, const float* mix, int64_t take, float* out) {
  const Instrument& i = player.instrument;
  const Settings& s = i.s;
  std::copy(sound.wave.begin(), sound.wave.end(), out);
  if (std::equal(sound.z.begin(), sound.z.end(), z) && std::equal(sound.mix.begin(), sound.mix.end(), mix)) return sound.count;
  if (!player.decode(sound.z.data(), sound.mix.data())) return DRUMJAX_NUMBER;
  const Wave before = log_of(player.mel, s.log_offset);
  if (!player.decode(z, mix)) return DRUMJAX_NUMBER;
  const Wave after = log_of(player.mel, s.log_offset);

  double apart = 0, reach = 0;
  for (int l = 0; l < s.latent; l++) apart += std::pow(static_cast<double>(z[l]) - sound.z[l], 2);
  for (size_t c = 0; c < i.classes.size(); c++) reach += mix[c] * (i.reach.empty() ? std::sqrt(static_cast<double>(s.latent)) : i.reach[c]);
  const double cosine = std::cos(kPi / 2 * std::clamp((std::sqrt(apart) / reach - kNear) / (kFar - kNear), 0.0, 1.0));
  const float kept = static_cast<float>(cosine * cosine);  // the share of the sound's own fine structure
  const Wave model = kept == 1 ? Wave() : model_wave(player, sound.rate, z, mix, take);

  int samples = std::max(sound.count - sound.start, static_cast<int>(model.size()));
  samples = std::min(samples, sound.most(s) - sound.start);
  Channels waves(sound.channels, Wave(samples));
  std::vector<Spectrum> spectra, models;
  Grid grid(s, sound.rate, samples);
  for (int c = 0; c < sound.channels; c++) {
    for (int at = 0; at < sound.count - sound.start; at++) {
      waves[c][at] = sound.wave[static_cast<size_t>(at + sound.start) * sound.channels + c] - sound.offset[c];
    }
    spectra.push_back(grid.forward(waves[c]));
    if (kept == 1) continue;
    Wave own(samples);
    const float peak = peak_of(waves[c]);
    for (size_t at = 0; at < std::min<size_t>(model.size(), samples); at++) own[at] = model[at] * peak;
    models.push_back(grid.forward(own));
  }
  scale(s, grid, before, after, spectra);
  std::vector<std::vector<Lanes>> sizes(sound.channels);
  if (kept < 1) sizes = mix_levels(spectra, models, 1 - kept);
  Channels made;
  for (int c = 0; c < sound.channels; c++) {
    Spectrum& spectrum = spectra[c];
    for (size_t at = 0; at < spectrum.size() && kept == 1; at++) sizes[c].push_back(size_of(spectrum[at]));
    for (int step = 0; step <= kSteps; step++) {
      for (size_t at = 0; at < spectrum.size(); at++) {
        spectrum[at] = times(spectrum[at], sizes[c][at] / larger(size_of(spectrum[at]), kLeastPower));
      }
      if (step == kSteps) made.push_back(grid.inverse(spectrum));
      else spectrum = grid.forward(grid.inverse(spectrum));
    }
  }
  add_change(waves, made, grid, kept);
  for (int c = 0; c < sound.channels; c++) {
    for (int at = 0; at < samples; at++) {
      out[static_cast<size_t>(at + sound.start) * sound.channels + c] = waves[c][at] + sound.offset[c];
    }
  }
  return sound.start + samples;
}

}  // namespace drumjax::engine
