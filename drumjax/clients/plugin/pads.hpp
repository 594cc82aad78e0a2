// The sixteen pads and the parameters of each: the layout of drumjax/kits/pads.py.
#pragma once

namespace drumjax {

constexpr int PADS = 16;

struct Pad {
  const char *name, *symbol;
  int key;         // MIDI note
  int drum_class;  // its place in drumjax.config.CLASSES
  int seed;        // of its first sound
  int mute_group;  // pads of one group end each other's sounds; 0: nothing ends them
};

#include "layout.hpp"

constexpr int CLASSES = 11;
constexpr const char *CLASS_NAMES[CLASSES] = {"Kick", "Clap", "Snare", "Open hat", "Closed hat", "Tambourine", "Conga", "Bongo", "Shaker", "Snap", "Tom"};

constexpr const char *OUTPUT_NAMES[] = {"Main", "Own"};

enum Control { DRUM_CLASS, KNOB_1, KNOB_2, KNOB_3, SEED, TAKE, PITCH, DECAY, PAN, LEVEL, OUTPUT, KEY, CONTROLS };

struct Range {
  const char *name, *symbol, *unit;
  float least, most, initial;  // DRUM_CLASS, SEED and KEY begin as LAYOUT has them
  bool whole;                  // takes whole numbers only
};

constexpr float SILENT_DB = -60;  // this level and below
constexpr int FARTHEST_SEED = 9999;

constexpr Range RANGES[CONTROLS] = {
    {"Class", "class", "", 0, CLASSES - 1, 0, true},
    {"Knob 1", "knob_1", "", -3, 3, 0, false},  // knobs: standard deviations of the class
    {"Knob 2", "knob_2", "", -3, 3, 0, false},
    {"Knob 3", "knob_3", "", -3, 3, 0, false},
    {"Seed", "seed", "", 0, FARTHEST_SEED, 0, true},  // of a new sound; 0: the centre of the class
    {"Take", "take", "", 0, 999, 0, true},
    {"Pitch", "pitch", "st", -24, 24, 0, false},
    {"Decay", "decay", "%", 2, 100, 100, false},  // 100: as rendered
    {"Pan", "pan", "", -1, 1, 0, false},
    {"Level", "level", "dB", SILENT_DB, 6, 0, false},
    {"Output", "output", "", 0, 1, 0, true},  // 0: the mix, 1: the pad's own pair
    {"Key", "key", "", 0, 127, 0, true},
};

// Parameters are numbered pad by pad; after them come those of the whole instrument.
constexpr int HUMANISE = PADS * CONTROLS, PARAMETERS = HUMANISE + 1;

constexpr int parameter(int pad, Control control) { return pad * CONTROLS + control; }

constexpr float initial(int pad, int control) {
  return control == DRUM_CLASS ? LAYOUT[pad].drum_class
         : control == SEED     ? LAYOUT[pad].seed
         : control == KEY      ? LAYOUT[pad].key
                               : RANGES[control].initial;
}

}  // namespace drumjax
