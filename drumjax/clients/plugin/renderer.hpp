// The thread that renders the takes of all pads ahead of their hits.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "../engine/drumjax.h"
#include "../engine/resample.hpp"
#include "files.hpp"
#include "settings.hpp"
#include "shelf.hpp"

namespace drumjax {

constexpr int OUTLINE = 200;  // points of a picture of a wave

// An instrument file; all plugins of a process share one.
struct Instrument {
  drumjax_instrument *handle = nullptr;
  std::string id;  // a hash of the file

  ~Instrument() { drumjax_free(handle); }

  // The file drumjax.safetensors beside the plugin's binary, or in the Resources of its bundle. If there is none that can
  // be read, NULL, and `error` is a line that says why.
  static std::shared_ptr<const Instrument> shared(const std::string &binary, std::string &error);
};

class Renderer {
 public:
  Renderer(Settings &settings, Shelf &shelf, const Files &files) : settings(settings), shelf(shelf), files(files) {}
  ~Renderer();

  void load(const std::string &binary);

  // Renders for a rate from now on, in Hz. Returns when every pad has a sound, at most some seconds later.
  void start(double rate);

  // True if the last settings of a pad have been rendered.
  bool ready(int pad) const;

  // Highest absolute values of a pad's sound, over equal parts of a second; the sound's peak is 1.
  const std::atomic<float> *outline(int pad) const { return outlines[pad]; }

  std::shared_ptr<const Instrument> instrument;
  std::string error;  // why there is no instrument

 private:
  void run();
  bool work();
  void render(int pad, int take, uint32_t version);
  int edit(int pad, const std::shared_ptr<const File> &file, const float *knobs, const float *mix, int number);
  std::unique_ptr<float[]> resampled(const float *from, int channels, int channel, int length, double step);

  struct Heard {  // of a pad
    std::shared_ptr<const File> file;
    int drum_class = -1;
    drumjax_sound *sound = nullptr;  // NULL: a file that the instrument cannot listen to, played as it is
  };

  Settings &settings;
  Shelf &shelf;
  const Files &files;
  std::thread thread;
  std::atomic<bool> stopping{false};
  std::atomic<double> rate{0};
  std::atomic<float> outlines[PADS][OUTLINE] = {};

  // of the thread
  drumjax_player *player = nullptr;
  std::unique_ptr<float[]> wave, base;
  Heard heard[PADS];
  std::vector<float> edited, side;
  Resampler resampler;
  uint32_t renders[PADS] = {};
  uint32_t versions[PADS] = {};
  int last = PADS - 1;
};

}  // namespace drumjax
