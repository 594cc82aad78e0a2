#include "reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace drumjax::engine {
namespace {

constexpr size_t kLongestHeader = 1 << 20, kMostNumbers = size_t{1} << 28;

// The part of JSON that headers of safetensors files consist of.
class Json {
 public:
  Json(const char* at, const char* end) : at_(at), end_(end) {}

  bool take(char wanted) {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) at_++;
    if (at_ == end_ || *at_ != wanted) return false;
    at_++;
    return true;
  }

  bool string(std::string& out) {
    out.clear();
    if (!take('"')) return false;
    while (at_ < end_ && *at_ != '"') {
      if (*at_ != '\\') {
        out += *at_++;
      } else if (!escaped(out)) {
        return false;
      }
    }
    return take('"');
  }

  bool whole(size_t& out) {
    out = 0;
    take(' ');
    const char* const first = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9' && at_ - first < 16) out = out * 10 + (*at_++ - '0');
    return at_ > first;
  }

  // Calls `item` for each entry between two brackets.
  template <class Item>
  bool list(char open, char close, Item item) {
    if (!take(open)) return false;
    if (take(close)) return true;
    do {
      if (!item()) return false;
    } while (take(','));
    return take(close);
  }

  bool done() {
    take(' ');
    return at_ == end_;
  }

 private:
  // Names and texts have no other escapes than these.
  bool escaped(std::string& out) {
    static const char kNames[] = "\"\\/bfnrt", kMeanings[] = "\"\\/\b\f\n\r\t";
    const char* const found = end_ - at_ < 2 || !at_[1] ? nullptr : std::strchr(kNames, at_[1]);
    if (found) out += kMeanings[found - kNames];
    at_ += 2;
    return found;
  }

  const char *at_, *end_;
};

size_t size_of(const std::string& type) {
  return type == "F32" ? 4 : type == "U16" ? 2 : type == "U8" ? 1 : 0;
}

// The number of elements, or more than `kMostNumbers` where it would be too large.
size_t count_of(const std::vector<size_t>& shape) {
  size_t count = 1;
  for (size_t length : shape) {
    if (length && count > kMostNumbers / length) return kMostNumbers + 1;
    count *= length;
  }
  return count;
}

// A number as JSON writes it; NaN for anything else. Up to 15 digits and 10^22 it is the nearest double.
double parsed(const std::string& text) {
  const char* at = text.c_str();
  const char* const end = at + text.size();
  const double sign = *at == '-' ? at++, -1 : 1;
  double digits = 0;
  int count = 0, power = 0;
  const auto read = [&](int shift) {
    for (; *at >= '0' && *at <= '9'; at++, count++, power += shift) digits = 10 * digits + (*at - '0');
  };
  read(0);
  if (*at == '.') at++, read(-1);
  if (count && (*at == 'e' || *at == 'E')) {
    char* after;
    power += static_cast<int>(std::clamp(std::strtol(at + 1, &after, 10), -1000L, 1000L));
    at = after;
  }
  if (!count || at != end) return NAN;
  return sign * (power < 0 ? digits / std::pow(10, -power) : digits * std::pow(10, power));
}

}  // namespace

Reader::Reader(const uint8_t* bytes, size_t size) {
  uint64_t length = 0;
  for (int i = 0; size >= 8 && i < 8; i++) length |= static_cast<uint64_t>(bytes[i]) << 8 * i;
  if (size < 8 || length > kLongestHeader || length > size - 8) {
    fail("it is no safetensors file, or a part of one");
    return;
  }
  data_ = bytes + 8 + length;
  parse(reinterpret_cast<const char*>(bytes) + 8, reinterpret_cast<const char*>(data_), size - 8 - length);
}

void Reader::fail(const std::string& message) {
  if (ok()) error_ = message;
}

void Reader::parse(const char* at, const char* end, size_t data_size) {
  Json json(at, end);
  std::string name, field, value;
  size_t total = 0;
  const bool parsed = json.list('{', '}', [&] {
    if (!json.string(name) || !json.take(':')) return false;
    if (name == "__metadata__") {
      return json.list('{', '}', [&] {
        if (!json.string(field) || !json.take(':') || !json.string(value)) return false;
        return metadata_.emplace(field, value).second;
      });
    }
    Array array;
    std::vector<size_t> offsets;
    const auto numbers = [&](std::vector<size_t>& out) {
      return json.list('[', ']', [&] { return out.size() < 8 && json.whole(out.emplace_back()); });
    };
    const bool read = json.list('{', '}', [&] {
      if (!json.string(field) || !json.take(':')) return false;
      if (field == "dtype") return json.string(array.type);
      return field == "shape" ? numbers(array.shape) : field == "data_offsets" && numbers(offsets);
    });
    if (!read || offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_size) return false;
    array.begin = offsets[0], array.end = offsets[1];
    total += array.end - array.begin;
    const bool filled = count_of(array.shape) * size_of(array.type) == array.end - array.begin;
    return filled && arrays_.emplace(name, array).second;
  });
  if (!parsed || !json.done() || total != data_size) fail("its header is damaged, or the file is cut off");
}

