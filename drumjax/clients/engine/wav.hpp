// Reads WAV files: PCM of 8 to 32 bits and floats. Damaged bytes never reach beyond the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace drumjax {

struct Wav {
  int rate = 0, channels = 0;
  std::vector<float> samples;  // the channels of each sample in turn

  int count() const { return channels ? static_cast<int>(samples.size() / channels) : 0; }
};

// NULL, or why the bytes cannot be read. A file that was cut off gives what is there.
inline const char* read_wav(const uint8_t* bytes, size_t size, Wav& wav) {
  constexpr size_t kMostChannels = 32, kMostSamples = size_t{1} << 27;
  const auto whole = [&](size_t at, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= static_cast<uint64_t>(bytes[at + i]) << 8 * i;
    return value;
  };
  const auto is = [&](size_t at, const char* name) { return std::memcmp(bytes + at, name, 4) == 0; };
  if (size < 12 || !is(0, "RIFF") || !is(8, "WAVE")) return "it is no WAV file";
  size_t kind = 0, bits = 0, from = 0, length = 0;
  for (size_t at = 12; size - at >= 8 && !from;) {
    const size_t own = whole(at + 4, 4), left = size - at - 8;
    if (is(at, "fmt ") && own >= 16 && left >= 16) {
      kind = whole(at + 8, 2), wav.channels = static_cast<int>(whole(at + 10, 2)), bits = whole(at + 22, 2);
      wav.rate = static_cast<int>(whole(at + 12, 4) & 0x7FFFFFFF);
      if (kind == 0xFFFE && own >= 40 && left >= 40) kind = whole(at + 32, 2);  // the first bytes of a subformat
    }
    if (is(at, "data")) from = at + 8, length = own < left ? own : left;
    if (own + own % 2 >= left) break;
    at += 8 + own + own % 2;
  }
  const size_t wide = bits / 8, channels = static_cast<size_t>(wav.channels);
  const bool integers = kind == 1 && wide >= 1 && wide <= 4, floats = kind == 3 && (wide == 4 || wide == 8);
  if (!from || channels < 1 || channels > kMostChannels || bits % 8) return "it has no samples";
  if (!integers && !floats) return "its samples are neither integers nor floats";
  const size_t count = length / (wide * channels) * channels;
  if (count > kMostSamples) return "it is too long";
  wav.samples.resize(count);
  for (size_t i = 0; i < count; i++) {
    const uint64_t value = whole(from + i * wide, static_cast<int>(wide));
    if (floats && wide == 8) {
      double x;
      std::memcpy(&x, &value, sizeof x);
      wav.samples[i] = x > -1e30 && x < 1e30 ? static_cast<float>(x) : 0;
    } else if (floats) {
      const uint32_t half = static_cast<uint32_t>(value);
      std::memcpy(&wav.samples[i], &half, sizeof half);
    } else {  // bytes are unsigned
      const uint32_t high = static_cast<uint32_t>(value << (32 - bits)) ^ (wide == 1 ? 0x80000000u : 0);
      wav.samples[i] = static_cast<float>(static_cast<int32_t>(high) / 2147483648.0);
    }
  }
  return nullptr;
}

}  // namespace drumjax
