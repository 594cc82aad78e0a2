#include "player.hpp"

#include <algorithm>

namespace drumjax::engine {
namespace {

constexpr double kAngles[] = {kPi / 6, kPi / 4};  // of two parents in a draw
constexpr float kResidueStep = 3.0f / 7.0f;         // nepers
constexpr int kResidueZero = 7;
constexpr double kChance = 0.25;
constexpr float kLoudDb = 6.0f, kQuietDb = 18.0f;
constexpr double kRiseMs = 0.5;
constexpr float kAudible = 1e-3f;             // -60 dB of the peak
constexpr float kSilence = 1.584893192e-8f;   // -78 dB of the loudest frame, in power
constexpr float kQuietest = 1e-4f;            // waves of a higher peak get a peak of 1

}  // namespace

bool normalised(const Instrument& instrument, const float* mix, float* out) {
  float sum = 0;
  for (size_t c = 0; c < instrument.classes.size(); c++) {
    if (!(mix[c] >= 0)) return false;
    sum += mix[c];
  }
  if (!(sum > 0) || !std::isfinite(sum)) return false;
  for (size_t c = 0; c < instrument.classes.size(); c++) out[c] = mix[c] / sum;
  return true;
}

void place(const Instrument& instrument, const float* knobs, const float* mix, const float* base, float* z) {
  const size_t latent = instrument.s.latent;
  for (size_t l = 0; l < latent; l++) {
    double sum = base ? base[l] : 0;
    for (size_t c = 0; c < instrument.classes.size(); c++) {
      const size_t kind = instrument.kind(static_cast<int>(c));
      if (!base) sum += static_cast<double>(mix[c]) * instrument.knob_centre[kind * latent + l];
      for (int p = 0; p < kKnobs; p++) {
        sum += static_cast<double>(knobs[p]) * mix[c] * instrument.knob_basis[(kind * kKnobs + p) * latent + l];
      }
    }
    z[l] = static_cast<float>(sum);
  }
}

void read_knobs(const Instrument& instrument, const float* z, const float* mix, float* knobs) {
  const size_t latent = instrument.s.latent;
  const int classes = static_cast<int>(instrument.classes.size());
  std::fill(knobs, knobs + kKnobs, 0.0f);
  for (size_t l = 0; l < latent; l++) {
    float moved = z[l];
    for (int c = 0; c < classes; c++) moved -= mix[c] * instrument.knob_centre[instrument.kind(c) * latent + l];
    for (int at = 0; at < classes * kKnobs; at++) {
      const int c = at / kKnobs, p = at % kKnobs;
      knobs[p] += moved * mix[c] * instrument.knob_dual[(instrument.kind(c) * kKnobs + p) * latent + l];
    }
  }
}

void draw(const Instrument& instrument, const float* mix, Numbers& numbers, float* z) {
  const size_t latent = instrument.s.latent, count = instrument.classes.size();
  if (instrument.means.empty()) {
    return numbers.normal(latent, [&](size_t l, double x) { z[l] = static_cast<float>(instrument.s.deviation * x); });
  }
  size_t label = std::max_element(mix, mix + count) - mix;
  if (mix[label] != 1) label = numbers.choose(static_cast<int>(count), [&](int c) { return mix[c]; });
  const uint16_t* const means = &instrument.means[label * latent];
  if (instrument.codes.empty()) {
    double spread[4096];
    std::fill(spread, spread + latent, 0.0);
    numbers.normal(latent, [&](size_t n, double x) {
      const uint16_t* const factors = &instrument.factors[label * latent * latent + n];
      for (size_t l = 0; l < latent; l++) spread[l] += widened(factors[l * latent]) * x;
    });
    for (size_t l = 0; l < latent; l++) z[l] = static_cast<float>(widened(means[l]) + spread[l]);
    return;
  }
  const int codes = static_cast<int>(instrument.labels.size()), partners = instrument.partners_each;
  const auto weight = [&](int i) { return instrument.labels[i] == label ? instrument.weights[i] : 0.0f; };
  const int first = numbers.choose(codes, weight);
  int second;
  if (partners) {
    second = instrument.partners[first * partners + static_cast<int>(partners * numbers.uniform())];
  } else {
    const auto other = [&](int i) { return i == first ? 0.0f : weight(i); };
    bool alone = true;
    for (int i = 0; i < codes && alone; i++) alone = !(other(i) > 0);
    second = alone ? numbers.choose(codes, weight) : numbers.choose(codes, other);
  }
  const double angle = kAngles[0] + (kAngles[1] - kAngles[0]) * numbers.uniform();
  const double shares[] = {std::cos(angle), std::sin(angle)};
  for (size_t l = 0; l < latent; l++) {
    const float mean = widened(means[l]);
    const float one = widened(instrument.codes[first * latent + l]) - mean;
    const float two = widened(instrument.codes[second * latent + l]) - mean;
    z[l] = static_cast<float>(mean + shares[0] * one + shares[1] * two);
  }
}

void vary(const Instrument& instrument, const float* mix, float amount, uint64_t seed, float* z) {
  float drawn[4096], centre[4096];
  const float none[kKnobs] = {};
  Numbers numbers(seed, kDraws);
  draw(instrument, mix, numbers, drawn);
  place(instrument, none, mix, nullptr, centre);
  const float kept = static_cast<float>(std::sqrt(1 - static_cast<double>(amount) * amount));
  for (int l = 0; l < instrument.s.latent; l++) {
    z[l] = centre[l] + kept * (z[l] - centre[l]) + amount * (drawn[l] - centre[l]);
  }
}

Player::Player(const Instrument& of)
    : mix(of.classes.size()), latents(of.s.latent), instrument(of), cwae(of), stft(of.s, of.s.frames()), s_(of.s),
      fourier_(s_.packed()) {
  const size_t cells = static_cast<size_t>(s_.frames()) * s_.mels, stride = s_.stride();
  const size_t groups = Settings::padded(s_.frames()) / kLanes, bins = s_.bins();
  for (auto* buffer : {&mel, &textured, &noise_}) buffer->resize(cells);
  for (auto* buffer : {&chance_, &distance_}) buffer->resize(of.hits());
  amount_.resize(s_.cells());
  for (auto* buffer : {&share_, &power_, &local_}) buffer->resize(s_.mels);
  for (auto* buffer : {&mel_rows_, &mels_of_estimate_}) buffer->resize(s_.mels * stride);
  level_.resize(stride);
  for (auto* buffer : {&magnitude, &position_, &running_, &target_rows_}) buffer->resize(bins * stride);
  log_.resize(kLanes + bins * stride);  // vectors begin a frame before the first row
  turns.resize(static_cast<size_t>(s_.packed()) * stride);
  for (auto* buffer : {&blocks_, &last_blocks_}) buffer->resize(s_.hop * stride);
  target_.resize(groups * s_.packed());
  previous_.resize(groups * s_.packed());
  frame_.resize(s_.packed());
}

int Player::render(const float* z, const float* mix, int64_t take, float* wave) {
  std::fill(wave, wave + s_.samples, 0.0f);
  if (!decode(z, mix)) return -1;
  add_take(z, mix, take);
  ends = 0;
  for (int t = 0; t < s_.frames(); t++) {
    const float* const row = &textured[static_cast<size_t>(t) * s_.mels];
    if (std::any_of(row, row + s_.mels, [](float x) { return x > 0; })) ends = t + 1;
  }
  if (!ends) return 0;
  find_magnitudes();
  find_phases();
  refine(wave);
  const int length = cut(wave);
  if (!finite(wave, length)) return std::fill(wave, wave + s_.samples, 0.0f), -1;
  const float peak = std::max(peak_of(wave, length), kQuietest);
  for (int i = 0; i < length; i++) wave[i] /= peak;
  return length;
}

// `_decode_components` and `gate` in Python.
bool Player::decode(const float* z, const float* mix) {
  const Instrument& i = instrument;
  const size_t mels = s_.mels;
  if (!cwae.decode(z, mix)) return false;
  float loudest = 0;
  for (int t = 0; t < s_.frames(); t++) {
    float* const row = &mel[t * mels];
    cwae.expand(t, row);
    const size_t at = t * mels;
    for (size_t m = 0; m < mels; m++) row[m] = std::min(row[m] * i.deviation[at + m] + i.mean[at + m], 6.0f);
    transform(row, mels, [&](Lanes x) { return larger(exponential(x) - s_.log_offset, 0.0f); });
    level_[t] = 0;
    for (size_t m = 0; m < mels; m++) level_[t] += row[m] * row[m];
    loudest = std::max(loudest, level_[t]);
  }
  int end = s_.frames();
  while (end > 0 && !(level_[end - 1] > loudest * kSilence)) end--;
  std::fill(mel.begin() + end * mels, mel.end(), 0.0f);
  return true;
}

void Player::find_mel(float* out) {
  stft.run(s_, instrument.hann, [&](int frame, const Lanes* magnitude) {
    for (int m = 0; m < s_.mels; m++) {
      const Lanes sum = instrument.filters[m].of(magnitude);
      for (int lane = 0; lane < kLanes && frame + lane < s_.frames(); lane++) {
        out[static_cast<size_t>(frame + lane) * s_.mels + m] = sum.v[lane];
      }
    }
  });
}

void Player::set_take(int64_t take) {
  if (take == take_) return;
  take_ = take;
  stft.set_noise(s_, take);
  find_mel(noise_.data());
  for (size_t at = 0; at < noise_.size(); at++) {
    noise_[at] = std::log(noise_[at] + 1e-9f) - instrument.noise_mean[at % s_.mels];
  }
  const auto put = [&](size_t hit, double x) { chance_[hit] = static_cast<float>(kChance * x); };
  Numbers(take, kTakes).normal(chance_.size(), put);
}

// The mel with the texture of a take: `takes.add_take` in Python.
void Player::add_take(const float* z, const float* mix, int64_t take) {
  const Instrument& i = instrument;
  textured = mel;
  if (take < 0 || i.of_latent.empty()) return;
  set_take(take);
  const size_t cells = s_.cells(), across = (s_.mels + kCellMels - 1) / kCellMels;
  std::fill(amount_.begin(), amount_.end(), 0.0f);
  for (int l = 0; l < s_.latent; l++) add(amount_.data(), z[l], &i.of_latent[l * cells], cells);
  for (size_t c = 0; c < i.classes.size(); c++) add(amount_.data(), mix[c], &i.of_class[c * cells], cells);
  for (float& amount : amount_) amount = std::sqrt(std::clamp(amount, 1e-6f, 1.0f));
  int best[3] = {};
  float weights[2] = {}, sine = 0, cosine = 1;
  if (i.hits()) {
    const float near = find_hits(z, mix, best, weights);
    sine = std::sin(static_cast<float>(kPi / 2) * near), cosine = std::cos(static_cast<float>(kPi / 2) * near);
  }
  for (int t = 0; t < s_.frames(); t++) {
    float* const row = &textured[static_cast<size_t>(t) * s_.mels];
    std::fill(share_.begin(), share_.end(), 1.0f);
    if (i.hits()) narrow(row, share_.data());
    const auto level = [&](int hit, int m) {
      if (t >= i.hit_ends[hit]) return 0;
      const size_t at = i.hit_starts[hit] + static_cast<size_t>(t) * s_.mels + m;
      return (i.residues[at / 2] >> 4 * (at % 2) & 15) - kResidueZero;
    };
    float* const exponent = power_.data();
    for (int m = 0; m < s_.mels; m++) {
      const float amount = amount_[t / kCellFrames * across + m / kCellMels];
      exponent[m] = amount * (share_[m] * cosine * noise_[static_cast<size_t>(t) * s_.mels + m]);
    }
    transform(exponent, s_.mels, exponential);
    for (int m = 0; m < s_.mels; m++) row[m] *= exponent[m];
    if (!i.hits()) continue;
    for (int m = 0; m < s_.mels; m++) exponent[m] = row[m] + s_.log_offset;
    transform(exponent, s_.mels, logarithm);
    for (int m = 0; m < s_.mels; m++) {
      const float fine = (weights[0] * level(best[0], m) + weights[1] * level(best[1], m)) * kResidueStep;
      exponent[m] += share_[m] * sine * fine;
    }
    transform(exponent, s_.mels, exponential);
    for (int m = 0; m < s_.mels; m++) row[m] = row[m] > 0 ? std::max(exponent[m] - s_.log_offset, 0.0f) : 0.0f;
  }
}

// The three hits that a take prefers, the weights of two of them, and how near the nearest is: `_nearest` in Python.
float Player::find_hits(const float* z, const float* mix, int* best, float* weights) {
  const Instrument& i = instrument;
  float reach = 0, nearest = INFINITY, worth[3] = {-INFINITY, -INFINITY, -INFINITY};
  for (size_t c = 0; c < i.classes.size(); c++) reach += mix[c] * i.reach[c];
  for (int hit = 0; hit < i.hits(); hit++) {
    float sum = 1e-12f;
    for (int l = 0; l < s_.latent; l++) {
      const float apart = z[l] - widened(i.hit_codes[static_cast<size_t>(hit) * s_.latent + l]);
      sum += apart * apart;
    }
    const float distance = std::sqrt(sum) / reach - std::log(mix[i.hit_labels[hit]] + 1e-9f);
    nearest = std::min(nearest, distance);
    float own = chance_[hit] - distance;
    int index = hit;
    for (int place = 0; place < 3; place++) {
      if (own > worth[place]) std::swap(own, worth[place]), std::swap(index, best[place]);
    }
  }
  for (int k = 0; k < 2; k++) weights[k] = worth[k] - worth[2] + 1e-6f;
  const float norm = std::sqrt(weights[0] * weights[0] + weights[1] * weights[1]);
  for (int k = 0; k < 2; k++) weights[k] /= norm;
  return std::clamp(2.5f - nearest, 0.0f, 1.0f);
}

// Narrows the low partials of a frame; `share` becomes 0 on the loudest of them: drumjax/sound/partials.py.
void Player::narrow(float* mel, float* share) {
  const Instrument& i = instrument;
  const int low = i.low();
  float largest = 0;
  for (int m = 0; m < low; m++) power_[m] = mel[m] * mel[m], largest = std::max(largest, power_[m]);
  if (largest == 0) return;
  const auto mean_of_power = [&] {
    std::fill(local_.begin(), local_.begin() + low, 0.0f);
    for (int m = 0; m < low; m++) add(local_.data(), power_[m], &i.neighbours[static_cast<size_t>(m) * low], low);
  };
  for (int m = 0; m < low; m++) power_[m] /= largest + 1e-18f;
  mean_of_power();
  float* const gain = share;  // of which the first part is free until the end
  for (int m = 0; m < low; m++) {
    const float local = local_[m] + 1e-9f, ratio = power_[m] / local;
    gain[m] = ratio * std::sqrt(local);
    power_[m] *= ratio * ratio;
  }
  mean_of_power();
  float loudest = -INFINITY;
  for (int m = 0; m < low; m++) {
    gain[m] /= std::sqrt(local_[m] + 1e-9f);
    mel[m] *= 1 + i.lowness[m] * (gain[m] - 1);
    power_[m] = 20 * std::log10(mel[m] + s_.log_offset);
    loudest = std::max(loudest, power_[m]);
  }
  for (int m = 0; m < low; m++) {
    const float below = loudest - power_[m];
    share[m] = 1 - i.lowness[m] * std::clamp((kQuietDb - below) / (kQuietDb - kLoudDb), 0.0f, 1.0f);
  }
}

// Softens the highest peaks: `_limited` in Python.
void Player::limit(float* wave, int samples) {
  const int block = s_.rate / 100;
  const float peak = std::max(peak_of(wave, samples), 1e-9f);
  float level = 0;
  for (int start = 0; start < samples; start += block) {
    float sum = 0;
    for (int i = start; i < std::min(start + block, samples); i++) sum += wave[i] * wave[i];
    level = std::max(level, sum / block);
  }
  const float knee = std::clamp(2.2f * std::sqrt(level) / peak, 0.5f, 0.99f);
  for (int i = 0; i < samples; i++) {
    const float height = std::abs(wave[i]) / peak;
    if (height <= knee) continue;
    const float soft = knee + (1 - knee) * std::tanh((height - knee) / (1 - knee));
    wave[i] = std::copysign(soft * peak, wave[i]);
  }
}

// The wave from its first to its last audible sample, with a rise and a fade: `_between` in Python. Returns its length.
int Player::cut(float* wave) {
  const int samples = std::min(s_.samples, ends * s_.hop);
  const double per_ms = s_.rate / 1000.0;
  for (int i = 0; i < std::min<double>(samples, kRiseMs * per_ms); i++) wave[i] *= squared_sine(i / (kRiseMs * per_ms));
  std::fill(wave + samples, wave + s_.samples, 0.0f);
  limit(wave, samples);
  const float peak = peak_of(wave, samples);
  int start = 0, last = samples;
  const auto audible = [&](int i) { return std::abs(wave[i]) > kAudible * peak; };
  while (start < samples && !audible(start)) start++;
  while (last > start && !audible(last - 1)) last--;
  const double fade = s_.fade_ms * per_ms;
  for (int i = start; i < last; i++) {
    wave[i - start] = last - i < fade ? wave[i] * squared_sine((last - i) / fade) : wave[i];
  }
  std::fill(wave + (last - start), wave + s_.samples, 0.0f);
  return last - start;
}

}  // namespace drumjax::engine
