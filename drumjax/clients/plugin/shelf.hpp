// Rendered sounds on their way to the audio thread and back, without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "pads.hpp"

namespace drumjax {

constexpr int TAKES = 4;  // ready for each pad while takes change from hit to hit

struct Sound {
  std::unique_ptr<float[]> samples;  // at the host's rate
  std::unique_ptr<float[]> right;    // of a stereo sound, whose left side `samples` are; else NULL
  int length = 0;
  int users = 0;          // belongs to the audio thread: voices, and a place among the pad's takes
  Sound *next = nullptr;  // of the sounds that are done with
};

// Each place holds at most one sound that the audio thread has not fetched. The worker puts a newer one in its place
// and frees the older: the newest wins. What the audio thread has done with, it pushes on a stack for the worker.
class Shelf {
 public:
  ~Shelf() {
    free_done();
    for (auto &pad : places)
      for (auto &place : pad) delete place.fresh.load();
  }

  // Worker: puts a sound in its place.
  void put(int pad, int take, Sound *sound, uint32_t version) {
    Place &place = places[pad][take];
    delete place.fresh.exchange(sound, std::memory_order_acq_rel);
    place.version.store(version, std::memory_order_release);
  }

  // Worker: frees what the audio thread has done with.
  void free_done() {
    for (Sound *sound = done.exchange(nullptr, std::memory_order_acquire); sound;) {
      Sound *next = sound->next;
      delete sound;
      sound = next;
    }
  }

  // Any thread: the version of the last sound put in a place, 0 if there was none.
  uint32_t version(int pad, int take) const { return places[pad][take].version.load(std::memory_order_acquire); }

  // Any thread: true if the audio thread has fetched the last sound of a place.
  bool fetched(int pad, int take) const { return !places[pad][take].fresh.load(std::memory_order_acquire); }

  // Audio thread: the sound in a place if there is a new one.
  Sound *fetch(int pad, int take) { return places[pad][take].fresh.exchange(nullptr, std::memory_order_acq_rel); }

  // Audio thread: one user of a sound less.
  void release(Sound *sound) {
    if (!sound || --sound->users) return;
    sound->next = done.load(std::memory_order_relaxed);
    while (!done.compare_exchange_weak(sound->next, sound, std::memory_order_release)) {
    }
  }

 private:
  struct Place {
    std::atomic<Sound *> fresh{nullptr};
    std::atomic<uint32_t> version{0};
  };
  Place places[PADS][TAKES];
  std::atomic<Sound *> done{nullptr};
};

}  // namespace drumjax
