#include "interop/c99/c_source.h"

#include <array>
#include <charconv>
#include <cstring>

namespace octet::c99 {
namespace {

template <class T>
CArray owned(std::string name, CArray::Element element, std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  return {std::move(name), element, std::as_bytes(std::span(*owner)), owner};
}

/// Appends numbers, and gives the text away in pieces.
class NumberText {
 public:
  explicit NumberText(const std::function<void(std::string_view)>& sink) : sink_(sink) {}
  ~NumberText() = default;
  NumberText(const NumberText&) = delete;
  NumberText& operator=(const NumberText&) = delete;

  void add(std::int32_t value) {
    char* const begin = buffer_.data() + size_;
    char* end = begin;
    if (line_ >= 96) {
      *end++ = '\n';
      line_ = 0;
    }
    if (value == INT32_MIN) {  // its literal would be a negated long
      constexpr std::string_view lowest = "(-2147483647-1)";
      end = std::copy(lowest.begin(), lowest.end(), end);
    } else {
      end = std::to_chars(end, end + 16, value).ptr;
    }
    *end++ = ',';
    line_ += end - begin;
    size_ += static_cast<std::size_t>(end - begin);
    if (size_ + 32 > buffer_.size()) flush();
  }
  void flush() {
    sink_({buffer_.data(), size_});
    size_ = 0;
  }

 private:
  const std::function<void(std::string_view)>& sink_;
  std::array<char, 1 << 16> buffer_;  // NOLINT: filled as far as read
  std::size_t size_ = 0;
  std::ptrdiff_t line_ = 0;
};

template <class T>
void add_values(std::span<const std::byte> bytes, NumberText& text) {
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof(T));
    text.add(value);
  }
}

void write_array(const CArray& array, const std::function<void(std::string_view)>& sink) {
  sink("static const " + std::string(c_type(array.element)) + " " + array.name + "[] = {\n");
  NumberText text(sink);
  switch (array.element) {
    case CArray::Element::i8:
      add_values<std::int8_t>(array.bytes, text);
      break;
    case CArray::Element::u8:
      add_values<std::uint8_t>(array.bytes, text);
      break;
    case CArray::Element::i32:
      add_values<std::int32_t>(array.bytes, text);
      break;
  }
  text.flush();
  sink("\n};\n");
}

}  // namespace

CArray make_array(std::string name, std::vector<std::int8_t> values) {
  return owned(std::move(name), CArray::Element::i8, std::move(values));
}
CArray make_array(std::string name, std::vector<std::int32_t> values) {
  return owned(std::move(name), CArray::Element::i32, std::move(values));
}

std::string_view c_type(CArray::Element element) noexcept {
  switch (element) {
    case CArray::Element::i8:
      return "int8_t";
    case CArray::Element::u8:
      return "uint8_t";
    case CArray::Element::i32:
      break;
  }
  return "int32_t";
}

void for_text(const CFile& file, const std::function<void(std::string_view)>& sink) {
  for (const CPiece& piece : file.pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      sink(*text);
    } else {
      write_array(std::get<CArray>(piece), sink);
    }
  }
}

std::string text_of_file(const CFile& file) {
  std::string all;
  for_text(file, [&](std::string_view text) { all += text; });
  return all;
}

}  // namespace octet::c99
