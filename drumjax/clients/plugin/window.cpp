// The plugin's window: pads, the knobs and controls of the selected pad, its map and its wave.
#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "DistrhoUI.hpp"
#include "plugin.hpp"

START_NAMESPACE_DISTRHO

using namespace drumjax;

namespace {

// The colours of the server's page.
const Color BACKGROUND(0x0c, 0x0d, 0x10), PANEL(0x16, 0x18, 0x1d), RAISED(0x22, 0x26, 0x2d), EDGE(0x34, 0x3a, 0x45);
const Color TEXT(0xec, 0xee, 0xf2), MUTED(0xa2, 0xa9, 0xb6), ACCENT(0xff, 0x9f, 0x43), CHOSEN(0xd5, 0xda, 0xe4);

struct Box {
  float x, y, width, height;
  bool holds(double px, double py) const { return px >= x && py >= y && px < x + width && py < y + height; }
};

constexpr Box PAD_AREA = {20, 20, 376, 376}, MAP = {416, 20, 300, 300}, SLIDER = {732, 20, 30, 300};
constexpr Box CLASS = {778, 20, 102, 40}, NEW = {778, 72, 102, 40}, OWN = {778, 124, 102, 40}, HUMAN = {778, 176, 102, 40}, LOAD = {778, 228, 102, 40};
constexpr Box WAVE = {20, 412, 860, 108};
constexpr Control DIALS[] = {SEED, TAKE, PITCH, DECAY, PAN, LEVEL};
constexpr int DIAL_COUNT = sizeof DIALS / sizeof *DIALS;

Box dial_box(int i) { return {416 + 78.0f * i, 332, 74, 64}; }
Box pad_box(int pad) { return {PAD_AREA.x + pad % 4 * 96.0f, PAD_AREA.y + (3 - pad / 4) * 96.0f, 88, 88}; }

}  // namespace

class DrumWindow : public UI {
 public:
  DrumWindow() : UI(DISTRHO_UI_DEFAULT_WIDTH, DISTRHO_UI_DEFAULT_HEIGHT) {
    loadSharedResources();
    setGeometryConstraints(DISTRHO_UI_DEFAULT_WIDTH / 2, DISTRHO_UI_DEFAULT_HEIGHT / 2, true);
    for (int pad = 0; pad < PADS; ++pad)
      for (int control = 0; control < CONTROLS; ++control) values[pad * CONTROLS + control] = initial(pad, control);
    values[HUMANISE] = 1;
  }

 protected:
  void parameterChanged(uint32_t index, float value) override {
    if (index >= PARAMETERS) return;
    values[index] = value;
    repaint();
  }

  void stateChanged(const char *, const char *) override {}

  // Lights the pads that have been hit.
  void uiIdle() override {
    bool changed = ++idles % 8 == 0;  // a new wave may have been rendered
    for (int pad = 0; pad < PADS; ++pad) {
      const uint32_t hits = plugin().voices.struck[pad].load(std::memory_order_relaxed);
      lights[pad] = hits == struck[pad] ? std::max(0.0f, lights[pad] - 0.15f) : 1;
      changed |= lights[pad] > 0 || hits != struck[pad];
      struck[pad] = hits;
    }
    if (changed) repaint();
  }

  void onNanoDisplay() override {
    scale(getWidth() / float(DISTRHO_UI_DEFAULT_WIDTH), getHeight() / float(DISTRHO_UI_DEFAULT_HEIGHT));
    fill_box({0, 0, DISTRHO_UI_DEFAULT_WIDTH, DISTRHO_UI_DEFAULT_HEIGHT}, BACKGROUND, 0);
    for (int pad = 0; pad < PADS; ++pad) draw_pad(pad);
    draw_map();
    draw_slider();
    for (int i = 0; i < DIAL_COUNT; ++i) draw_dial(dial_box(i), DIALS[i]);
    draw_button(CLASS, CLASS_NAMES[int(value(DRUM_CLASS))], false);
    draw_button(NEW, "New sound", false);
    draw_button(OWN, value(OUTPUT) > 0.5f ? "Own output" : "Main output", value(OUTPUT) > 0.5f);
    draw_button(HUMAN, "Humanise", values[HUMANISE] > 0.5f);
    draw_button(LOAD, plugin().files.get(selected) ? "Other WAV" : "Load WAV", plugin().files.get(selected) != nullptr);
    draw_wave();
  }