std::string Reader::text(const std::string& name) {
  asked_[name] = true;
  const auto found = metadata_.find(name);
  if (found != metadata_.end()) return found->second;
  fail("it has no " + name);
  return "";
}

double Reader::number(const std::string& name, double least, double most) {
  const double value = parsed(text(name));
  if (value >= least && value <= most) return value;
  fail("its " + name + " is out of range");
  return least;
}

int Reader::whole(const std::string& name, int least, int most) {
  const double value = number(name, least, most);
  if (value != std::floor(value)) fail("its " + name + " is no whole number");
  return static_cast<int>(value);
}

size_t Reader::length(const std::string& name, size_t axis) const {
  const auto found = arrays_.find(name);
  return found == arrays_.end() || found->second.shape.size() <= axis ? 0 : found->second.shape[axis];
}

const uint8_t* Reader::find(const std::string& name, const char* type, const std::vector<size_t>& shape) {
  if (!ok()) return nullptr;
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) return fail("it has no " + name), nullptr;
  if (found->second.type != type || found->second.shape != shape || count_of(shape) > kMostNumbers) {
    return fail("its " + name + " has another type or shape"), nullptr;
  }
  found->second.read = true;
  return data_ + found->second.begin;
}

template <class Element>
std::vector<Element> Reader::elements(const std::string& name, const char* type, const std::vector<size_t>& shape) {
  const uint8_t* const from = find(name, type, shape);
  std::vector<Element> out(from ? count_of(shape) : 0);
  if (!out.empty()) std::memcpy(out.data(), from, out.size() * sizeof(Element));
  return out;
}

std::vector<float> Reader::floats(const std::string& name, std::initializer_list<size_t> shape) {
  auto out = elements<float>(name, "F32", shape);
  for (float x : out) {
    if (!std::isfinite(x)) return fail("its " + name + " holds a number that is not finite"), out;
  }
  return out;
}

std::vector<uint8_t> Reader::bytes(const std::string& name, std::initializer_list<size_t> shape) {
  return elements<uint8_t>(name, "U8", shape);
}

// rANS, as in drumjax/clients/engine/coding.py.
std::vector<uint8_t> Reader::coded(const std::string& name, size_t count) {
  constexpr size_t kCoders = 256;
  constexpr uint32_t kBits = 14, kSum = 1 << kBits, kStart = 1 << 16;
  const size_t tables = length(name + "/frequencies") / 256, turns = (count + kCoders - 1) / kCoders;
  const auto frequencies = elements<uint16_t>(name + "/frequencies", "U16", {256 * tables});
  const auto code = elements<uint16_t>(name, "U16", {length(name)});
  bool sound = tables > 0 && tables <= turns && code.size() >= 2 * kCoders && count <= kMostNumbers;
  std::vector<uint8_t> out, symbol_at;
  std::vector<uint32_t> below;
  for (size_t i = 0; i < frequencies.size() && sound; i++) {
    const size_t first = i / 256 * kSum;
    below.push_back(static_cast<uint32_t>(symbol_at.size() - first));
    symbol_at.insert(symbol_at.end(), frequencies[i], static_cast<uint8_t>(i));
    sound = symbol_at.size() <= first + kSum && (i % 256 != 255 || symbol_at.size() == first + kSum);
  }
  if (!sound) fail("its " + name + " is damaged");
  if (!ok()) return out;
  uint32_t states[kCoders];
  size_t at = 2 * kCoders;
  for (size_t i = 0; i < kCoders; i++) states[i] = code[2 * i] | static_cast<uint32_t>(code[2 * i + 1]) << 16;
  out.resize(turns * kCoders);
  for (size_t i = 0; i < out.size(); i++) {
    uint32_t& state = states[i % kCoders];
    const size_t table = i / kCoders * tables / turns;
    const uint32_t slot = state & (kSum - 1);
    const uint8_t symbol = out[i] = symbol_at[table * kSum + slot];
    state = frequencies[table * 256 + symbol] * (state >> kBits) + slot - below[table * 256 + symbol];
    if (state < kStart) {
      if (at == code.size()) return fail("its " + name + " is damaged"), out;
      state = state << 16 | code[at++];
    }
  }
  for (uint32_t state : states) {
    if (state != kStart || at != code.size()) fail("its " + name + " is damaged");
  }
  out.resize(count);
  return out;
}

std::vector<uint16_t> Reader::halves(const std::string& name, std::initializer_list<size_t> shape) {
  const auto low = bytes(name + "/low", shape), high = coded(name + "/high", count_of(shape));
  std::vector<uint16_t> out(ok() ? low.size() : 0);
  for (size_t i = 0; i < out.size(); i++) {
    out[i] = static_cast<uint16_t>(low[i] | high[i] << 8);
    if (!std::isfinite(widened(out[i]))) return fail("its " + name + " holds a number that is not finite"), out;
  }
  return out;
}

void Reader::require_all_read() {
  for (const auto& [name, array] : arrays_) {
    if (!array.read) fail("it has " + name + ", which this version does not play");
  }
  for (const auto& [name, value] : metadata_) {
    if (!asked_.count(name)) fail("it has " + name + ", which this version does not play");
  }
}

}  // namespace drumjax::engine
