// Sounds of the user's: latents found, edits that leave a sound itself where the latents stay, and takes. The formulas
// are those of own.py, anchor.py, noise.py and encoding.py in drumjax/play and of drumjax/sound/trimming.py, whose
// comments give the reasons.
#pragma once

#include "player.hpp"

namespace drumjax::engine {

struct Sound {
  int rate = 0, channels = 0, count = 0, start = 0;  // Hz; samples of a channel, and before the sound begins
  std::vector<float> wave;                           // (count, channels)
  std::vector<float> offset, mix, z;
  float error_db = 0;

  std::vector<float> channel(int c, int from = 0) const {
    std::vector<float> samples;
    for (int i = from; i < count; i++) samples.push_back(wave[static_cast<size_t>(i) * channels + c]);
    return samples;
  }

  // Samples of each channel of an edit, at most: the model's own sound may last longer.
  int most(const Settings& s) const {
    return std::max(count, start + static_cast<int>(std::lround(static_cast<double>(s.samples) * rate / s.rate)));
  }
};

// Finds the latents of a sound, of which the first four fields and the mix are set. Returns 0 or an error of drumjax.h.
int listen(Player& player, Sound& sound);

// The sound moved to latents of a mix: the number of samples of each channel of `out`, or an error.
int edit(Player& player, const Sound& sound, const float* z, const float* mix, int64_t take, float* out);

// Another take of the sound: moved to latents, which it varies, its noise that of a seed. Returns as `edit` does.
int take(Player& player, const Sound& sound, float* z, uint64_t seed, float* out);

}  // namespace drumjax::engine