  // A file for the pad that was selected when the browser opened.
  void uiFileBrowserSelected(const char *path) override {
    if (!path) return;
    trouble.clear();
    if (const auto file = File::read(path, trouble)) plugin().put(loading, file);
    repaint();
  }

  bool onMouse(const MouseEvent &event) override {
    const double x = event.pos.getX() * DISTRHO_UI_DEFAULT_WIDTH / getWidth();
    const double y = event.pos.getY() * DISTRHO_UI_DEFAULT_HEIGHT / getHeight();
    if (!event.press) return release();
    for (int pad = 0; pad < PADS; ++pad)
      if (const Box box = pad_box(pad); box.holds(x, y)) {
        selected = pad;
        held_key = int(values[parameter(pad, KEY)]);
        sendNote(0, held_key, std::clamp(int(127 * 1.4 * (box.y + box.height - y) / box.height), 30, 127));
        repaint();
        return true;
      }
    const bool back = event.button == kMouseButtonRight;  // to the initial value, or the class before
    if (MAP.holds(x, y)) return back ? (reset(KNOB_1), reset(KNOB_2)) : grab({KNOB_1, KNOB_2}, x, y);
    if (SLIDER.holds(x, y)) return back ? reset(KNOB_3) : grab({KNOB_3}, x, y);
    for (int i = 0; i < DIAL_COUNT; ++i)
      if (dial_box(i).holds(x, y)) return back ? reset(DIALS[i]) : grab({DIALS[i]}, x, y);
    if (CLASS.holds(x, y)) return set(DRUM_CLASS, (int(value(DRUM_CLASS)) + (back ? CLASSES - 1 : 1)) % CLASSES);
    if (NEW.holds(x, y)) return set(SEED, std::uniform_int_distribution<int>(1, FARTHEST_SEED)(random));
    if (OWN.holds(x, y)) return set(OUTPUT, value(OUTPUT) < 0.5f);
    if (HUMAN.holds(x, y)) return set_parameter(HUMANISE, values[HUMANISE] < 0.5f);
    if (LOAD.holds(x, y)) return back ? unload() : load();
    return false;
  }

  bool onMotion(const MotionEvent &event) override {
    if (grabbed.empty()) return false;
    drag(event.pos.getX() * DISTRHO_UI_DEFAULT_WIDTH / getWidth(), event.pos.getY() * DISTRHO_UI_DEFAULT_HEIGHT / getHeight());
    return true;
  }

  bool onScroll(const ScrollEvent &event) override {
    const double x = event.pos.getX() * DISTRHO_UI_DEFAULT_WIDTH / getWidth();
    const double y = event.pos.getY() * DISTRHO_UI_DEFAULT_HEIGHT / getHeight();
    for (int i = 0; i < DIAL_COUNT; ++i)
      if (dial_box(i).holds(x, y)) {
        const Range &range = RANGES[DIALS[i]];
        const float step = range.whole ? 1 : (range.most - range.least) / 100;
        return set(DIALS[i], value(DIALS[i]) + step * float(event.delta.getY()));
      }
    return false;
  }

 private:
  Drums &plugin() const { return *static_cast<Drums *>(getPluginInstancePointer()); }
  float value(Control control) const { return values[parameter(selected, control)]; }

  bool set_parameter(int index, float value) {
    values[index] = value;
    setParameterValue(index, value);
    repaint();
    return true;
  }

  bool set(Control control, float value) {
    const Range &range = RANGES[control];
    value = std::clamp(range.whole ? std::round(value) : value, range.least, range.most);
    return set_parameter(parameter(selected, control), value);
  }

  bool load() {
    FileBrowserOptions options;
    options.title = "A WAV file for the pad";
    loading = selected;
    openFileBrowser(options);
    return true;
  }

  bool unload() {
    plugin().put(selected, nullptr);
    trouble.clear();
    repaint();
    return true;
  }

  bool reset(Control control) { return set(control, initial(selected, control)); }

  bool grab(std::vector<Control> controls, double x, double y) {
    grabbed = std::move(controls);
    from_y = y;
    from_value = value(grabbed[0]);
    for (Control control : grabbed) editParameter(parameter(selected, control), true);
    if (grabbed[0] <= KNOB_3) drag(x, y);
    return true;
  }

  bool release() {
    if (held_key >= 0) sendNote(0, held_key, 0);
    held_key = -1;
    for (Control control : grabbed) editParameter(parameter(selected, control), false);
    grabbed.clear();
    return true;
  }

