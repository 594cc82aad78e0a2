// Random numbers of a seed, those of drumjax/sound/seeds.py: Philox4x64-10 (Salmon et al. 2011), and Box and Muller's
// normal numbers from two uniform ones.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace drumjax::engine {

enum Stream : uint64_t { kDraws, kTakes, kNoise };

class Numbers {
 public:
  Numbers(uint64_t seed, Stream stream) : key_{seed, stream} {}

  // In [0, 1).
  double uniform() { return static_cast<double>(word() >> 11) * 0x1p-53; }

  // Calls put(i, x) with `count` normal numbers.
  template <class Put>
  void normal(size_t count, Put put) {
    for (size_t i = 0; i < count; i += 2) {
      const double u = uniform(), v = uniform();
      const double radius = std::sqrt(-2 * std::log1p(-u)), angle = 2 * 3.14159265358979323846 * v;
      put(i, radius * std::cos(angle));
      if (i + 1 < count) put(i + 1, radius * std::sin(angle));
    }
  }

  // An index below `count`, with a probability in proportion to weight(index).
  template <class Weight>
  int choose(int count, Weight weight) {
    double total = 0;
    for (int i = 0; i < count; i++) total += weight(i);
    const double target = uniform() * total;
    double sum = 0;
    int last = 0;
    for (int i = 0; i < count; i++) {
      if (weight(i) > 0) last = i;
      sum += weight(i);
      if (sum > target) return i;
    }
    return last;
  }

 private:
  uint64_t word() {
    if (next_ == 4) {
      for (int i = 0; i < 4 && ++counter_[i] == 0; i++) {}
      block();
      next_ = 0;
    }
    return block_[next_++];
  }

  void block() {
    uint64_t a = counter_[0], b = counter_[1], c = counter_[2], d = counter_[3], key[2] = {key_[0], key_[1]};
    for (int round = 0; round < 10; round++) {
      const unsigned __int128 first = static_cast<unsigned __int128>(0xD2E7470EE14C6C93u) * a;
      const unsigned __int128 second = static_cast<unsigned __int128>(0xCA5A826395121157u) * c;
      a = static_cast<uint64_t>(second >> 64) ^ b ^ key[0];
      b = static_cast<uint64_t>(second);
      c = static_cast<uint64_t>(first >> 64) ^ d ^ key[1];
      d = static_cast<uint64_t>(first);
      key[0] += 0x9E3779B97F4A7C15u;
      key[1] += 0xBB67AE8584CAA73Bu;
    }
    block_[0] = a, block_[1] = b, block_[2] = c, block_[3] = d;
  }

  uint64_t key_[2], counter_[4] = {}, block_[4] = {};
  int next_ = 4;
};

}  // namespace drumjax::engine
