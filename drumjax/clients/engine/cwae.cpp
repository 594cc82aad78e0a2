#include "cwae.hpp"

namespace drumjax::engine {
namespace {

constexpr float kFarthest = 1e30f;  // of a factor, far from the largest float
constexpr float kGelu = 0.7978845608f, kCubic = 0.044715f;

float gelu(float x) { return 0.5f * x * (1 + std::tanh(kGelu * (x + kCubic * x * x * x))); }

float gelu_slope(float x) {
  const float tangent = std::tanh(kGelu * (x + kCubic * x * x * x));
  return 0.5f * (1 + tangent) + 0.5f * x * (1 - tangent * tangent) * kGelu * (1 + 3 * kCubic * x * x);
}

}  // namespace

Cwae::Cwae(const Instrument& instrument) : factors(instrument.s.components), instrument_(instrument) {
  const size_t count = std::max(instrument.up.size(), instrument.down.size());
  size_t widest = instrument.s.components + instrument.classes.size();
  for (const auto* layers : {&instrument.up, &instrument.down}) {
    for (const Dense& layer : *layers) widest = std::max<size_t>(widest, layer.out);
  }
  values_.assign(count + 1, std::vector<float>(widest));
  hidden_.resize(widest);
}

// The dense layers' output, of the input in values_[0].
const float* Cwae::run(const std::vector<Dense>& layers) {
  for (size_t i = 0; i < layers.size(); i++) {
    const Dense& layer = layers[i];
    float* const out = values_[i + 1].data();
    std::copy(layer.bias.begin(), layer.bias.end(), out);
    for (size_t row = 0; row < static_cast<size_t>(layer.in); row++) {
      const float x = i ? gelu(values_[i][row]) : values_[0][row];
      if (layer.levels.empty()) add(out, x, &layer.kernel[row * layer.out], layer.out);
      else add(out, x * layer.scale[row], &layer.levels[row * layer.out], layer.out);
    }
  }
  return values_[layers.size()].data();
}

bool Cwae::decode(const float* z, const float* mix) {
  const Instrument& i = instrument_;
  const size_t latent = i.s.latent, classes = i.classes.size(), components = i.s.components;
  std::copy(z, z + latent, values_[0].begin());
  std::copy(mix, mix + classes, values_[0].begin() + latent);
  const float* const out = run(i.up);
  std::fill(factors.begin(), factors.end(), 0.0f);
  for (size_t c = 0; c < classes; c++) {
    if (mix[c] == 0) continue;
    add(factors.data(), mix[c], &i.centre[c * components], components);
    const uint16_t* colour = &i.colour[c * latent * latent];
    for (size_t l = 0; l < latent; l++, colour += latent) add(factors.data(), mix[c] * z[l], colour, latent);
  }
  for (size_t k = 0; k < components; k++) {
    factors[k] = (factors[k] + i.scale[k] * out[k]) * (i.step[k] * i.s.unit());
    if (!(std::abs(factors[k]) < kFarthest)) return false;
  }
  return true;
}

void Cwae::expand(int frame, float* row) const {
  const size_t components = instrument_.s.components, mels = instrument_.s.mels;
  const int8_t* basis = &instrument_.basis[frame * components * mels];
  std::fill(row, row + mels, 0.0f);
  size_t k = 0;
  for (; k + 4 <= components; k += 4, basis += 4 * mels) {
    const float a = factors[k], b = factors[k + 1], c = factors[k + 2], d = factors[k + 3];
    for (size_t m = 0; m < mels; m++) {
      row[m] += a * basis[m] + b * basis[m + mels] + (c * basis[m + 2 * mels] + d * basis[m + 3 * mels]);
    }
  }
  for (; k < components; k++, basis += mels) add(row, factors[k], basis, mels);
}

void Cwae::project(int frame, const float* row, float* products) const {
  const size_t components = instrument_.s.components, mels = instrument_.s.mels;
  const int8_t* basis = &instrument_.basis[frame * components * mels];
  for (size_t k = 0; k < components; k++, basis += mels) products[k] += dot(row, basis, mels);
}

void Cwae::encode(const float* products, const float* mix, float* z) {
  const Instrument& i = instrument_;
  const size_t latent = i.s.latent, classes = i.classes.size(), components = i.s.components;
  std::fill(z, z + latent, 0.0f);
  std::vector<float>& in = values_[0];
  for (size_t k = 0; k < components; k++) {
    const float u = products[k] * i.step[k] / i.s.unit();
    in[k] = u / i.scale[k];
    float centred = u;
    for (size_t c = 0; c < classes; c++) centred -= mix[c] * widened(i.centre[c * components + k]);
    for (size_t c = 0; c < classes && k < latent; c++) {
      if (mix[c] != 0) add(z, mix[c] * centred, &i.whiten[(c * latent + k) * latent], latent);
    }
  }
  std::copy(mix, mix + classes, in.begin() + components);
  add(z, 1, run(i.down), latent);
}

void Cwae::differentiate(float* gradient, const float* mix, float* z) {
  const Instrument& i = instrument_;
  const size_t latent = i.s.latent, components = i.s.components;
  for (size_t k = 0; k < components; k++) gradient[k] *= i.step[k] * i.s.unit();
  for (size_t l = 0; l < latent; l++) {
    z[l] = 0;
    for (size_t c = 0; c < i.classes.size(); c++) {
      if (mix[c] != 0) z[l] += mix[c] * dot(gradient, &i.colour[(c * latent + l) * latent], latent);
    }
  }
  for (size_t k = 0; k < components; k++) hidden_[k] = gradient[k] * i.scale[k];
  for (size_t n = i.up.size(); n-- > 0;) {
    const Dense& layer = i.up[n];
    float* const in = values_[n].data();  // whose values are not needed any more
    for (size_t row = 0; row < static_cast<size_t>(layer.in); row++) {
      const float slope = n ? gelu_slope(in[row]) : 1.0f;
      in[row] = slope * dot(hidden_.data(), &layer.kernel[row * layer.out], layer.out);
    }
    std::copy(in, in + layer.in, hidden_.begin());
  }
  add(z, 1, hidden_.data(), latent);
}

}  // namespace drumjax::engine
