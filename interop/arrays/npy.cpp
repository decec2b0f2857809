// NumPy's format, by numpy/lib/format.py's description (NEP 1).
#include "interop/arrays/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "interop/arrays/unzip.h"

namespace octet {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The header: what Python writes of {'descr': str, 'fortran_order': bool, 'shape': tuple of ints}.
class Header {
 public:
  Header(std::string_view text, const std::string& where) : text_(text), where_(where) {
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        set(descr, quoted(), key);
      } else if (key == "fortran_order") {
        set(fortran, boolean(), key);
      } else if (key == "shape") {
        set(shape, tuple(), key);
      } else {
        fail(where_, ": header: unknown key '", one_line(key), "'");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    OCTET_CHECK(at_ == text_.size(), where_, ": header: expected its end, got ", rest());
    OCTET_CHECK(descr && fortran && shape, where_,
                ": header: expected descr, fortran_order and shape, got ", one_line(text_));
  }

  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> shape;

 private:
  template <class T>
  void set(std::optional<T>& field, T value, const std::string& key) {
    OCTET_CHECK(!field, where_, ": header: '", key, "' stands there twice");
    field = std::move(value);
  }
  std::string rest() const { return "'" + one_line(text_.substr(at_), 20) + "'"; }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    OCTET_CHECK(take(c), where_, ": header: expected '", c, "', got ", rest());
  }
  std::string quoted() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = text_.find(quote, at_ + 1);
    OCTET_CHECK(
        (quote == '\'' || quote == '"') && end != text_.npos, where_,
        ": header: expected a text in quotes (a list of fields is no array of numbers), got ",
        rest());
    const std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    fail(where_, ": header: expected True or False, got ", rest());
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t value = 0;
      const auto [end, error] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      OCTET_CHECK(error == std::errc() && value >= 0, where_, ": header: expected an extent, got ",
                  rest());
      values.push_back(value);
      at_ = static_cast<std::size_t>(end - text_.data());
      if (take(',')) continue;
      OCTET_CHECK(values.size() > 1, where_, ": header: expected a ',' behind one extent, got ",
                  rest());
      expect(')');
      break;
    }
    return values;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

struct Type {
  NumberFormat format;
  std::int64_t bytes;
};

/// Of a descr like "<f4".
Type type_of(const std::string& descr, const std::string& where) {
  const auto wrong = [&](const char* expected) {
    fail(where, ": descr: expected ", expected, ", got '", one_line(descr), "'");
  };
  if (descr.size() < 2) wrong("a type like '<f4'");
  OCTET_CHECK(
      descr[1] != 'O', where,
      ": Python objects (a pickle), which are programs and are not run here: save arrays of "
      "numbers");
  if (descr.size() < 3) wrong("a type like '<f4'");
  if (descr[0] == '>') wrong("little-endian numbers, as of array.astype('<f4')");
  if (descr[0] != '<' && descr[0] != '|') wrong("a type like '<f4'");
  std::int64_t count = 0;
  const char* const last = descr.data() + descr.size();
  const auto [end, error] = std::from_chars(descr.data() + 2, last, count);
  // 'M8[ns]' has a unit behind its size.
  if (error != std::errc() || count < 0 || count > (1 << 20) || (end != last && *end != '[')) {
    wrong("a type like '<f4'");
  }
  if (descr == "<f2") return {NumberFormat::f16, 2};
  if (descr == "<f4") return {NumberFormat::f32, 4};
  if (descr == "<f8") return {NumberFormat::f64, 8};
  return {NumberFormat::other, descr[1] == 'U' ? 4 * count : count};
}

/// Length of the header and of what is in front of it.
std::pair<std::size_t, std::size_t> header_place(std::span<const std::byte> file,
                                                 const std::string& where) {
  OCTET_CHECK(file.size() >= 10 && std::memcmp(file.data(), magic.data(), magic.size()) == 0, where,
              ": not a .npy file of NumPy");
  const int major = std::to_integer<int>(file[6]), minor = std::to_integer<int>(file[7]);
  OCTET_CHECK(major >= 1 && major <= 3 && minor == 0, where,
              ": expected NumPy's format 1.0, 2.0 or 3.0, got ", major, ".", minor);
  const std::size_t front = major == 1 ? 10 : 12;
  OCTET_CHECK(file.size() >= front, where, ": expected at least ", front, " bytes, got ",
              file.size());
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + 8, front - 8);
  OCTET_CHECK(length <= file.size() - front, where, ": header: expected at most ",
              file.size() - front, " bytes, got ", length);
  return {front, length};
}

}  // namespace

StoredTensor parse_npy(std::span<const std::byte> file, const std::string& where) {
  const auto [front, length] = header_place(file, where);
  const Header header({reinterpret_cast<const char*>(file.data() + front), length}, where);
  StoredTensor t;
  t.type = *header.descr;
  t.shape = *header.shape;
  t.fortran = *header.fortran;
  const Type type = type_of(t.type, where);
  t.format = type.format;
  const std::int64_t bytes = checked_tensor_bytes(t.shape, 8 * type.bytes, where);
  const std::size_t got = file.size() - front - length;
  OCTET_CHECK(static_cast<std::uint64_t>(bytes) == got, where, ": expected ", bytes, " bytes for ",
              one_line(t.type), " ", shape_text(t.shape), ", got ", got);
  t.data = file.subspan(front + length);
  return t;
}

WeightFile read_npz(const std::vector<ZipEntry>& entries, const std::string& path) {
  constexpr std::string_view ending = ".npy";
  WeightFile out{.path = path, .kind = "npz", .tensors = {}, .owners = {}};
  for (const ZipEntry& e : entries) {
    const std::string where = path + ": " + one_line(e.name);
    OCTET_CHECK(e.name.ends_with(ending) && e.name.size() > ending.size(), where,
                ": expected arrays only, NAME.npy");
    const Unpacked file = unpack(e, where);
    StoredTensor t = parse_npy(file.bytes, where);
    t.name = e.name.substr(0, e.name.size() - ending.size());
    out.tensors.push_back(std::move(t));
    if (file.owner) out.owners.push_back(file.owner);
  }
  return out;
}

}  // namespace octet