  void drag(double x, double y) {
    const Range &range = RANGES[grabbed[0]];
    const float whole = range.most - range.least;
    if (grabbed[0] == KNOB_1) {
      set(KNOB_1, range.least + whole * float(x - MAP.x) / MAP.width);
      set(KNOB_2, range.most - whole * float(y - MAP.y) / MAP.height);
    } else if (grabbed[0] == KNOB_3) {
      set(KNOB_3, range.most - whole * float(y - SLIDER.y) / SLIDER.height);
    } else {
      const float travel = grabbed[0] == SEED ? 2000 : 200;  // points for the whole range
      set(grabbed[0], from_value + whole * float(from_y - y) / travel);
    }
  }

  void fill_box(const Box &box, const Color &color, float radius = 6) {
    beginPath();
    roundedRect(box.x, box.y, box.width, box.height, radius);
    fillColor(color);
    fill();
  }

  void outline_box(const Box &box, const Color &color) {
    beginPath();
    roundedRect(box.x + 0.5f, box.y + 0.5f, box.width - 1, box.height - 1, 6);
    strokeColor(color);
    strokeWidth(1.5f);
    stroke();
  }

  void write(float x, float y, const char *words, const Color &color, float size = 13, int align = ALIGN_CENTER) {
    fontFace(NANOVG_DEJAVU_SANS_TTF);
    fontSize(size);
    textAlign(align | ALIGN_MIDDLE);
    fillColor(color);
    text(x, y, words, nullptr);
  }

  void draw_button(const Box &box, const char *words, bool on) {
    fill_box(box, on ? CHOSEN : RAISED);
    write(box.x + box.width / 2, box.y + box.height / 2, words, on ? BACKGROUND : TEXT);
  }

  void draw_pad(int pad) {
    const Box box = pad_box(pad);
    fill_box(box, RAISED);
    if (lights[pad] > 0) fill_box(box, Color(RAISED, ACCENT, lights[pad]));
    if (pad == selected) outline_box(box, CHOSEN);
    write(box.x + box.width / 2, box.y + box.height / 2, LAYOUT[pad].name, lights[pad] > 0.5f ? BACKGROUND : TEXT, 13);
  }

  // Where the knobs of the pad's sound lie among those of its class.
  void find_place() {
    const auto &instrument = plugin().renderer.instrument;
    const int drum_class = int(value(DRUM_CLASS)), seed = int(value(SEED));
    if (drum_class == place_class && seed == place_seed) return;
    place_class = drum_class;
    place_seed = seed;
    std::fill(place, place + DRUMJAX_KNOBS, 0.0f);
    if (!instrument || !seed) return;
    float mix[CLASSES] = {};
    mix[drum_class] = 1;
    std::vector<float> base(drumjax_latent(instrument->handle));
    drumjax_draw(instrument->handle, mix, seed, 1, base.data());
    drumjax_read_knobs(instrument->handle, base.data(), mix, place);
  }

  // The map shows the class's training sounds around the pad's sound, which is in the middle while the knobs are at 0.
  void draw_map() {
    fill_box(MAP, PANEL);
    const float unit = MAP.width / (RANGES[KNOB_1].most - RANGES[KNOB_1].least);
    const float middle_x = MAP.x + MAP.width / 2, middle_y = MAP.y + MAP.height / 2;
    find_place();
    const auto &instrument = plugin().renderer.instrument;
    int count = 0;
    const float *points = instrument ? drumjax_map(instrument->handle, place_class, &count) : nullptr;
    scissor(MAP.x, MAP.y, MAP.width, MAP.height);
    for (int i = 0; points && i < count; ++i, points += 3) {
      const float x = middle_x + unit * (points[0] - place[0]), y = middle_y - unit * (points[1] - place[1]);
      const float bright = std::clamp(std::log2(points[2] / 200) / 6, 0.0f, 1.0f);  // 200 Hz to 12.8 kHz
      beginPath();
      circle(x, y, 1.5f);
      fillColor(Color(0.35f + 0.3f * bright, 0.45f + 0.25f * bright, 0.75f - 0.15f * bright, 0.55f));
      fill();
    }
    resetScissor();
    outline_box(MAP, EDGE);
    write(MAP.x + MAP.width - 8, MAP.y + MAP.height - 12, knob_name(0), MUTED, 12, ALIGN_RIGHT);
    write(MAP.x + 8, MAP.y + 14, knob_name(1), MUTED, 12, ALIGN_LEFT);
    beginPath();
    circle(middle_x + unit * value(KNOB_1), middle_y - unit * value(KNOB_2), 8);
    fillColor(ACCENT);
    fill();
  }

