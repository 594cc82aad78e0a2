// What runs on the audio thread: no allocation, lock or system call, but for the waking of the renderer.
#pragma once

#include "settings.hpp"
#include "shelf.hpp"

namespace drumjax {

constexpr int VOICES = 64;

class Voices {
 public:
  Voices(Settings &settings, Shelf &shelf) : settings(settings), shelf(shelf) {}
  ~Voices();

  // Ends all sounds; before blocks at this rate in Hz.
  void reset(double rate);

  // Begins a block.
  void begin(int frames);

  // A MIDI message at the current frame.
  void receive(const uint8_t *message, int size);

  // Adds the next frames of all voices to the outputs: the mix, then the pads, two channels each.
  void add(float *const *outputs, int from, int frames);

  // Hits of each pad so far, for its light.
  std::atomic<uint32_t> struck[PADS] = {};

 private:
  struct Voice {
    Sound *sound = nullptr;  // NULL: free
    int pad, position, channel;
    float gain, decay;                          // gain falls by the factor `decay` at every sample
    float fade, fade_step;                      // 1 until the voice is choked
    bool filtered;                              // low-pass of two poles, for soft hits
    float first, second, third;                 // its coefficients
    float state[2], state_2[2];                 // of the left and the right side
  };
  struct Mix {  // of a pad, over the samples of a block
    float pan = 0, level = 0, goal_left = 0, goal_right = 0;
    float left = 0, right = 0, step_left = 0, step_right = 0;
  };

  void hit(int pad, int velocity);
  Sound *next_take(int pad);
  Voice &free_voice();
  void end(Voice &voice);
  static float filtered(Voice &voice, int side, float value);

  Settings &settings;
  Shelf &shelf;
  double rate = 48000;
  Voice voices[VOICES];
  Mix mixes[PADS];
  Sound *takes[PADS][TAKES] = {};
  int hits[PADS] = {};
};

}  // namespace drumjax
