// Sound files of the user's on pads. The audio thread never sees them: renderer, window and host share them by a lock.
#pragma once

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../engine/wav.hpp"
#include "pads.hpp"

namespace drumjax {

constexpr size_t LARGEST_FILE = 1 << 25;
constexpr int LONGEST_SECONDS = 30;

inline std::vector<char> contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct File {
  std::string name;
  std::vector<char> bytes;
  Wav wav;

  // NULL, and why, where the bytes are no WAV that a pad can play.
  static std::shared_ptr<const File> of(const std::string &name, std::vector<char> bytes, std::string &error) {
    auto file = std::make_shared<File>();
    const char *reason = bytes.size() > LARGEST_FILE ? "it is larger than 32 MB" : nullptr;
    if (!reason) reason = read_wav(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size(), file->wav);
    if (!reason && (file->wav.rate < 1000 || file->wav.rate > 768000)) reason = "its rate is not 1,000 to 768,000 Hz";
    if (!reason && !file->wav.count()) reason = "it has no samples";
    if (!reason && file->wav.count() / file->wav.rate >= LONGEST_SECONDS) reason = "it is longer than 30 s";
    for (size_t i = 0; !reason && i < file->wav.samples.size(); ++i)
      if (!(std::abs(file->wav.samples[i]) < 1e6f)) reason = "its samples are not finite";
    if (reason) return error = name + ": " + reason, nullptr;
    file->name = name;
    file->bytes = std::move(bytes);
    return file;
  }

  static std::shared_ptr<const File> read(const std::string &path, std::string &error) {
    std::string name = path.substr(path.find_last_of("/\\") + 1);
    for (char &letter : name)
      if (letter < ' ' || letter > '~' || letter == ':') letter = '_';
    return of(name, contents(path), error);
  }

  // As text, for the state of a song: the name, a colon, and the bytes in base 64.
  std::string text() const {
    std::string out = name + ":";
    uint32_t bits = 0;
    int held = 0;
    for (const char byte : bytes)
      for (bits = bits << 8 | static_cast<uint8_t>(byte), held += 8; held >= 6; held -= 6) out += DIGITS[bits >> (held - 6) & 63];
    if (held) out += DIGITS[bits << (6 - held) & 63];
    return out;
  }

  static std::shared_ptr<const File> of_text(const std::string &text, std::string &error) {
    const size_t colon = text.find(':');
    std::vector<char> bytes;
    uint32_t bits = 0;
    int held = 0;
    for (size_t at = colon == std::string::npos ? text.size() : colon + 1; at < text.size(); ++at) {
      const char *digit = text[at] ? std::strchr(DIGITS, text[at]) : nullptr;
      if (!digit) break;
      bits = bits << 6 | uint32_t(digit - DIGITS);
      if ((held += 6) >= 8) bytes.push_back(char(bits >> (held -= 8)));
    }
    return of(text.substr(0, colon), std::move(bytes), error);
  }

 private:
  static constexpr const char *DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
};

class Files {
 public:
  std::shared_ptr<const File> get(int pad) const {
    const std::lock_guard<std::mutex> lock(mutex);
    return files[pad];
  }

  void set(int pad, std::shared_ptr<const File> file) {
    const std::lock_guard<std::mutex> lock(mutex);
    files[pad] = std::move(file);
  }

 private:
  mutable std::mutex mutex;
  std::shared_ptr<const File> files[PADS];
};

}  // namespace drumjax
