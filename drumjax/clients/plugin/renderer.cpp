#include "renderer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <vector>

namespace drumjax {

namespace {

const char FILE_NAME[] = "drumjax.safetensors";

// FNV-1a in 64 bits, as 16 hexadecimal digits.
std::string hash(const std::vector<char> &bytes) {
  uint64_t value = 14695981039346656037u;
  for (unsigned char byte : bytes) value = (value ^ byte) * 1099511628211u;
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[value >> shift & 15];
  return digits;
}

}  // namespace

std::shared_ptr<const Instrument> Instrument::shared(const std::string &binary, std::string &error) {
  static std::mutex mutex;
  static std::weak_ptr<const Instrument> loaded;
  const std::lock_guard<std::mutex> lock(mutex);
  if (auto instrument = loaded.lock()) return instrument;
  const std::string folder = binary.substr(0, binary.find_last_of("/\\") + 1);
  std::vector<char> bytes = contents(folder + FILE_NAME);
  if (bytes.empty()) bytes = contents(folder + "../Resources/" + FILE_NAME);
  if (bytes.empty()) {
    error = "no " + folder + FILE_NAME + ": copy it from the folder that `drumjax export --plugin` wrote";
    return nullptr;
  }
  auto instrument = std::make_shared<Instrument>();
  char reason[400] = "";
  instrument->handle = drumjax_load(bytes.data(), bytes.size(), reason, sizeof reason);
  if (!instrument->handle) {
    error = std::string(FILE_NAME) + ": " + reason;
    return nullptr;
  }
  instrument->id = hash(bytes);
  loaded = instrument;
  return instrument;
}

void Renderer::load(const std::string &binary) { instrument = Instrument::shared(binary, error); }

Renderer::~Renderer() {
  stopping = true;
  settings.wake();
  if (thread.joinable()) thread.join();
  for (Heard &one : heard) drumjax_sound_free(one.sound);
  drumjax_player_free(player);
}

void Renderer::start(double new_rate) {
  if (!instrument) return;
  if (rate.exchange(new_rate) != new_rate) settings.renew();
  if (!thread.joinable()) {
    player = drumjax_player_new(instrument->handle);
    if (!player) return;
    wave.reset(new float[drumjax_samples(instrument->handle)]);
    base.reset(new float[drumjax_latent(instrument->handle)]);
    thread = std::thread(&Renderer::run, this);
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (int pad = 0; pad < PADS; ++pad)
    while (!ready(pad) && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool Renderer::ready(int pad) const {
  const uint32_t version = settings.version(pad);
  for (int take = 0; take < TAKES; ++take)
    if (shelf.version(pad, take) == version) return true;
  return false;
}

void Renderer::run() {
  while (!stopping) {
    const uint32_t seen = settings.changes.load(std::memory_order_acquire);
    shelf.free_done();
    if (!work()) settings.changes.wait(seen);
  }
}

// Renders one sound, if one is missing: first where a hit would play older settings.
bool Renderer::work() {
  for (const bool urgent : {true, false})
    for (int i = 1; i <= PADS; ++i) {
      const int pad = (last + i) % PADS;
      if (urgent && ready(pad)) continue;
      const uint32_t version = settings.version(pad);
      const bool humanises = settings.humanises() && !files.get(pad);  // a file stays as it is set
      for (int take = 0; take < (humanises ? TAKES : 1); ++take)
        if (shelf.version(pad, take) != version || (humanises && shelf.fetched(pad, take))) {
          render(pad, take, version);
          last = pad;
          return true;
        }
    }
  return false;
}

void Renderer::render(int pad, int take, uint32_t version) {
  if (versions[pad] != version) renders[pad] = 0;
  versions[pad] = version;
  const float knobs[DRUMJAX_KNOBS] = {settings.get(pad, KNOB_1), settings.get(pad, KNOB_2), settings.get(pad, KNOB_3)};
  float mix[CLASSES] = {};
  mix[int(settings.get(pad, DRUM_CLASS))] = 1;
  const int seed = int(settings.get(pad, SEED));
  const auto file = files.get(pad);
  const int number = int(settings.get(pad, TAKE)) + (settings.humanises() && !file ? renders[pad]++ : 0);
  const drumjax_instrument *handle = instrument->handle;
  int length = 0, channels = 1;
  if (file) {
    length = edit(pad, file, knobs, mix, number);
    channels = file->wav.channels;
  } else {
    const bool drawn = seed > 0 && drumjax_draw(handle, mix, seed, 1, base.get()) == 0;
    length = drumjax_render(player, knobs, mix, number, drawn ? base.get() : nullptr, wave.get());
  }
  if (length < 0) length = 0;

  const double step = (file ? file->wav.rate : drumjax_rate(handle)) * std::pow(2.0, settings.get(pad, PITCH) / 12) / rate;
  const float *samples = file ? edited.data() : wave.get();
  auto sound = std::make_unique<Sound>();
  sound->length = resampled_length(length, step);
  sound->samples = resampled(samples, channels, 0, length, step);
  if (channels > 1) sound->right = resampled(samples, channels, 1, length, step);
  for (int i = 0; i < OUTLINE; ++i) {
    float peak = 0;
    const double part = rate / OUTLINE;
    for (int m = int(i * part); m < std::min(int((i + 1) * part), sound->length); ++m)
      peak = std::max(peak, std::abs(sound->samples[m]));
    outlines[pad][i].store(peak, std::memory_order_relaxed);
  }
  shelf.put(pad, take, sound.release(), version);
}

// The pad's file, moved by knobs, in `edited`, the channels of each sample in turn; the number of samples of each. Take 0
// is the file itself.
int Renderer::edit(int pad, const std::shared_ptr<const File> &file, const float *knobs, const float *mix, int number) {
  Heard &own = heard[pad];
  const int drum_class = int(std::find(mix, mix + CLASSES, 1.0f) - mix);
  const Wav &wav = file->wav;
  if (own.file != file || own.drum_class != drum_class) {
    drumjax_sound_free(own.sound);
    own = {file, drum_class, nullptr};
    drumjax_listen(player, wav.samples.data(), wav.count(), wav.channels, wav.rate, mix, &own.sound);
  }
  if (own.sound) {
    edited.resize(size_t(drumjax_edit_samples(player, own.sound)) * wav.channels);
    const int length = number ? drumjax_take(player, own.sound, knobs, number, nullptr, edited.data())
                              : drumjax_edit(player, own.sound, knobs, mix, 0, nullptr, edited.data());
    if (length > 0) return length;
  }
  edited = wav.samples;
  return wav.count();
}

std::unique_ptr<float[]> Renderer::resampled(const float *from, int channels, int channel, int length, double step) {
  const int count = resampled_length(length, step);
  std::unique_ptr<float[]> out(new float[count]);
  side.resize(length);
  for (int i = 0; i < length; ++i) side[i] = from[size_t(i) * channels + channel];
  resampler.run(side.data(), length, step, out.get(), count);
  return out;
}

}  // namespace drumjax
