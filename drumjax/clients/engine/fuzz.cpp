// Loads damaged instrument files and plays what loads: fuzz FILE COUNT SEED [WAV]. With a WAV, that is damaged, heard and
// edited with the whole instrument. Built with sanitizers, which end the program at the first fault. A render that
// allocates memory or gives samples beyond full scale also ends it.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "drumjax.h"
#include "wav.hpp"

static size_t allocations = 0;

void* operator new(size_t size) {
  allocations++;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  allocations++;
  const size_t unit = static_cast<size_t>(alignment);
  if (void* const memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

using Random = std::mt19937_64;

static size_t below(Random& random, size_t count) { return count ? random() % count : 0; }

static size_t header_length(const std::string& bytes) {
  uint64_t length = 0;
  if (bytes.size() >= 8) std::memcpy(&length, bytes.data(), 8);
  return std::min<uint64_t>(length, bytes.size());
}

// Half of the damage is in the header, where structure is; there digits become other digits often.
static void damage(std::string& bytes, Random& random) {
  const size_t header = 8 + header_length(bytes);
  const size_t at = below(random, std::min(bytes.size(), random() % 2 ? header : bytes.size()));
  if (bytes.empty()) return;
  switch (random() % 6) {
    case 0: bytes[at] ^= static_cast<char>(1 << random() % 8); break;
    case 1: bytes[at] = static_cast<char>(random()); break;
    case 2: bytes[at] = "\0\xff\x7f\x80{}[],:\"\\u-e9"[random() % 17]; break;
    case 3:
      for (size_t i = at; i < std::min(header, bytes.size()); i++) {
        if (bytes[i] < '0' || bytes[i] > '9') continue;
        bytes[i] = static_cast<char>('0' + random() % 10);
        break;
      }
      break;
    case 4: bytes.resize(random() % 8 ? bytes.size() : at); break;
    case 5: {  // an insertion or a deletion that keeps the header's length right
      uint64_t length = header_length(bytes);
      if (at < 8 || at >= header || header > bytes.size()) break;
      const bool insert = random() % 2;
      insert ? bytes.insert(at, 1, static_cast<char>(' ' + random() % 95)) : bytes.erase(at, 1);
      length += insert ? 1 : -1;
      std::memcpy(&bytes[0], &length, 8);
    }
  }
}

static bool plays(const drumjax_instrument* instrument, Random& random) {
  drumjax_player* const player = drumjax_player_new(instrument);
  std::vector<float> wave(drumjax_samples(instrument)), base(drumjax_latent(instrument));
  std::vector<float> mix(drumjax_classes(instrument)), knobs(DRUMJAX_KNOBS);
  bool fine = true;
  for (int call = 0; call < 3; call++) {
    for (float& weight : mix) weight = static_cast<float>(random() % 3);
    const int power = random() % 8 ? 0 : static_cast<int>(random() % 125);
    for (float& knob : knobs) knob = std::ldexp(static_cast<float>(random() % 21) - 10, power);
    const bool drawn = drumjax_draw(instrument, mix.data(), static_cast<int64_t>(random() >> 1), 1, base.data()) == 0;
    const size_t before = allocations;
    const int64_t take = static_cast<int64_t>(random() % 3) - 1;
    drumjax_render(player, knobs.data(), mix.data(), take, drawn ? base.data() : nullptr, wave.data());
    fine = fine && allocations == before;
    for (float sample : wave) fine = fine && std::abs(sample) <= 1.0001f;
  }
  drumjax_player_free(player);
  return fine;
}

static std::string contents(const char* path) {
  std::string whole;
  std::FILE* const file = std::fopen(path, "rb");
  if (!file) return whole;
  for (int byte; (byte = std::fgetc(file)) != EOF;) whole += static_cast<char>(byte);
  std::fclose(file);
  return whole;
}

// Damaged WAV files: those that are read are listened to, and every eighth is edited.
static int hear(const drumjax_instrument* instrument, const std::string& whole, long count, Random& random) {
  drumjax_player* const player = drumjax_player_new(instrument);
  const std::vector<float> mix(drumjax_classes(instrument), 1.0f);
  long read = 0, heard = 0;
  for (long i = 0; i < count; i++) {
    std::string bytes = whole;
    for (size_t times = i ? 1 + below(random, 4) : 0; times > 0 && !bytes.empty(); times--) {
      const size_t at = below(random, random() % 2 ? std::min<size_t>(bytes.size(), 80) : bytes.size());
      bytes[at] = static_cast<char>(random());
      if (random() % 8 == 0) bytes.resize(at);
    }
    drumjax::Wav wav;
    const std::vector<uint8_t> own(bytes.begin(), bytes.end());  // of exactly this size
    if (drumjax::read_wav(own.data(), own.size(), wav)) {
      if (i == 0) return std::fprintf(stderr, "the WAV itself is refused\n"), 1;
      continue;
    }
    read++;
    drumjax_sound* sound = nullptr;
    if (drumjax_listen(player, wav.samples.data(), wav.count(), wav.channels, wav.rate, mix.data(), &sound)) continue;
    heard++;
    const float knobs[3] = {0, random() % 2 ? 0.0f : 0.1f, static_cast<float>(random() % 7) - 3};
    std::vector<float> wave(static_cast<size_t>(drumjax_edit_samples(player, sound)) * wav.channels);
    for (const bool edited : {true, false}) {
      const int length = i % 8   ? 0
                         : edited ? drumjax_edit(player, sound, knobs, mix.data(), 0, nullptr, wave.data())
                                  : drumjax_take(player, sound, knobs, i, nullptr, wave.data());
      for (int at = 0; at < length * wav.channels; at++) {
        if (!std::isfinite(wave[at])) return std::fprintf(stderr, "WAV %ld is edited wrongly\n", i), 1;
      }
    }
    drumjax_sound_free(sound);
  }
  drumjax_player_free(player);
  return std::printf("%ld damaged WAV files: %ld read, %ld heard\n", count, read, heard), 0;
}

int main(int count, char** arguments) {
  if (count != 4 && count != 5) return std::fprintf(stderr, "usage: fuzz FILE COUNT SEED [WAV]\n"), 2;
  const std::string whole = contents(arguments[1]);
  Random random(std::strtoull(arguments[3], nullptr, 10));
  if (count == 5) {
    char error[100];
    drumjax_instrument* const instrument = drumjax_load(whole.data(), whole.size(), error, sizeof error);
    if (!instrument) return std::fprintf(stderr, "the file itself is refused: %s\n", error), 1;
    const int result = hear(instrument, contents(arguments[4]), std::atol(arguments[2]), random);
    drumjax_free(instrument);
    return result;
  }
  long loaded = 0, refused = 0;
  for (long i = 0; i < std::atol(arguments[2]); i++) {
    std::string bytes = whole;
    for (size_t times = i ? 1 + below(random, 4) : 0; times > 0; times--) damage(bytes, random);  // the first is whole
    char error[100];
    drumjax_instrument* const instrument = drumjax_load(bytes.data(), bytes.size(), error, sizeof error);
    refused += !instrument, loaded += instrument != nullptr;
    if (instrument && !plays(instrument, random)) return std::fprintf(stderr, "file %ld plays wrongly\n", i), 1;
    if (!instrument && i == 0) return std::fprintf(stderr, "the file itself is refused: %s\n", error), 1;
    drumjax_free(instrument);
  }
  std::printf("%ld damaged files: %ld refused, %ld played\n", refused + loaded, refused, loaded);
}
