// The plugin as DPF has it: outputs, parameters, state, blocks.
#include <algorithm>
#include <cstring>
#include <string>

#include "DistrhoPluginUtils.hpp"
#include "plugin.hpp"

START_NAMESPACE_DISTRHO

using namespace drumjax;

class DrumMachine : public Drums {
 public:
  DrumMachine() : Drums(PARAMETERS, 0, 1 + PADS) {
    if (isDummyInstance()) return;
    renderer.load(getBinaryFilename());
    if (!renderer.instrument) d_stderr("drumjax: %s", renderer.error.c_str());
  }

 protected:
  const char *getLabel() const override { return "drumjax"; }
  const char *getDescription() const override { return "A neural drum machine: three knobs and a class to each pad."; }
  const char *getMaker() const override { return "drumjax"; }
  const char *getLicense() const override { return "Apache-2.0"; }
  uint32_t getVersion() const override { return d_version(0, 1, 0); }
  int64_t getUniqueId() const override { return d_cconst('D', 'r', 'J', 'x'); }

  void initAudioPort(bool, uint32_t index, AudioPort &port) override {
    const uint32_t pair = index / 2;
    const String name(pair ? LAYOUT[pair - 1].name : "Main"), symbol(pair ? LAYOUT[pair - 1].symbol : "main");
    port.name = name + (index % 2 ? " right" : " left");
    port.symbol = symbol + (index % 2 ? "_right" : "_left");
    port.groupId = pair;
  }

  void initPortGroup(uint32_t group, PortGroup &names) override {
    names.name = group ? LAYOUT[group - 1].name : "Main";
    const char letter[] = {char('a' + group), 0};  // some hosts sort outputs by symbol
    names.symbol = String("output_") + letter;
  }

  void initParameter(uint32_t index, Parameter &parameter) override {
    parameter.hints = kParameterIsAutomatable;
    if (index == HUMANISE) {
      parameter.hints |= kParameterIsBoolean;
      parameter.name = "Humanise";
      parameter.symbol = "humanise";
      parameter.ranges = ParameterRanges(1, 0, 1);
      return;
    }
    const Pad &pad = LAYOUT[index / CONTROLS];
    const int control = index % CONTROLS;
    const Range &range = RANGES[control];
    if (range.whole) parameter.hints |= kParameterIsInteger;
    parameter.name = String(pad.name) + " " + range.name;
    parameter.symbol = String(pad.symbol) + "_" + range.symbol;
    parameter.unit = range.unit;
    parameter.ranges = ParameterRanges(initial(index / CONTROLS, control), range.least, range.most);
    if (control == DRUM_CLASS) name_values(parameter, CLASS_NAMES, CLASSES);
    if (control == OUTPUT) name_values(parameter, OUTPUT_NAMES, 2);
  }

  float getParameterValue(uint32_t index) const override { return settings.get(index); }
  void setParameterValue(uint32_t index, float value) override { settings.set(index, value); }

  // The state beside the parameters: the hash of the instrument file that the song was made with, and the files on the
  // pads, whole, so that a song needs nothing else.
  void initState(uint32_t index, State &state) override {
    state.key = index ? String("file_") + LAYOUT[index - 1].symbol : String("instrument");
    state.label = index ? String(LAYOUT[index - 1].name) + " file" : String("Instrument");
    state.hints = index ? kStateIsOnlyForDSP : kStateIsHostReadable;
  }

  String getState(const char *key) const override {
    const int pad = pad_of(key);
    if (pad < 0) return String(renderer.instrument ? renderer.instrument->id.c_str() : made_with.c_str());
    const auto file = files.get(pad);
    return file ? String(file->text().c_str()) : String();
  }

  void setState(const char *key, const char *value) override {
    if (const int pad = pad_of(key); pad >= 0) {
      std::string error;
      const auto file = *value ? File::of_text(value, error) : nullptr;
      if (!error.empty()) d_stderr("drumjax: %s", error.c_str());
      return put(pad, file);
    }
    if (std::strcmp(key, "instrument")) return;
    made_with = value;
    if (renderer.instrument && !made_with.empty() && made_with != renderer.instrument->id)
      d_stderr("drumjax: the song was made with the instrument %s, this one is %s: it sounds otherwise",
               made_with.c_str(), renderer.instrument->id.c_str());
  }

  void activate() override {
    renderer.start(getSampleRate());
    voices.reset(getSampleRate());
  }

  void run(const float **, float **outputs, uint32_t frames, const MidiEvent *events, uint32_t count) override {
    for (int channel = 0; channel < DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel)
      std::memset(outputs[channel], 0, frames * sizeof(float));
    voices.begin(frames);
    uint32_t from = 0;
    for (const MidiEvent *event = events; event != events + count; ++event) {
      const uint32_t at = std::min(std::max(event->frame, from), frames);
      voices.add(outputs, from, at - from);
      voices.receive(event->data, event->size > MidiEvent::kDataSize ? 0 : event->size);
      from = at;
    }
    voices.add(outputs, from, frames - from);
  }

 private:
  // The pad of a state's key; -1: another state.
  static int pad_of(const std::string &key) {
    for (int pad = 0; pad < PADS; ++pad)
      if (key == std::string("file_") + LAYOUT[pad].symbol) return pad;
    return -1;
  }

  static void name_values(Parameter &parameter, const char *const *names, int count) {
    parameter.enumValues.count = count;
    parameter.enumValues.restrictedMode = true;
    parameter.enumValues.values = new ParameterEnumerationValue[count];
    for (int i = 0; i < count; ++i) parameter.enumValues.values[i] = {float(i), names[i]};
  }
};

Plugin *createPlugin() { return new DrumMachine; }

END_NAMESPACE_DISTRHO
