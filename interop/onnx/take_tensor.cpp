// From TensorProto to Constant.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/half.h"
#include "base/mapped_file.h"
#include "interop/onnx/model_file.h"

namespace octet::onnx {
namespace {

using Proto = proto::TensorProto;

std::string named(const Proto& t) {
  return "tensor '" + one_line(t.name()) + "'";
}

/// Bytes of an element in raw_data; 0: not a type that is read.
std::size_t element_bytes(int type) {
  switch (type) {
    case Proto::UINT8:
    case Proto::INT8:
    case Proto::BOOL:
      return 1;
    case Proto::UINT16:
    case Proto::INT16:
    case Proto::FLOAT16:
    case Proto::BFLOAT16:
      return 2;
    case Proto::FLOAT:
    case Proto::INT32:
    case Proto::UINT32:
      return 4;
    case Proto::DOUBLE:
    case Proto::INT64:
    case Proto::UINT64:
      return 8;
    default:
      return 0;
  }
}

bool is_real(int type) {
  return type == Proto::FLOAT || type == Proto::DOUBLE || type == Proto::FLOAT16 ||
         type == Proto::BFLOAT16;
}

template <class T>
T element(const std::byte* raw, std::int64_t i) {
  T value;
  std::memcpy(&value, raw + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
  return value;
}

double real_at(int type, const std::byte* raw, std::int64_t i) {
  switch (type) {
    case Proto::DOUBLE:
      return element<double>(raw, i);
    case Proto::FLOAT16:
      return float_of_half(element<std::uint16_t>(raw, i));
    default:  // BFLOAT16
      return float_of_bfloat(element<std::uint16_t>(raw, i));
  }
}

std::int64_t int_at(int type, const std::byte* raw, std::int64_t i) {
  switch (type) {
    case Proto::UINT8:
      return element<std::uint8_t>(raw, i);
    case Proto::INT8:
      return element<std::int8_t>(raw, i);
    case Proto::BOOL:
      return element<std::uint8_t>(raw, i) != 0;
    case Proto::UINT16:
      return element<std::uint16_t>(raw, i);
    case Proto::INT16:
      return element<std::int16_t>(raw, i);
    case Proto::INT32:
      return element<std::int32_t>(raw, i);
    case Proto::UINT32:
      return element<std::uint32_t>(raw, i);
    default:  // INT64, UINT64
      return element<std::int64_t>(raw, i);
  }
}

ConstantPtr from_raw(const Proto& t, Extents dims, std::span<const std::byte> raw) {
  const std::int64_t n = product(dims);
  const std::size_t size = element_bytes(t.data_type());
  OCTET_CHECK(raw.size() % size == 0 && raw.size() / size == static_cast<std::size_t>(n), named(t),
              " ", text(dims), ": expected ", n, " elements of ", size, " bytes, got ", raw.size(),
              " bytes");
  if (!is_real(t.data_type())) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i)
      values[static_cast<std::size_t>(i)] = int_at(t.data_type(), raw.data(), i);
    return make_ints(t.name(), std::move(dims), std::move(values), t.data_type());
  }
  Tensor values = Tensor::empty({n});
  if (t.data_type() == Proto::FLOAT) {
    if (n > 0) std::memcpy(values.r(), raw.data(), raw.size());
  } else {
    for (std::int64_t i = 0; i < n; ++i)
      values.r()[i] = static_cast<real>(real_at(t.data_type(), raw.data(), i));
  }
  return make_reals(t.name(), std::move(dims), std::move(values));
}

/// Elements in the fields of their type instead of raw_data.
ConstantPtr from_fields(const Proto& t, Extents dims) {
  const std::int64_t size = product(dims);
  const auto check = [&](int got) {
    OCTET_CHECK(got == size, named(t), " ", text(dims), ": expected ", size, " elements, got ",
                got);
  };
  const int n = static_cast<int>(size);  // as many as a field has
  if (is_real(t.data_type())) {
    const bool half = t.data_type() == Proto::FLOAT16, brain = t.data_type() == Proto::BFLOAT16;
    check(half || brain                    ? t.int32_data_size()
          : t.data_type() == Proto::DOUBLE ? t.double_data_size()
                                           : t.float_data_size());
    Tensor values = Tensor::empty({n});
    for (int i = 0; i < n; ++i) {
      const auto bits = static_cast<std::uint32_t>(half || brain ? t.int32_data(i) : 0);
      values.r()[i] = half    ? float_of_half(static_cast<std::uint16_t>(bits))
                      : brain ? float_of_bfloat(static_cast<std::uint16_t>(bits))
                      : t.data_type() == Proto::DOUBLE ? static_cast<real>(t.double_data(i))
                                                       : t.float_data(i);
    }
    return make_reals(t.name(), std::move(dims), std::move(values));
  }
  const bool i64 = t.data_type() == Proto::INT64;
  const bool u64 = t.data_type() == Proto::UINT64 || t.data_type() == Proto::UINT32;
  check(i64 ? t.int64_data_size() : u64 ? t.uint64_data_size() : t.int32_data_size());
  std::vector<std::int64_t> values;
  for (int i = 0; i < n; ++i) {
    values.push_back(i64   ? t.int64_data(i)
                     : u64 ? static_cast<std::int64_t>(t.uint64_data(i))
                           : t.int32_data(i));
  }
  return make_ints(t.name(), std::move(dims), std::move(values), t.data_type());
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The file that `location` names relative to the model's folder; nothing if it is not below that,
/// links followed.
std::filesystem::path file_below(const std::string& model_path, const std::string& location) {
  namespace fs = std::filesystem;
  if (location.empty() || location.find('\0') != std::string::npos) return {};
  const fs::path folder = fs::path(model_path).parent_path();
  std::error_code error;
  const fs::path base = fs::weakly_canonical(folder.empty() ? "." : folder, error);
  if (error) return {};
  fs::path file = fs::weakly_canonical(base / location, error);
  if (error || file == base) return {};
  const bool below =
      std::mismatch(base.begin(), base.end(), file.begin(), file.end()).first == base.end();
  return below ? file : fs::path();
}

ConstantPtr from_file(const Proto& t, Extents dims, const std::string& model_path) {
  std::string location;
  std::optional<std::uint64_t> offset = 0, length;
  for (const auto& entry : t.external_data()) {
    const bool known = entry.key() == "offset" || entry.key() == "length";
    const std::optional<std::uint64_t> value = known ? number(entry.value()) : 0;
    OCTET_CHECK(value, named(t), ": external data: ", one_line(entry.key()),
                ": expected a number, got '", one_line(entry.value()), "'");
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = value;
    if (entry.key() == "length") length = value;
  }
  const std::filesystem::path path = file_below(model_path, location);
  OCTET_CHECK(!path.empty(), named(t),
              ": external data: expected a file in the model's folder, got '", one_line(location),
              "'");
  const auto expected = static_cast<std::uint64_t>(product(dims)) * element_bytes(t.data_type());
  if (!length) length = expected;
  OCTET_CHECK(*length == expected, named(t), " ", text(dims), ": external data: expected ",
              expected, " bytes, got ", *length);
  const MappedFile file = map_file(path.string());
  OCTET_CHECK(*offset <= file.bytes.size() && *length <= file.bytes.size() - *offset, named(t),
              ": external data: expected bytes ", *offset, " to ", *offset + *length, " of '",
              one_line(location), "', which has ", file.bytes.size());
  return from_raw(t, std::move(dims), file.bytes.subspan(*offset, *length));
}

}  // namespace

ConstantPtr take_tensor(Proto& t, const std::string& model_path) {
  OCTET_CHECK(element_bytes(t.data_type()) > 0, named(t),
              ": expected elements of a float or integer type, got ", type_name(t.data_type()));
  Extents dims(t.dims().begin(), t.dims().end());
  product(dims);  // checked
  ConstantPtr c;
  if (t.data_location() == Proto::EXTERNAL) {
    c = from_file(t, std::move(dims), model_path);
  } else if (t.has_raw_data()) {
    c = from_raw(t, std::move(dims), std::as_bytes(std::span(t.raw_data())));
  } else {
    c = from_fields(t, std::move(dims));
  }
  Proto().Swap(&t);  // Clear() keeps the memory
  return c;
}

}  // namespace octet::onnx
