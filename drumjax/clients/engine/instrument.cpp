#include "instrument.hpp"

#include <algorithm>

namespace drumjax::engine {
namespace {

bool power_of_two(int x) { return (x & (x - 1)) == 0; }

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

bool Instrument::read(Reader& file) {
  if (file.ok()) read_settings(file);
  if (file.ok()) read_arrays(file);
  if (file.ok()) read_texture(file);
  if (file.ok()) read_tables(file);
  if (file.ok()) file.require_all_read();
  if (!file.ok()) return false;
  tabulate_packed();
  tabulate_grain();
  tabulate_maps();
  return true;
}

void Instrument::read_settings(Reader& file) {
  if (file.text("format") != "drumjax instrument 2") return file.fail("it is no instrument file of format 2");
  s.rate = file.whole("audio.rate", 1000, 400000);
  s.samples = file.whole("audio.samples", 2, 1 << 20);
  s.window = file.whole("audio.window", 2, 1 << 15);
  s.hop = file.whole("audio.hop", 1, 1 << 14);
  s.fft = file.whole("audio.fft", 4, 1 << 16);
  s.mels = file.whole("audio.mels", 2, 4096);
  s.latent = file.whole("cwae.latent", 1, 4096);
  s.components = file.whole("cwae.components", s.latent, 4096);
  s.refine = file.whole("vocoder.refine", 1, 1000);
  s.encode = file.whole("encoding.refine", 0, 1000);
  s.nnls = file.whole("vocoder.nnls", 0, 1000);
  s.log_offset = static_cast<float>(file.number("cwae.log_offset", 1e-12, 1));
  s.deviation = static_cast<float>(std::sqrt(file.number("cwae.sigma2", 0, 1e6)));
  s.momentum = static_cast<float>(file.number("vocoder.momentum", 0, 10));
  s.fade_ms = static_cast<float>(file.number("vocoder.fade_ms", 1e-6, 1e6));
  s.knobs_of_class = file.text("controls") == "\"class\"";
  if (file.text("vocoder.end") != "\"mel\"") file.fail("its sounds end by a mask, which the engine does not have");
  for (const char* other : {"stages", "sampling", "texture", "cwae.dense"}) file.text(other);
  classes = words(file.text("classes"));
  knob_names = words(file.text("knobs"));
  sources = file.text("sources");
  if (!file.ok()) return;
  const bool fits = power_of_two(s.window) && power_of_two(s.hop) && power_of_two(s.fft) && s.fft >= 2 * s.window &&
                    s.window >= 2 * s.hop && s.samples >= s.hop && s.frames() >= 2;
  if (!fits) return file.fail("its window, hop and FFT do not fit each other");
  const double cells = static_cast<double>(s.stride()) * std::max(s.bins(), s.mels);
  if (cells > 1 << 24) return file.fail("its spectrograms are too large");
  if (static_cast<double>(s.frames()) * s.mels * s.components > 1 << 27) return file.fail("its basis is too large");
  if (classes.empty() || classes.size() > 256) return file.fail("it has no drum classes, or too many");
  if (!knob_names.empty() && knob_names.size() != kKnobs * classes.size()) file.fail("its knobs are not three a class");
}

void Instrument::read_arrays(Reader& file) {
  const size_t count = classes.size(), latent = s.latent, components = s.components, frames = s.frames(), mels = s.mels;
  mean = file.floats("statistics/mean", {frames, mels});
  deviation = file.floats("statistics/std", {frames, mels});
  centre = file.halves("cwae/batch_stats/centre", {count, components});
  colour = file.halves("cwae/batch_stats/colour", {count, latent, latent});
  scale = file.floats("cwae/batch_stats/scale", {components});
  step = file.floats("cwae/batch_stats/basis_scale", {components});
  whiten = file.halves("cwae/batch_stats/whiten", {count, latent, latent});
  up = read_dense(file, "cwae/params/up_", latent + count, components);
  down = read_dense(file, "cwae/params/down_", components + count, latent);
  for (float size : scale) {
    if (size == 0) file.fail("its components have no scale");
  }
  kinds = static_cast<int>(file.length("controls/centre"));
  const size_t entries = kinds;
  if (entries == 0 || entries > 257 || (s.knobs_of_class && entries < count)) {
    return file.fail("it has no knobs of every class");
  }
  knob_centre = file.floats("controls/centre", {entries, latent});
  knob_basis = file.floats("controls/basis", {entries, kKnobs, latent});
  knob_dual = file.floats("controls/dual", {entries, kKnobs, latent});
  if (file.has("controls/points")) {
    const size_t dots = file.length("controls/points", 1);
    const std::vector<float> points = file.floats("controls/points", {count, dots, 3});
    for (size_t c = 0; c < count && file.ok(); c++) {
      maps.push_back({{points.begin() + 3 * c * dots, points.begin() + 3 * (c + 1) * dots}, {}});
    }
  }
  if (file.has("density/means/low")) {
    means = file.halves("density/means", {count, latent});
    if (file.has("density/factors/low")) factors = file.halves("density/factors", {count, latent, latent});
  }
  if (file.has("density/codes/low")) {
    const size_t codes_count = file.length("density/codes/low");
    codes = file.halves("density/codes", {codes_count, latent});
    weights = file.floats("density/weights", {codes_count});
    labels = file.bytes("density/labels", {codes_count});
    if (means.empty() || codes.empty()) return file.fail("its codes have no means");
    if (file.has("density/partners/low")) {
      partners_each = static_cast<int>(file.length("density/partners/low", 1));
      partners = file.halves("density/partners", {codes_count, static_cast<size_t>(partners_each)});
      if (partners_each == 0) return file.fail("its codes have no partners");
    }
    for (uint16_t partner : partners) {
      if (partner >= codes_count) return file.fail("its codes have partners that are not there");
    }
    for (size_t i = 0; i < labels.size() && file.ok(); i++) {
      if (labels[i] >= count || weights[i] < 0) return file.fail("its codes are of no class");
    }
  }
  if (!means.empty() && codes.empty() && factors.empty()) return file.fail("its means have no factors");
  // Last, since it is most of the file: (components, frames, mels), sums of differences over frames and mels.
  std::vector<uint8_t> levels = file.coded("cwae/batch_stats/basis", components * frames * mels);
  if (!file.ok()) return;
  basis.resize(levels.size());
  for (size_t k = 0; k < components; k++) {
    for (size_t t = 0; t < frames; t++) {
      uint8_t* const row = &levels[(k * frames + t) * mels];
      int8_t* const out = &basis[(t * components + k) * mels];
      uint8_t sum = 0;
      for (size_t m = 0; m < mels; m++) {
        sum = static_cast<uint8_t>(sum + row[m]);
        row[m] = static_cast<uint8_t>(sum + (t ? row[m - mels] : 0));
        out[m] = static_cast<int8_t>(row[m]);
      }
    }
  }
}

// The layers name0, name1, ... between two widths.
std::vector<Dense> Instrument::read_dense(Reader& file, const std::string& name, size_t in, size_t out) {
  std::vector<Dense> layers;
  for (int i = 0; file.has(name + std::to_string(i) + "/bias") && file.ok(); i++) {
    const std::string layer = name + std::to_string(i), kernel = layer + "/kernel";
    const size_t width = file.length(layer + "/bias");
    if (width == 0 || width > 1 << 14) return file.fail("its " + layer + " has no size that the engine plays"), layers;
    Dense made{static_cast<int>(in), static_cast<int>(width), {}, {}, {}, file.floats(layer + "/bias", {width})};
    if (file.has(kernel + "_scale")) {
      const std::vector<uint8_t> bytes = file.coded(kernel, in * width);
      made.levels.assign(bytes.begin(), bytes.end());
      made.scale = file.floats(kernel + "_scale", {in});
    } else {
      made.kernel = file.halves(kernel, {in, width});
    }
    layers.push_back(std::move(made));
    in = width;
  }
  if (in != out || layers.empty()) file.fail("its dense layers do not lead from latents to components and back");
  return layers;
}

void Instrument::read_texture(Reader& file) {
  const size_t count = classes.size(), latent = s.latent, cells = s.cells();
  if (!file.has("texture/of_latent/low")) return;
  of_latent = file.halves("texture/of_latent", {latent, cells});
  of_class = file.halves("texture/of_class", {count, cells});
  if (!file.has("texture/ends")) return;
  const size_t hit_count = file.length("texture/ends");
  const std::vector<float> ends = file.floats("texture/ends", {hit_count});
  hit_codes = file.halves("texture/codes", {hit_count, latent});
  hit_labels = file.bytes("texture/labels", {hit_count});
  reach = file.floats("texture/reach", {count});
  if (!file.ok()) return;
  if (hit_count < 3) return file.fail("its texture has fewer than 3 hits");
  size_t total = 0;
  for (size_t i = 0; i < hit_count; i++) {
    if (!(ends[i] >= 0 && ends[i] <= s.frames()) || ends[i] != std::floor(ends[i]) || hit_labels[i] >= count) {
      return file.fail("its hits are damaged");
    }
    hit_ends.push_back(static_cast<int>(ends[i]));
    hit_starts.push_back(total);
    total += hit_ends[i] * static_cast<size_t>(s.mels);
  }
  for (float distance : reach) {
    if (!(distance > 0)) return file.fail("its reach is not above 0");
  }
  residues = file.coded("texture/packed", (total + 1) / 2);
}

// Rows of a matrix with `columns` columns, from their first non-zero entries on.
std::vector<Band> Instrument::read_bands(Reader& file, const std::string& name, size_t rows, size_t columns) {
  const size_t width = file.length(name, 1);
  const std::vector<float> values = file.floats(name, {rows, width}), first = file.floats(name + "/first", {rows});
  std::vector<Band> bands;
  if (width > columns) file.fail("its " + name + " is too wide");
  for (size_t row = 0; row < rows && file.ok(); row++) {
    const bool inside = first[row] >= 0 && first[row] <= columns - width && first[row] == std::floor(first[row]);
    if (!inside) return file.fail("its " + name + " reaches too far"), bands;
    size_t end = width;
    while (end && values[row * width + end - 1] == 0) end--;
    const auto begin = values.begin() + row * width;
    bands.push_back({static_cast<int>(first[row]), {begin, begin + end}});
  }
  return bands;
}

void Instrument::read_tables(Reader& file) {
  const size_t bins = s.bins(), mels = s.mels, low_count = file.length("tables/neighbours");
  filters = read_bands(file, "tables/bank", mels, bins);
  inverse = read_bands(file, "tables/inverse", bins, mels);
  grain_amount = file.floats("tables/grain", {bins});
  spread = file.floats("tables/spread", {bins});
  noise_mean = file.floats("tables/noise", {mels});
  lowness = file.floats("tables/low", {mels});
  neighbours = file.floats("tables/neighbours", {low_count, low_count});
  if (!file.ok()) return;
  if (low_count > mels) return file.fail("its low filters are too many");
  filter_of.assign(2 * bins, 0);
  gain_of.assign(2 * bins, 0.0f);
  for (size_t m = 0; m < mels; m++) {
    for (size_t i = 0; i < filters[m].values.size(); i++) {
      const size_t place = 2 * (filters[m].first + i);
      if (gain_of[place + 1] != 0) return file.fail("its mel filters overlap too much");
      const bool second = gain_of[place] != 0;
      filter_of[place + second] = static_cast<int>(m), gain_of[place + second] = filters[m].values[i];
    }
  }
}

void Instrument::tabulate_packed() {
  const int size = s.window, half = s.packed(), every = s.fft / size, stride = s.stride();
  hann = hann_window(size);
  real.resize(size), imaginary.resize(size);
  for (int n = 0; n < size; n++) {
    const double angle = -kPi * (static_cast<double>(n % half) / size + (every - 1) / 2.0);
    real[n] = static_cast<float>(std::cos(angle) * hann[n]);
    imaginary[n] = static_cast<float>(std::sin(angle) * hann[n]);
  }
  for (int k = 0; k < half; k++) {
    const int odd = 2 * k < half ? 2 * k : 2 * (half - 1 - k) + 1;
    selected.push_back(every / 2 + every * odd);
  }
  inverse_power.assign(static_cast<size_t>(s.hop) * stride, 0.0f);
  for (int b = 0; b < s.blocks(); b++) {
    for (int j = 0; j < s.hop; j++) {
      const int position = b * s.hop + j - size / 2;
      if (position < 0 || position >= s.samples) continue;
      double power = 0;
      for (int i = 0; i < s.overlap(); i++) {
        const float own = hann[i * s.hop + j];
        if (b - i >= 0 && b - i < s.frames()) power += own * own;
      }
      inverse_power[static_cast<size_t>(j) * stride + b] = (power > 1e-8 ? 1 / static_cast<float>(power) : 1.0f) / half;
    }
  }
}

// Of each map the points whose sounds have codes, in the order of the codes: drumjax/server/maps.py.
void Instrument::tabulate_maps() {
  constexpr float kSame = 0.01f;
  for (size_t c = 0; c < maps.size(); c++) {
    Map known;
    const std::vector<float>& points = maps[c].points;
    const size_t kind = this->kind(static_cast<int>(c)), latent = s.latent;
    for (size_t i = 0; i < labels.size() && known.codes.size() < kMostDots; i++) {
      if (labels[i] != c) continue;
      float at[2] = {}, least = kSame;
      for (size_t l = 0; l < latent; l++) {
        const float moved = widened(codes[i * latent + l]) - knob_centre[kind * latent + l];
        for (int p = 0; p < 2; p++) at[p] += moved * knob_dual[(kind * kKnobs + p) * latent + l];
      }
      size_t nearest = points.size();
      for (size_t n = 0; n < points.size(); n += 3) {
        const float apart = std::max(std::abs(points[n] - at[0]), std::abs(points[n + 1] - at[1]));
        if (apart < least) least = apart, nearest = n;
      }
      if (nearest == points.size()) continue;
      known.codes.push_back(static_cast<int>(i));
      known.points.insert(known.points.end(), points.begin() + nearest, points.begin() + nearest + 3);
    }
    if (!known.codes.empty()) maps[c] = std::move(known);
  }
}

// The fluctuation of noise within mel filters: `_grain` in Python.
void Instrument::tabulate_grain() {
  grain.assign(static_cast<size_t>(s.bins()) * s.stride(), 1.0f);
  std::vector<Lanes> level(s.mels);
  Spectrogram noise(s, s.frames());
  noise.set_noise(s, 0);
  noise.run(s, hann, [&](int frame, const Lanes* magnitude) {
    for (int m = 0; m < s.mels; m++) {
      float sum = 1e-12f;
      for (float value : filters[m].values) sum += value;
      level[m] = filters[m].of(magnitude) / sum;
    }
    for (int k = 0; k < s.bins(); k++) {
      const float* const gain = &gain_of[2 * k];
      const Lanes sum = level[filter_of[2 * k]] * gain[0] + level[filter_of[2 * k + 1]] * gain[1];
      const Lanes smooth = sum / std::max(gain[0] + gain[1], 1e-12f);
      for (int lane = 0; lane < kLanes && frame + lane < s.frames(); lane++) {
        const float around = smooth.v[lane], ratio = around > 0 ? std::min(magnitude[k].v[lane] / around, 3.0f) : 1.0f;
        grain[static_cast<size_t>(k) * s.stride() + frame + lane] = std::pow(ratio, grain_amount[k]);
      }
    }
  });
}

Spectrogram::Spectrogram(const Settings& s, int frames)
    : frames_(frames), stride_(Settings::padded(frames + s.overlap()) + 2 * kLanes),
      signal_(static_cast<size_t>(s.hop) * stride_), spectrum_(s.fft), first_(s.bins()), second_(s.bins()),
      fourier_(s.fft) {}

}  // namespace drumjax::engine
