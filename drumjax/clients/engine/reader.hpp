// Reads instrument files: safetensors with coded arrays, as drumjax/clients/engine/instrument.py describes them.
//
// The first thing that is wrong is kept as the error; from then on every call returns nothing. Damaged bytes never
// reach beyond the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace drumjax::engine {

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size);

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  void fail(const std::string& message);

  // Metadata.
  std::string text(const std::string& name);
  double number(const std::string& name, double least, double most);
  int whole(const std::string& name, int least, int most);

  // Arrays, of exactly these shapes.
  bool has(const std::string& name) const { return arrays_.count(name) > 0; }
  size_t length(const std::string& name, size_t axis = 0) const;  // 0 without the array or the axis
  std::vector<float> floats(const std::string& name, std::initializer_list<size_t> shape);
  std::vector<uint8_t> bytes(const std::string& name, std::initializer_list<size_t> shape);
  std::vector<uint8_t> coded(const std::string& name, size_t count);
  std::vector<uint16_t> halves(const std::string& name, std::initializer_list<size_t> shape);  // bfloat16

  // An array or a setting that nobody asked for is an error: a newer format would play it.
  void require_all_read();

 private:
  struct Array {
    std::string type;
    std::vector<size_t> shape;
    size_t begin = 0, end = 0;
    bool read = false;
  };

  void parse(const char* at, const char* end, size_t data_size);
  const uint8_t* find(const std::string& name, const char* type, const std::vector<size_t>& shape);
  template <class Element>
  std::vector<Element> elements(const std::string& name, const char* type, const std::vector<size_t>& shape);

  const uint8_t* data_ = nullptr;
  std::map<std::string, Array> arrays_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, bool> asked_;
  std::string error_;
};

// Numbers in bfloat16 are the upper halves of those in float32.
inline float widened(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  static_assert(sizeof x == sizeof bits);
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace drumjax::engine
