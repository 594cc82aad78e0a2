// The plugin's parameters, which any thread reads and sets without a lock.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>

#include "pads.hpp"

namespace drumjax {

class Settings {
 public:
  Settings() {
    for (int pad = 0; pad < PADS; ++pad)
      for (int control = 0; control < CONTROLS; ++control)
        values[pad * CONTROLS + control] = initial(pad, control);
    values[HUMANISE] = 1;
    for (auto &version : versions) version = 1;
  }

  float get(int index) const { return values[index].load(std::memory_order_acquire); }
  float get(int pad, Control control) const { return get(parameter(pad, control)); }
  bool humanises() const { return get(HUMANISE) > 0.5f; }

  // Sets a parameter to the nearest value that it can have; not-a-number changes nothing.
  void set(int index, float value) {
    if (index < 0 || index >= PARAMETERS || std::isnan(value)) return;
    const int control = index % CONTROLS;
    const Range &range = RANGES[control];
    if (index == HUMANISE)
      value = value > 0.5f;
    else
      value = std::fmin(std::fmax(range.whole ? std::round(value) : value, range.least), range.most);
    if (values[index].exchange(value, std::memory_order_acq_rel) == value) return;
    if (index == HUMANISE)
      renew();
    else if (control <= PITCH)
      renew(index / CONTROLS);
  }

  // The version of a pad's sound, 1 at first: read before the settings it is rendered from, it is never too new.
  uint32_t version(int pad) const { return versions[pad].load(std::memory_order_acquire); }

  void renew(int pad) {
    versions[pad].fetch_add(1, std::memory_order_acq_rel);
    wake();
  }
  void renew() {
    for (int pad = 0; pad < PADS; ++pad) renew(pad);
  }

  // Wakes the thread that waits for work.
  void wake() {
    changes.fetch_add(1, std::memory_order_acq_rel);
    changes.notify_one();
  }

  std::atomic<uint32_t> changes{0};

 private:
  std::atomic<float> values[PARAMETERS];
  std::atomic<uint32_t> versions[PADS];
};

}  // namespace drumjax
