#include "interop/weights/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace octet {
namespace {

using Json = nlohmann::json;

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t most_header_bytes = 100'000'000;  // as the format's own reader

struct Type {
  const char* name;
  int bits;
  NumberFormat format = NumberFormat::other;
};
constexpr Type types[] = {
    {"F32", 32, NumberFormat::f32},
    {"F16", 16, NumberFormat::f16},
    {"BF16", 16, NumberFormat::bf16},
    {"F64", 64, NumberFormat::f64},
    {"I64", 64},
    {"U64", 64},
    {"I32", 32},
    {"U32", 32},
    {"I16", 16},
    {"U16", 16},
    {"I8", 8},
    {"U8", 8},
    {"BOOL", 8},
    {"C64", 64},
    {"F8_E5M2", 8},
    {"F8_E4M3", 8},
    {"F8_E8M0", 8},
    {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8},
    {"F6_E2M3", 6},
    {"F6_E3M2", 6},
    {"F4", 4},
};

std::uint64_t header_length(std::span<const std::byte> file) {
  std::uint64_t n = 0;
  std::memcpy(&n, file.data(), length_bytes);
  return n;
}

/// Throws Error for a key that an object holds twice and for lists and objects too deep in each
/// other, which the parser itself accepts.
class StrictKeys {
 public:
  explicit StrictKeys(const std::string& where) : where_(where) {}
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    constexpr int most_depth = 16;
    OCTET_CHECK(depth < most_depth, where_, ": more than ", most_depth,
                " lists and objects in each other");
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      OCTET_CHECK(keys_.back().insert(key).second, where_, ": '", one_line(key),
                  "' stands there twice");
    }
    return true;
  }

 private:
  const std::string& where_;
  std::vector<std::set<std::string>> keys_;
};

Json parse_header(std::string_view text, const std::string& where) {
  StrictKeys strict(where);
  try {
    return Json::parse(text.begin(), text.end(), std::ref(strict));
  } catch (const Json::exception& e) {
    fail(where, ": not JSON: ", one_line(e.what(), 200));
  }
}

std::int64_t whole_number(const Json& value, const std::string& where) {
  OCTET_CHECK(value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX, where,
              ": expected a whole number, got ", one_line(value.dump(-1, ' ', true)));
  return value.get<std::int64_t>();
}

std::vector<std::int64_t> whole_numbers(const Json& entry, const char* key,
                                        const std::string& where) {
  const auto it = entry.find(key);
  OCTET_CHECK(it != entry.end() && it->is_array(), where, ": expected a list '", key, "'");
  std::vector<std::int64_t> numbers;
  for (const Json& v : *it) numbers.push_back(whole_number(v, where + ": " + key));
  return numbers;
}

StoredTensor parse_tensor(const std::string& name, const Json& entry,
                          std::span<const std::byte> data, const std::string& where) {
  OCTET_CHECK(entry.is_object(), where, ": expected an object");
  const auto dtype = entry.find("dtype");
  OCTET_CHECK(dtype != entry.end() && dtype->is_string(), where, ": expected a text 'dtype'");
  StoredTensor t;
  t.name = name;
  t.type = dtype->get<std::string>();
  const auto* const type = std::find_if(std::begin(types), std::end(types),
                                        [&](const Type& k) { return t.type == k.name; });
  OCTET_CHECK(type != std::end(types), where, ": unknown dtype '", one_line(t.type),
              "': expected F32, F16, BF16, F64 or another of safetensors' types");
  t.format = type->format;
  t.shape = whole_numbers(entry, "shape", where);
  const std::vector<std::int64_t> range = whole_numbers(entry, "data_offsets", where);
  OCTET_CHECK(range.size() == 2, where, ": data_offsets: expected 2 numbers, got ", range.size());
  OCTET_CHECK(range[0] <= range[1] && static_cast<std::uint64_t>(range[1]) <= data.size(), where,
              ": data_offsets: expected a part of the file's ", data.size(), " bytes of data, got ",
              range[0], " to ", range[1]);
  const std::int64_t bytes = checked_tensor_bytes(t.shape, type->bits, where);
  OCTET_CHECK(bytes == range[1] - range[0], where, ": expected ", bytes, " bytes for ", t.type, " ",
              shape_text(t.shape), ", got ", range[1] - range[0]);
  t.data = data.subspan(static_cast<std::size_t>(range[0]), static_cast<std::size_t>(bytes));
  return t;
}

void check_metadata(const Json& metadata, const std::string& where) {
  bool texts = metadata.is_object();
  for (const Json& v : metadata) texts = texts && v.is_string();
  OCTET_CHECK(texts, where, ": __metadata__: expected an object of texts");
}

}  // namespace

bool looks_like_safetensors(std::span<const std::byte> file) noexcept {
  return file.size() > length_bytes && file[length_bytes] == std::byte{'{'};
}

bool is_whole_safetensors(std::span<const std::byte> file) noexcept {
  return looks_like_safetensors(file) && header_length(file) <= file.size() - length_bytes;
}

std::vector<StoredTensor> parse_safetensors(std::span<const std::byte> file,
                                            const std::string& path) {
  OCTET_CHECK(looks_like_safetensors(file), path, ": not a safetensors file");
  const std::uint64_t length = header_length(file);
  const std::uint64_t most = std::min<std::uint64_t>(most_header_bytes, file.size() - length_bytes);
  OCTET_CHECK(length <= most, path, ": header: expected at most ", most, " bytes, got ", length);
  const std::span<const std::byte> text = file.subspan(length_bytes, length);
  const std::span<const std::byte> data = file.subspan(length_bytes + length);
  const std::string where = path + ": header";
  const Json header =
      parse_header({reinterpret_cast<const char*>(text.data()), text.size()}, where);
  OCTET_CHECK(header.is_object(), where, ": expected an object");

  std::vector<StoredTensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      check_metadata(entry, where);
    } else {
      tensors.push_back(parse_tensor(name, entry, data, path + ": tensor " + one_line(name)));
    }
  }
  // Empty tensors, too, lie behind the one before.
  std::stable_sort(
      tensors.begin(), tensors.end(), [](const StoredTensor& a, const StoredTensor& b) {
        return std::pair(a.data.data(), a.data.size()) < std::pair(b.data.data(), b.data.size());
      });
  const std::byte* end = data.data();
  for (const StoredTensor& t : tensors) {
    OCTET_CHECK(t.data.data() == end, path, ": tensor ", one_line(t.name),
                ": data_offsets: expected the beginning ", end - data.data(),
                ", behind the tensor before, got ", t.data.data() - data.data());
    end += t.data.size();
  }
  OCTET_CHECK(end == data.data() + data.size(), path, ": ", data.data() + data.size() - end,
              " bytes behind the last tensor");
  return tensors;
}

}  // namespace octet
