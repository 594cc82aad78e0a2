// The C interface: checks arguments, and lets no exception out.
#include "drumjax.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "own.hpp"

struct drumjax_instrument : drumjax::engine::Instrument {};

struct drumjax_player : drumjax::engine::Player {
  using Player::Player;
};

struct drumjax_sound : drumjax::engine::Sound {};

using namespace drumjax::engine;

namespace {

// What `make` returns, or `otherwise` where memory is short. Without exceptions, a lack of memory ends the program.
template <class Make>
auto guarded(Make make, decltype(make()) otherwise = {}) -> decltype(make()) {
#ifdef __cpp_exceptions
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return otherwise;
  }
#else
  return static_cast<void>(otherwise), make();
#endif
}

}  // namespace

extern "C" {

drumjax_instrument* drumjax_load(const void* bytes, size_t size, char* error, size_t error_size) {
  const auto explain = [&](const char* message) {
    if (error && error_size) std::strncpy(error, message, error_size - 1)[error_size - 1] = 0;
  };
  if (!bytes) return explain("there are no bytes to read"), nullptr;
  bool read = false;
  drumjax_instrument* const loaded = guarded([&]() -> drumjax_instrument* {
    Reader reader(static_cast<const uint8_t*>(bytes), size);
    auto made = std::make_unique<drumjax_instrument>();
    read = true;
    if (made->read(reader)) return made.release();
    explain(("the instrument file cannot be read: " + reader.error()).c_str());
    return nullptr;
  });
  if (!loaded && !read) explain("not enough memory");
  return loaded;
}

void drumjax_free(drumjax_instrument* instrument) { delete instrument; }

int drumjax_rate(const drumjax_instrument* instrument) { return instrument->s.rate; }
int drumjax_samples(const drumjax_instrument* instrument) { return instrument->s.samples; }
int drumjax_classes(const drumjax_instrument* instrument) { return static_cast<int>(instrument->classes.size()); }
int drumjax_latent(const drumjax_instrument* instrument) { return instrument->s.latent; }

int drumjax_texture(const drumjax_instrument* instrument) { return !instrument->of_latent.empty(); }

const char* drumjax_class_name(const drumjax_instrument* instrument, int drum_class) {
  const bool known = drum_class >= 0 && drum_class < drumjax_classes(instrument);
  return known ? instrument->classes[drum_class].c_str() : nullptr;
}

const char* drumjax_knob_name(const drumjax_instrument* instrument, int drum_class, int knob) {
  const bool known = drumjax_class_name(instrument, drum_class) && knob >= 0 && knob < DRUMJAX_KNOBS;
  if (!known || instrument->knob_names.empty()) return nullptr;
  return instrument->knob_names[drum_class * DRUMJAX_KNOBS + knob].c_str();
}

const float* drumjax_map(const drumjax_instrument* instrument, int drum_class, int* count) {
  const bool known = drumjax_class_name(instrument, drum_class) && !instrument->maps.empty();
  *count = known ? static_cast<int>(instrument->maps[drum_class].points.size() / 3) : 0;
  return *count ? instrument->maps[drum_class].points.data() : nullptr;
}

int drumjax_dot(const drumjax_instrument* instrument, int drum_class, int dot, float* z) {
  if (!instrument || !z) return DRUMJAX_NULL;
  const bool known = drumjax_class_name(instrument, drum_class) && !instrument->maps.empty();
  if (!known || dot < 0 || dot >= static_cast<int>(instrument->maps[drum_class].codes.size())) return DRUMJAX_DOT;
  const uint16_t* const code = instrument->code(instrument->maps[drum_class].codes[dot]);
  std::transform(code, code + instrument->s.latent, z, widened);
  return 0;
}

const char* drumjax_sources(const drumjax_instrument* instrument) { return instrument->sources.c_str(); }

int drumjax_draw(const drumjax_instrument* instrument, const float* mix, int64_t seed, int count, float* z) {
  float weights[256];
  if (!instrument || !mix || !z) return DRUMJAX_NULL;
  if (!normalised(*instrument, mix, weights)) return DRUMJAX_MIX;
  if (seed < 0) return DRUMJAX_SEED;
  Numbers numbers(static_cast<uint64_t>(seed), kDraws);
  for (int i = 0; i < count; i++, z += instrument->s.latent) draw(*instrument, weights, numbers, z);
  return 0;
}

int drumjax_place(const drumjax_instrument* instrument, const float* knobs, const float* mix, const float* base,
                  float* z) {
  float weights[256];
  if (!instrument || !knobs || !mix || !z) return DRUMJAX_NULL;
  if (!normalised(*instrument, mix, weights)) return DRUMJAX_MIX;
  if (!finite(knobs, DRUMJAX_KNOBS) || (base && !finite(base, instrument->s.latent))) return DRUMJAX_NUMBER;
  place(*instrument, knobs, weights, base, z);
  return finite(z, instrument->s.latent) ? 0 : DRUMJAX_NUMBER;
}

int drumjax_vary(const drumjax_instrument* instrument, const float* mix, float amount, int64_t seed, float* z) {
  float weights[256];
  if (!instrument || !mix || !z) return DRUMJAX_NULL;
  if (!normalised(*instrument, mix, weights)) return DRUMJAX_MIX;
  if (seed < 0) return DRUMJAX_SEED;
  if (!(amount >= 0 && amount <= 1)) return DRUMJAX_AMOUNT;
  vary(*instrument, weights, amount, static_cast<uint64_t>(seed), z);
  return 0;
}

int drumjax_read_knobs(const drumjax_instrument* instrument, const float* z, const float* mix, float* knobs) {
  float weights[256];
  if (!instrument || !z || !mix || !knobs) return DRUMJAX_NULL;
  if (!normalised(*instrument, mix, weights)) return DRUMJAX_MIX;
  if (!finite(z, instrument->s.latent)) return DRUMJAX_NUMBER;
  read_knobs(*instrument, z, weights, knobs);
  return 0;
}

drumjax_player* drumjax_player_new(const drumjax_instrument* instrument) {
  return instrument ? guarded([&] { return new drumjax_player(*instrument); }) : nullptr;
}

void drumjax_player_free(drumjax_player* player) { delete player; }

int drumjax_render(drumjax_player* player, const float* knobs, const float* mix, int64_t take, const float* base,
                   float* wave) {
  if (!player || !knobs || !mix || !wave) return DRUMJAX_NULL;
  const auto* const instrument = static_cast<const drumjax_instrument*>(&player->instrument);
  std::fill(wave, wave + instrument->s.samples, 0.0f);
  if (take < DRUMJAX_SMOOTH) return DRUMJAX_SEED;
  const int placed = drumjax_place(instrument, knobs, mix, base, player->latents.data());
  if (placed < 0) return placed;
  normalised(*instrument, mix, player->mix.data());
  const int length = player->render(player->latents.data(), player->mix.data(), take, wave);
  return length < 0 ? DRUMJAX_NUMBER : length;
}

int drumjax_listen(drumjax_player* player, const float* samples, int count, int channels, int rate, const float* mix,
                   drumjax_sound** sound) {
  if (!player || !samples || !mix || !sound) return DRUMJAX_NULL;
  *sound = nullptr;
  if (count < 0 || channels < 1 || channels > 256) return DRUMJAX_SOUND;
  return guarded([&] {
    auto made = std::make_unique<drumjax_sound>();
    made->rate = rate, made->channels = channels, made->count = count;
    made->mix.resize(player->mix.size());
    if (!normalised(player->instrument, mix, made->mix.data())) return int{DRUMJAX_MIX};
    made->wave.assign(samples, samples + static_cast<size_t>(count) * channels);
    const int error = listen(*player, *made);
    if (!error) *sound = made.release();
    return error;
  }, DRUMJAX_MEMORY);
}

void drumjax_sound_free(drumjax_sound* sound) { delete sound; }

const float* drumjax_sound_latents(const drumjax_sound* sound) { return sound->z.data(); }
float drumjax_sound_error_db(const drumjax_sound* sound) { return sound->error_db; }

int drumjax_edit_samples(const drumjax_player* player, const drumjax_sound* sound) {
  return sound->most(player->instrument.s);
}

int drumjax_edit(drumjax_player* player, const drumjax_sound* sound, const float* knobs, const float* mix, int64_t take,
                 const float* base, float* wave) {
  if (!player || !sound || !knobs || !mix || !wave) return DRUMJAX_NULL;
  if (take < DRUMJAX_SMOOTH) return DRUMJAX_SEED;
  const auto* const instrument = static_cast<const drumjax_instrument*>(&player->instrument);
  float* const z = player->latents.data();
  const int placed = drumjax_place(instrument, knobs, mix, base ? base : sound->z.data(), z);
  if (placed < 0) return placed;
  normalised(*instrument, mix, player->mix.data());
  return guarded([&] { return edit(*player, *sound, z, player->mix.data(), take, wave); }, DRUMJAX_MEMORY);
}

int drumjax_take(drumjax_player* player, const drumjax_sound* sound, const float* knobs, int64_t seed,
                 const float* base, float* wave) {
  if (!player || !sound || !knobs || !wave) return DRUMJAX_NULL;
  if (seed < 0) return DRUMJAX_SEED;
  const auto* const instrument = static_cast<const drumjax_instrument*>(&player->instrument);
  float* const z = player->latents.data();
  const int placed = drumjax_place(instrument, knobs, sound->mix.data(), base ? base : sound->z.data(), z);
  if (placed < 0) return placed;
  return guarded([&] { return take(*player, *sound, z, static_cast<uint64_t>(seed), wave); }, DRUMJAX_MEMORY);
}

const char* drumjax_error(int error) {
  switch (error) {
    case DRUMJAX_NULL: return "a pointer is NULL";
    case DRUMJAX_MIX: return "the weights of a mix must be 0 or more, and not all 0";
    case DRUMJAX_NUMBER: return "a knob or latent is not finite, or too far out";
    case DRUMJAX_SEED: return "a seed must be 0 or more";
    case DRUMJAX_DOT: return "the map has no such dot";
    case DRUMJAX_SOUND: return "a sound must have 1 to 8 channels of finite samples at 1,000 to 768,000 Hz";
    case DRUMJAX_SILENT: return "the sound is silent: no sample is above -70 dB of full scale";
    case DRUMJAX_SHORT: return "the sound is shorter than 10 ms";
    case DRUMJAX_LONG: return "the sound is longer than 30 s";
    case DRUMJAX_MEMORY: return "not enough memory";
    case DRUMJAX_AMOUNT: return "an amount must be between 0 and 1";
    default: return error < 0 ? "unknown error" : "no error";
  }
}

size_t drumjax_stage(const drumjax_player* player, int stage, float* out) {
  const auto& s = player->instrument.s;
  const std::vector<float>& from =
      stage == 0 ? player->mel : stage == 1 ? player->textured : stage == 2 ? player->magnitude : player->turns;
  const bool padded = stage != 0 && stage != 1;  // rows have a stride
  const size_t rows = padded ? from.size() / s.stride() : 1, frames = padded ? player->ends : from.size();
  for (size_t row = 0; row < rows && out; row++) std::copy_n(&from[row * s.stride()], frames, out + row * frames);
  return rows * frames;
}

}  // extern "C"
