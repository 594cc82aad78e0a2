#include "own.hpp"

#include <complex>
#include <numeric>
#include <utility>

#include "drumjax.h"
#include "resample.hpp"

namespace drumjax::engine {
namespace {

using Wave = std::vector<float>;                     // (samples), or (channels, samples)
using Spectrum = std::vector<std::complex<float>>;  // (channels, frames, bins)

constexpr float kSilentPeak = 3e-4f, kEnd = 1e-3f, kOnset = 1e-2f;  // -70 dB; -60 and -40 dB of the peak
constexpr double kRestSeconds = 0.005, kLeadSeconds = 0.002, kFadeSeconds = 0.1, kShortFadeSeconds = 0.005;
constexpr double kLeastSeconds = 0.01, kMostSeconds = 30;
constexpr int kSteps = 4, kOverlap = 4;
constexpr float kRate = 0.1f, kConvergence = 0.025f, kActive = 0.2f, kPrior = 0.002f;  // of gradient descent
constexpr float kLargest = 6.0f, kLeastPower = 1e-12f;
constexpr double kRiseSeconds = 0.001, kEnvelopeSeconds = 0.004, kNear = 0.25, kFar = 1.0;
constexpr float kTake = 0.1f;  // amount of variation between a sound and its takes
constexpr double kShortSeconds = 0.012, kLongSeconds = 0.046;  // of windows in which noise is exchanged, and limited
constexpr int kLag = 4;  // frames: the distance at which windows share no samples

int rounded(double x) { return static_cast<int>(std::nearbyint(x)); }

using engine::peak_of;
float peak_of(const Wave& wave) { return peak_of(wave.data(), wave.size()); }

double energy_of(const float* wave, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += static_cast<double>(wave[i]) * wave[i];
  return sum;
}

// Samples up to the last one above a level.
int end_of(const Wave& wave, float level) {
  size_t end = wave.size();
  while (end > 0 && !(std::abs(wave[end - 1]) > level)) end--;
  return static_cast<int>(end);
}

void fade_out(Wave& wave, size_t count) {
  for (size_t i = 0; i < count; i++) wave[wave.size() - count + i] *= 1 - static_cast<float>(i + 1) / count;
}

Wave resampled(const Wave& wave, int from, int to) {
  Wave moved(static_cast<size_t>(std::lround(static_cast<double>(wave.size()) * to / from)));
  const double step = static_cast<double>(from) / to;
  Resampler().run(wave.data(), static_cast<int>(wave.size()), step, moved.data(), static_cast<int>(moved.size()));
  return moved;
}

// The DC offset, read off a tail that is constant.
float offset_of(const Wave& wave, int rate) {
  const auto range = [&](size_t from) {
    const auto [low, high] = std::minmax_element(wave.begin() + from, wave.end());
    return *high - *low;
  };
  const size_t rest = std::min<size_t>(wave.size(), std::max(1, static_cast<int>(kRestSeconds * rate)));
  if (!rest || range(wave.size() - rest) > 2e-3f * range(0)) return 0;
  return static_cast<float>(std::accumulate(wave.end() - rest, wave.end(), 0.0) / rest);
}

// Takes the offset away; returns the first sample of the sound, -1 for silence.
int find_start(Wave& wave, int rate) {
  const float offset = offset_of(wave, rate);
  for (float& x : wave) x -= offset;
  const float peak = peak_of(wave);
  if (peak < kSilentPeak) return -1;
  const auto first = [&](float share) {
    const auto louder = [&](float x) { return std::abs(x) > share * peak; };
    return static_cast<int>(std::find_if(wave.begin(), wave.end(), louder) - wave.begin());
  };
  return std::max(first(kEnd), first(kOnset) - static_cast<int>(kLeadSeconds * rate));
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
  std::vector<double> level, medians;
  const double peak = peak_of(wave);
  for (size_t t = 0; t < count; t++) {
    level.push_back(10 * std::log10(energy_of(&wave[t * frame], frame) / frame / (peak * peak) + 1e-12));
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
  const size_t fade = std::min<size_t>(static_cast<size_t>(kNoiseFadeSeconds * rate), wave.size() - end * frame);
  wave.resize(end * frame + fade);
  fade_out(wave, fade);
}

// The mean of the channels, or the loudest where they cancel. Sets their offsets.
Wave mix_down(Sound& sound) {
  Wave mixed(sound.count), loudest;
  double most = -1, total = 0;
  for (int c = 0; c < sound.channels; c++) {
    Wave channel = sound.channel(c);
    sound.offset.push_back(offset_of(channel, sound.rate));
    for (int i = 0; i < sound.count; i++) mixed[i] += channel[i];
    const double energy = energy_of(channel.data(), channel.size());
    total += energy;
    if (energy > most) most = energy, loudest = std::move(channel);
  }
  for (float& x : mixed) x /= sound.channels;
  return energy_of(mixed.data(), mixed.size()) < 0.1 * total / sound.channels ? loudest : mixed;
}

// The sound as the model knows sounds: mono, at its rate and length, from the onset, at a peak of 1. Sets its start and
// `length`, its samples up to the end. Returns 0 or an error.
int fit(const Settings& s, Sound& sound, Wave& wave, int& length) {
  wave = mix_down(sound);
  sound.start = find_start(wave, sound.rate);  // without its offset, before a resampler's ringing hides that
  if (sound.start < 0) return DRUMJAX_SILENT;
  wave = resampled(wave, sound.rate, s.rate);
  const int first = find_start(wave, s.rate);
  if (first < 0) return DRUMJAX_SILENT;
  wave.resize(end_of(wave, kEnd * peak_of(wave)));
  wave.erase(wave.begin(), wave.begin() + first);
  cut_noise(wave, s.rate);
  if (wave.size() < kLeastSeconds * s.rate) return DRUMJAX_SHORT;
  if (wave.size() > kMostSeconds * s.rate + 2) return DRUMJAX_LONG;
  length = std::min(static_cast<int>(wave.size()), s.samples);
  const int excess = static_cast<int>(wave.size()) - length;
  wave.resize(s.samples);
  if (excess > 0) {
    const int most = std::max(static_cast<int>(kShortFadeSeconds * s.rate), excess);
    fade_out(wave, std::min({length / 2, static_cast<int>(kFadeSeconds * s.rate), most}));
  }
  const float peak = peak_of(wave);
  for (float& x : wave) x /= peak;
  return 0;
}

Wave mel_of(Player& player, const Wave& wave) {
  const Settings& s = player.instrument.s;
  Wave mel(player.mel.size());
  const size_t half = s.window / 2;
  for (size_t n = 0; n < player.stft.samples(s); n++) {
    player.stft.at(s, n) = n >= half && n - half < wave.size() ? wave[n - half] : 0.0f;
  }
  player.find_mel(mel.data());
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
  const int length = end_of(wave, kEnd);
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
  return finite(z.data(), latent);
}

// The STFT of waves of one length at their own rate: `Grid`, `stft` and `istft` in anchor.py.
class Grid {
 public:
  Grid(int rate, double seconds, int samples)
      : hop(8 * std::max(1, rounded(seconds * rate / kOverlap / 8))), window(kOverlap * hop), bins(window / 2 + 1),
        frames((samples + hop - 1) / hop + 1), samples(samples), rate(rate), fourier_(window), frame_(window),
        hann_(hann_window(window)), padded_(static_cast<size_t>(frames + kLanes) * hop + window),
        power_(padded_.size()) {
    for (int t = 0; t < frames; t++) {
      for (int n = 0; n < window; n++) power_[static_cast<size_t>(t) * hop + n] += hann_[n] * hann_[n];
    }
  }

  const int hop, window, bins, frames, samples, rate;

  Spectrum forward(const Wave& waves) {
    const size_t channels = waves.size() / samples;
    Spectrum spectrum(channels * frames * bins);
    for (size_t c = 0; c < channels; c++) {
      std::fill(padded_.begin(), padded_.end(), 0.0f);
      std::copy_n(&waves[c * samples], samples, &padded_[window / 2]);
      for (int t = 0; t < frames; t += kLanes) {
        for (int n = 0; n < window; n++) {
          const float* const from = &padded_[static_cast<size_t>(t) * hop + n];
          for (int lane = 0; lane < kLanes; lane++) frame_[n].re.v[lane] = from[lane * hop] * hann_[n];
          frame_[n].im = 0.0f;
        }
        fourier_.forward(frame_.data());
        std::complex<float>* const to = &spectrum[(c * frames + t) * bins];
        for (int k = 0; k < bins; k++) {
          const Complex& cell = frame_[fourier_.place[k]];
          for (int lane = 0; lane < std::min(kLanes, frames - t); lane++) {
            to[static_cast<size_t>(lane) * bins + k] = {cell.re.v[lane], cell.im.v[lane]};
          }
        }
      }
    }
    return spectrum;
  }

  Wave inverse(const Spectrum& spectrum) {
    const size_t channels = spectrum.size() / bins / frames;
    Wave waves(channels * samples);
    for (size_t c = 0; c < channels; c++) {
      std::fill(padded_.begin(), padded_.end(), 0.0f);
      for (int t = 0; t < frames; t += kLanes) {
        const std::complex<float>* const from = &spectrum[(c * frames + t) * bins];
        for (int k = 0; k < bins; k++) {
          Complex cell{0.0f, 0.0f};
          for (int lane = 0; lane < std::min(kLanes, frames - t); lane++) {
            const std::complex<float> x = from[static_cast<size_t>(lane) * bins + k];
            cell.re.v[lane] = x.real(), cell.im.v[lane] = k % (window / 2) ? x.imag() : 0;
          }
          frame_[fourier_.place[k]] = cell;
          frame_[fourier_.place[(window - k) % window]] = {cell.re, -cell.im};
        }
        fourier_.inverse(frame_.data());
        for (int n = 0; n < window; n++) {
          const Lanes part = frame_[n].re * (hann_[n] / window);
          float* const to = &padded_[static_cast<size_t>(t) * hop + n];
          for (int lane = 0; lane < kLanes; lane++) to[lane * hop] += part.v[lane];
        }
      }
      for (int i = 0; i < samples; i++) {
        waves[c * samples + i] = padded_[i + window / 2] / std::max(power_[i + window / 2], 1e-6f);
      }
    }
    return waves;
  }

 private:
  Fourier fourier_;
  std::vector<Complex> frame_;
  Wave hann_, padded_, power_;  // the signal with half a window before it; the sum of squared windows
};

float magnitude_of(std::complex<float> x) { return std::sqrt(x.real() * x.real() + x.imag() * x.imag()); }

Wave magnitudes_of(const Spectrum& spectrum) {
  Wave out(spectrum.size());
  std::transform(spectrum.begin(), spectrum.end(), out.begin(), magnitude_of);
  return out;
}

// The place of a position among rising ones, the lower one and the share of the next; beyond them the nearest counts.
std::pair<int, float> place_of(double wanted, const std::vector<double>& given) {
  const auto above = std::upper_bound(given.begin() + 1, given.end() - 1, wanted);
  const double share = (wanted - above[-1]) / (above[0] - above[-1]);
  return {static_cast<int>(above - given.begin()) - 1, static_cast<float>(std::clamp(share, 0.0, 1.0))};
}

// Multiplies a spectrum by a change of the log-mel.
void scale(const Settings& s, const Grid& grid, const Wave& change, Spectrum& spectrum) {
  const double slope = std::log(6.4) / 27, highest = s.rate / 2.0;  // of Slaney's mels, linear below 1 kHz
  const double top = highest < 1000 ? highest * 3 / 200 : 15 + std::log(highest / 1000) / slope;
  const auto mel_hz = [&](double mel) { return mel < 15 ? mel * 200 / 3 : 1000 * std::exp((mel - 15) * slope); };
  std::vector<double> seconds, hz;
  for (int t = 0; t < s.frames(); t++) seconds.push_back(static_cast<double>(t) * s.hop / s.rate);
  for (int m = 0; m < s.mels; m++) hz.push_back(mel_hz(top * (m + 1) / (s.mels + 1)));
  std::vector<std::pair<int, float>> columns;
  for (int k = 0; k < grid.bins; k++) columns.push_back(place_of(static_cast<double>(k) * grid.rate / grid.window, hz));
  Wave row(s.mels), gain(grid.bins);
  for (int t = 0; t < grid.frames; t++) {
    const auto [before, part] = place_of(static_cast<double>(t) * grid.hop / grid.rate, seconds);
    const float* const from = &change[static_cast<size_t>(before) * s.mels];
    for (int m = 0; m < s.mels; m++) row[m] = (1 - part) * from[m] + part * from[m + s.mels];
    for (int k = 0; k < grid.bins; k++) {
      const auto [low, share] = columns[k];
      gain[k] = row[low] * (1 - share) + row[low + 1] * share;
    }
    transform(gain.data(), gain.size(), exponential);
    for (size_t row = t; row * grid.bins < spectrum.size(); row += grid.frames) {
      for (int k = 0; k < grid.bins; k++) spectrum[row * grid.bins + k] *= gain[k];
    }
  }
}

// Means over `size` neighbours on an axis of `count` numbers that lie `step` apart, at its ends over fewer.
void smooth(Wave& x, size_t count, size_t step, size_t size) {
  std::vector<double> sums(count + 1);
  for (size_t line = 0; line < x.size() / count; line++) {
    float* const first = &x[line / step * count * step + line % step];
    for (size_t i = 0; i < count; i++) sums[i + 1] = sums[i] + first[i * step];
    for (size_t i = 0; i < count; i++) {
      const size_t low = i - std::min(i, size / 2), high = std::min(i + size / 2 + 1, count);
      first[i * step] = static_cast<float>((sums[high] - sums[low]) / (high - low));
    }
  }
}

// The mean power of all channels over `size` samples around each.
Wave level(const Wave& waves, int samples, int size) {
  Wave power = waves, levels(samples, kLeastPower);
  for (float& x : power) x *= x;
  smooth(power, samples, 1, size);
  for (size_t at = 0; at < power.size(); at++) levels[at % samples] += power[at] / (waves.size() / samples);
  return levels;
}

int envelope_size(int rate) { return std::max(1, rounded(kEnvelopeSeconds * rate)) | 1; }

float risen(size_t i, int rate) { return squared_sine(i / (kRiseSeconds * rate)); }

void turn_down(Wave& waves, float ceiling) {
  const float gain = std::min(1.0f, ceiling / std::max(peak_of(waves), 1e-9f));
  for (float& x : waves) x *= gain;
}

// Adds to the waves what an edit makes of them: `changed` in anchor.py.
void add_change(Wave& waves, const Wave& made, const Grid& grid, float kept) {
  const float ceiling = std::max(1.0f, peak_of(waves));
  const int samples = grid.samples, size = envelope_size(grid.rate);
  Wave added = made, both = waves;
  for (size_t at = 0; at < waves.size(); at++) {
    added[at] = (made[at] - waves[at]) * risen(at % samples, grid.rate);
    both[at] += added[at];
  }
  const Wave of_made = level(made, samples, grid.window), of_wave = level(waves, samples, grid.window);
  const Wave near = level(waves, samples, size), of_both = level(both, samples, size);
  const Wave of_added = level(added, samples, size);
  for (size_t at = 0; at < waves.size(); at++) {
    const int i = static_cast<int>(at % samples);
    const float before = i < size / 3 ? kLeastPower : near[i - size / 3];
    const float most = (1 + std::sqrt(of_made[i] / of_wave[i])) * std::sqrt(before / of_added[i]);
    const float louder = std::clamp(2 * (of_both[i] / before - 1), 0.0f, 1.0f);
    waves[at] += added[at] * (1 - kept * louder * (1 - std::min(1.0f, most)));
  }
  turn_down(waves, ceiling);
}

// The model's own sound at a rate, empty for latents too far out.
Wave model_wave(Player& player, int rate, const float* z, const float* mix, int64_t take) {
  Wave made(player.instrument.s.samples);
  player.render(z, mix, take, made.data());
  made.resize(end_of(made, 0));
  return resampled(made, player.instrument.s.rate, rate);
}

// Levels in dB between those of two spectra in every cell: `between` in anchor.py. `first` becomes the start of phases.
Wave mix_levels(Spectrum& first, const Spectrum& second, float t) {
  Wave a = magnitudes_of(first), b = magnitudes_of(second);
  const float floor = 1e-7f * std::max({peak_of(a), peak_of(b), 1e-9f});
  const auto log_size = [&](Lanes x) { return logarithm(larger(x, floor)); };
  for (Wave* sizes : {&a, &b}) transform(sizes->data(), sizes->size(), log_size);
  for (size_t at = 0; at < a.size(); at++) {
    a[at] = a[at] * (1 - t) + b[at] * t;
    first[at] = first[at] * (1 - t) + second[at] * t;
  }
  transform(a.data(), a.size(), exponential);
  return a;
}

// A sound of the user's moved to latents, from its start on; empty for latents too far out: `_moved` in own.py.
Wave moved(Player& player, const Sound& sound, const float* z, const float* mix, int64_t take) {
  const Instrument& i = player.instrument;
  const Settings& s = i.s;
  if (!player.decode(sound.z.data(), sound.mix.data())) return {};
  const Wave before = log_of(player.mel, s.log_offset);
  if (!player.decode(z, mix)) return {};
  Wave change = log_of(player.mel, s.log_offset);
  for (size_t at = 0; at < change.size(); at++) change[at] = std::clamp(change[at] - before[at], -kLargest, kLargest);

  double apart = 0, reach = i.reach.empty() ? std::sqrt(s.latent) : 0;
  for (int l = 0; l < s.latent; l++) apart += std::pow(static_cast<double>(z[l]) - sound.z[l], 2);
  for (size_t c = 0; c < i.reach.size(); c++) reach += mix[c] * i.reach[c];
  // The share of the sound's own fine structure.
  const float kept = 1 - squared_sine((std::sqrt(apart) / reach - kNear) / (kFar - kNear));
  const Wave model = kept == 1 ? Wave() : model_wave(player, sound.rate, z, mix, take);

  const int longer = std::max(sound.count - sound.start, static_cast<int>(model.size()));
  const int samples = std::min(longer, sound.most(s) - sound.start);
  Wave waves(static_cast<size_t>(sound.channels) * samples), models(waves.size());
  for (int c = 0; c < sound.channels; c++) {
    const Wave own = sound.channel(c, sound.start);
    const size_t first = static_cast<size_t>(c) * samples, made = std::min<size_t>(model.size(), samples);
    std::transform(own.begin(), own.end(), &waves[first], [&](float x) { return x - sound.offset[c]; });
    const float peak = peak_of(&waves[first], samples);
    for (size_t at = 0; at < made; at++) models[first + at] = model[at] * peak;
  }
  Grid grid(sound.rate, static_cast<double>(s.window) / s.rate, samples);
  Spectrum spectrum = grid.forward(waves);
  scale(s, grid, change, spectrum);
  const Wave wanted = kept == 1 ? magnitudes_of(spectrum) : mix_levels(spectrum, grid.forward(models), 1 - kept);
  Wave made;
  for (int step = 0; step <= kSteps; step++) {
    if (step) spectrum = grid.forward(made);
    for (size_t at = 0; at < wanted.size(); at++) {
      spectrum[at] *= wanted[at] / std::max(magnitude_of(spectrum[at]), kLeastPower);
    }
    made = grid.inverse(spectrum);
  }
  add_change(waves, made, grid, kept);
  return waves;
}

void smooth_cells(Wave& x, const Grid& grid, size_t frames, size_t bins) {
  smooth(x, grid.frames, grid.bins, frames);
  smooth(x, grid.bins, 1, bins);
}

// The mean square around each cell of the second difference of its level over time: `_roughness` in noise.py.
Wave roughness_of(const Grid& grid, const Spectrum& spectrum) {
  const size_t bins = grid.bins, cells = grid.frames * bins;
  Wave power(cells), rough(cells);
  for (size_t at = 0; at < spectrum.size(); at++) power[at % cells] += std::pow(magnitude_of(spectrum[at]), 2.0f);
  const float least = 1e-9f * peak_of(power) + 1e-20f;
  for (float& x : power) x += least;
  Wave logs = power;
  transform(logs.data(), cells, [](Lanes x) { return logarithm(x) * 0.5f; });
  for (size_t at = 0; at < cells; at++) {
    // The windows of the first two frames reach into the silence before the sound.
    const int t = std::clamp(static_cast<int>(at / bins), kLag + 2, grid.frames - 1 - kLag);
    const float* const middle = &logs[t * bins + at % bins];
    const float change = middle[-kLag * grid.bins] - 2 * middle[0] + middle[kLag * grid.bins];
    rough[at] = change * change * power[at];
  }
  for (Wave* values : {&rough, &power}) smooth_cells(*values, grid, 9, 9);
  for (size_t at = 0; at < cells; at++) rough[at] /= power[at];
  return rough;
}

Wave noise_of(uint64_t seed, size_t count) {
  Wave noise(count);
  Numbers(seed, kNoise).normal(count, [&](size_t i, double x) { noise[i] = static_cast<float>(x); });
  return noise;
}

float roughness_of_noise(int channels) {
  Grid grid(44100, kShortSeconds, 1 << 16);
  const Wave rough = roughness_of(grid, grid.forward(noise_of(0, static_cast<size_t>(channels) << 16)));
  const auto edge = 8 * grid.bins;
  return static_cast<float>(std::accumulate(rough.begin() + edge, rough.end() - edge, 0.0) / (rough.size() - 2 * edge));
}

// What is added to a sound, without what lies where the sound has nothing: `_within` in noise.py.
Wave within(const Wave& added, const Wave& waves, int rate, int samples) {
  Grid grid(rate, kLongSeconds, samples);
  Spectrum spectrum = grid.forward(added);
  Wave power = magnitudes_of(grid.forward(waves));
  for (float& x : power) x *= x;
  smooth_cells(power, grid, 3, 5);
  for (size_t at = 0; at < power.size(); at++) {
    const float hz = static_cast<float>(at % grid.bins) * rate / grid.window;
    const float most = (0.3f + 1.2f * std::clamp((hz - 300) / 300, 0.0f, 1.0f)) * std::sqrt(power[at]);
    spectrum[at] *= std::min(1.0f, most / std::max(magnitude_of(spectrum[at]), kLeastPower));
  }
  return grid.inverse(spectrum);
}

// Exchanges the noise in waves for that of a seed: `exchange` in noise.py. `rough`: of white noise.
void exchange(Wave& waves, int rate, int samples, float rough, uint64_t seed) {
  Grid grid(rate, kShortSeconds, samples);
  Spectrum spectrum = grid.forward(waves);
  const Spectrum white = grid.forward(noise_of(seed, waves.size()));
  Wave levels = magnitudes_of(spectrum), share(static_cast<size_t>(grid.frames) * grid.bins);
  if (grid.frames >= 2 * kLag + 3) share = roughness_of(grid, spectrum);
  transform(levels.data(), levels.size(), [](Lanes x) { return logarithm(x + 1e-10f); });
  smooth_cells(levels, grid, 3, 5);
  transform(levels.data(), levels.size(), exponential);
  // The mean logarithm of noise is half of Euler's constant lower; a Hann window has 3 / 8 of the power.
  const float gain = static_cast<float>(std::exp(0.5772156649 / 2) / std::sqrt(0.375 * grid.window));
  for (size_t at = 0; at < spectrum.size(); at++) {
    const float exchanged = std::clamp(share[at % share.size()] / rough, 0.0f, 1.0f);
    spectrum[at] = spectrum[at] * std::sqrt(1 - exchanged) + white[at] * (std::sqrt(exchanged) * levels[at] * gain);
  }
  Wave made = grid.inverse(spectrum);
  for (size_t at = 0; at < made.size(); at++) made[at] -= waves[at];
  made = within(made, waves, rate, samples);
  for (size_t at = 0; at < made.size(); at++) made[at] += waves[at];
  const Wave before = level(waves, samples, envelope_size(rate)), after = level(made, samples, envelope_size(rate));
  for (size_t at = 0; at < made.size(); at++) {
    const size_t i = at % samples;
    made[at] *= std::sqrt(std::clamp(before[i] / after[i], 1 / 16.0f, 16.0f));
    waves[at] += (made[at] - waves[at]) * risen(i, rate);
  }
}

// The sound with other samples from its start on in `out`: the number of samples of each channel, or an error.
int replace(const Sound& sound, const Wave& waves, float* out) {
  if (waves.empty()) return DRUMJAX_NUMBER;
  const size_t samples = waves.size() / sound.channels;
  std::copy(sound.wave.begin(), sound.wave.end(), out);
  for (size_t at = 0; at < waves.size(); at++) {
    const size_t c = at / samples;
    out[(at % samples + sound.start) * sound.channels + c] = waves[at] + sound.offset[c];
  }
  return sound.start + static_cast<int>(samples);
}

}  // namespace

int listen(Player& player, Sound& sound) {
  const Settings& s = player.instrument.s;
  const bool known = sound.channels <= kMostChannels && sound.rate >= 1000 && sound.rate <= 768000;
  if (!known || !finite(sound.wave.data(), sound.wave.size())) return DRUMJAX_SOUND;
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
  const bool still = std::equal(sound.z.begin(), sound.z.end(), z);
  if (!still || !std::equal(sound.mix.begin(), sound.mix.end(), mix)) {
    return replace(sound, moved(player, sound, z, mix, take), out);
  }
  std::copy(sound.wave.begin(), sound.wave.end(), out);
  return sound.count;
}

int take(Player& player, const Sound& sound, float* z, uint64_t seed, float* out) {
  const float* const mix = sound.mix.data();
  vary(player.instrument, mix, kTake, seed, z);
  const Wave longer = moved(player, sound, z, mix, DRUMJAX_SMOOTH);
  if (longer.empty()) return DRUMJAX_NUMBER;
  const int samples = sound.count - sound.start;  // the model's own sound may last longer
  float ceiling = 1;
  Wave waves;
  for (int c = 0; c < sound.channels; c++) {
    const auto first = longer.begin() + c * (longer.size() / sound.channels);
    waves.insert(waves.end(), first, first + samples);
    for (float x : sound.channel(c, sound.start)) ceiling = std::max(ceiling, std::abs(x - sound.offset[c]));
  }
  float& rough = player.roughness[sound.channels];
  if (rough == 0) rough = roughness_of_noise(sound.channels);
  exchange(waves, sound.rate, samples, rough, seed);
  turn_down(waves, ceiling);
  return replace(sound, waves, out);
}

}  // namespace drumjax::engine
