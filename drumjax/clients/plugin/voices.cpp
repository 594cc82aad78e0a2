#include "voices.hpp"

#include <algorithm>
#include <cmath>

namespace drumjax {

namespace {

constexpr float PI = 3.14159265f;
constexpr float CHOKE_SECONDS = 0.005f;
constexpr float HIGHEST_HZ = 20000;   // cutoff of the hardest hits; that of the softest is two octaves lower
constexpr float DECAY_PER_SECOND = 5;  // nepers at a decay of 50 %

enum { NOTE_ON = 0x90, CONTROLLER = 0xB0, ALL_SOUND_OFF = 120, ALL_NOTES_OFF = 123 };

}  // namespace

Voices::~Voices() {
  for (Voice &voice : voices) end(voice);
  for (auto &pad : takes)
    for (Sound *take : pad) shelf.release(take);
}

void Voices::reset(double new_rate) {
  rate = new_rate;
  for (Voice &voice : voices) end(voice);
}

void Voices::end(Voice &voice) {
  shelf.release(voice.sound);
  voice.sound = nullptr;
}

void Voices::begin(int frames) {
  bool sounding[PADS] = {};
  for (const Voice &voice : voices)
    if (voice.sound) sounding[voice.pad] = true;
  for (int pad = 0; pad < PADS; ++pad) {
    Mix &mix = mixes[pad];
    const float pan = settings.get(pad, PAN), level = settings.get(pad, LEVEL);
    mix.left = mix.goal_left;
    mix.right = mix.goal_right;
    if (pan != mix.pan || level != mix.level || mix.goal_left + mix.goal_right == 0) {
      const float gain = level > SILENT_DB ? std::pow(10.0f, level / 20) : 0;
      mix.pan = pan;
      mix.level = level;
      mix.goal_left = gain * std::cos(PI / 4 * (1 + pan));
      mix.goal_right = gain * std::sin(PI / 4 * (1 + pan));
    }
    if (!sounding[pad]) {
      mix.left = mix.goal_left;
      mix.right = mix.goal_right;
    }
    mix.step_left = (mix.goal_left - mix.left) / frames;
    mix.step_right = (mix.goal_right - mix.right) / frames;
  }
}

void Voices::receive(const uint8_t *message, int size) {
  const int kind = size == 3 ? message[0] & 0xF0 : 0;
  if (kind == NOTE_ON && message[2]) {
    for (int pad = 0; pad < PADS; ++pad)
      if (int(settings.get(pad, KEY)) == message[1]) hit(pad, std::min<int>(message[2], 127));
  } else if (kind == CONTROLLER && (message[1] == ALL_SOUND_OFF || message[1] == ALL_NOTES_OFF)) {
    for (Voice &voice : voices) voice.fade_step = 1 / (CHOKE_SECONDS * float(rate));
  }
}

void Voices::hit(int pad, int velocity) {
  if (const int group = LAYOUT[pad].mute_group)
    for (Voice &voice : voices)
      if (voice.sound && voice.position > 0 && LAYOUT[voice.pad].mute_group == group)
        voice.fade_step = 1 / (CHOKE_SECONDS * float(rate));
  struck[pad].fetch_add(1, std::memory_order_relaxed);
  Sound *sound = next_take(pad);
  if (!sound) return;
  ++sound->users;

  Voice &voice = free_voice();
  const float strength = velocity / 127.0f;
  const float cutoff = HIGHEST_HZ * std::exp2(2 * (strength - 1));
  const float g = std::tan(PI * cutoff / float(rate));
  voice.sound = sound;
  voice.pad = pad;
  voice.position = 0;
  voice.channel = settings.get(pad, OUTPUT) > 0.5f ? 2 + 2 * pad : 0;
  voice.gain = strength * strength;
  voice.decay = std::exp(-DECAY_PER_SECOND * (100 / settings.get(pad, DECAY) - 1) / float(rate));
  voice.fade = 1;
  voice.fade_step = 0;
  voice.filtered = velocity < 127 && cutoff < 0.49f * float(rate);
  voice.first = 1 / (1 + g * (g + std::sqrt(2.0f)));
  voice.second = g * voice.first;
  voice.third = g * voice.second;
  for (int side : {0, 1}) voice.state[side] = voice.state_2[side] = 0;
}

// The pad's takes in turn, but only those of the newest settings that are rendered; NULL if nothing is yet.
Sound *Voices::next_take(int pad) {
  int found = hits[pad] % TAKES;
  for (int i = 1; i < TAKES; ++i) {
    const int take = (hits[pad] + i) % TAKES;
    if (int32_t(shelf.version(pad, take) - shelf.version(pad, found)) > 0) found = take;
  }
  hits[pad] = found + 1;
  Sound *&current = takes[pad][found];
  if (Sound *fresh = shelf.fetch(pad, found)) {
    shelf.release(current);
    current = fresh;
    ++current->users;
    settings.wake();
  }
  return current;
}

// A voice that is free, or else the one that has played longest.
Voices::Voice &Voices::free_voice() {
  Voice *longest = voices;
  for (Voice &voice : voices) {
    if (!voice.sound) return voice;
    if (voice.position > longest->position) longest = &voice;
  }
  end(*longest);
  return *longest;
}

// State-variable filter of the trapezoidal rule.
float Voices::filtered(Voice &voice, int side, float value) {
  float &state = voice.state[side], &state_2 = voice.state_2[side];
  const float high = value - state_2;
  const float band = voice.first * state + voice.second * high;
  const float low = state_2 + voice.second * state + voice.third * high;
  state = 2 * band - state;
  state_2 = 2 * low - state_2;
  return low;
}

void Voices::add(float *const *outputs, int from, int frames) {
  for (Voice &voice : voices) {
    if (!voice.sound) continue;
    const Mix &mix = mixes[voice.pad];
    const float *samples = voice.sound->samples.get() + voice.position;
    const float *right = voice.sound->right ? voice.sound->right.get() + voice.position : nullptr;
    float *out_left = outputs[voice.channel], *out_right = outputs[voice.channel + 1];
    const int count = std::min(frames, voice.sound->length - voice.position);
    for (int i = 0; i < count && voice.fade > 0; ++i) {
      const float gain = voice.gain * voice.fade;
      const float first = gain * (voice.filtered ? filtered(voice, 0, samples[i]) : samples[i]);
      const float second = !right ? first : gain * (voice.filtered ? filtered(voice, 1, right[i]) : right[i]);
      voice.gain *= voice.decay;
      voice.fade -= voice.fade_step;
      out_left[from + i] += first * (mix.left + mix.step_left * (from + i));
      out_right[from + i] += second * (mix.right + mix.step_right * (from + i));
    }
    voice.position += count;
    if (voice.position >= voice.sound->length || voice.fade <= 0) end(voice);
  }
}

}  // namespace drumjax