  const char *knob_name(int knob) const {
    const auto &instrument = plugin().renderer.instrument;
    const char *name = instrument ? drumjax_knob_name(instrument->handle, place_class, knob) : nullptr;
    return name ? name : RANGES[KNOB_1 + knob].name;
  }

  void draw_slider() {
    fill_box(SLIDER, PANEL);
    outline_box(SLIDER, EDGE);
    const Range &range = RANGES[KNOB_3];
    const float share = (range.most - value(KNOB_3)) / (range.most - range.least);
    fill_box({SLIDER.x + 3, SLIDER.y + share * (SLIDER.height - 12) + 2, SLIDER.width - 6, 8}, ACCENT, 3);
    save();
    translate(SLIDER.x + SLIDER.width / 2, SLIDER.y + SLIDER.height - 10);
    rotate(-1.5708f);
    write(0, 0, knob_name(2), MUTED, 12, ALIGN_LEFT);
    restore();
  }

  void draw_dial(const Box &box, Control control) {
    const Range &range = RANGES[control];
    const float share = (value(control) - range.least) / (range.most - range.least);
    const float x = box.x + box.width / 2, y = box.y + 22, first = 2.36f, turn = 4.71f;
    for (const bool shown : {false, true}) {
      beginPath();
      arc(x, y, 17, first, first + (shown ? std::max(share, 0.003f) : 1) * turn, CW);
      strokeColor(shown ? CHOSEN : EDGE);
      strokeWidth(4);
      stroke();
    }
    char words[40];
    std::snprintf(words, sizeof words, range.whole ? "%.0f%s%s" : "%.1f%s%s", value(control), *range.unit ? " " : "", range.unit);
    if (control == SEED && value(SEED) == 0) std::snprintf(words, sizeof words, "centre");
    write(x, y + 24, words, TEXT, 11);
    write(x, y + 38, range.name, MUTED, 11);
  }

  void draw_wave() {
    fill_box(WAVE, PANEL);
    const Renderer &renderer = plugin().renderer;
    if (!renderer.instrument) {
      write(WAVE.x + WAVE.width / 2, WAVE.y + WAVE.height / 2, renderer.error.c_str(), TEXT, 12);
      return;
    }
    const std::string &made_with = plugin().made_with;
    if (!made_with.empty() && made_with != renderer.instrument->id)
      write(WAVE.x + WAVE.width - 8, WAVE.y + 14, "this song was made with another instrument file", MUTED, 12, ALIGN_RIGHT);
    const std::atomic<float> *outline = renderer.outline(selected);
    const float step = (WAVE.width - 16) / OUTLINE;
    for (int i = 0; i < OUTLINE; ++i) {
      const float height = std::max(1.0f, outline[i].load(std::memory_order_relaxed) * (WAVE.height - 16));
      beginPath();
      rect(WAVE.x + 8 + i * step, WAVE.y + (WAVE.height - height) / 2, step - 1, height);
      fillColor(ACCENT);
      fill();
    }
    const auto file = plugin().files.get(selected);
    const std::string title = LAYOUT[selected].name + (file ? ": " + file->name : "");
    write(WAVE.x + WAVE.width - 8, WAVE.y + WAVE.height - 14, title.c_str(), MUTED, 12, ALIGN_RIGHT);
    write(WAVE.x + 8, WAVE.y + WAVE.height - 14, trouble.c_str(), TEXT, 12, ALIGN_LEFT);
  }

  float values[PARAMETERS];
  int selected = 0, held_key = -1, idles = 0;
  uint32_t struck[PADS] = {};
  float lights[PADS] = {};
  std::vector<Control> grabbed;  // dragged by the mouse
  double from_y = 0;
  float from_value = 0;
  int loading = 0;      // the pad of the file browser
  std::string trouble;  // with the last file
  int place_class = -1, place_seed = -1;
  float place[DRUMJAX_KNOBS] = {};
  std::mt19937 random{std::random_device{}()};
};

UI *createUI() { return new DrumWindow; }

END_NAMESPACE_DISTRHO
