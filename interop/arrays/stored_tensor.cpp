#include "interop/arrays/stored_tensor.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/half.h"

namespace octet {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are stored");

struct Half {
  using Stored = std::uint16_t;
  static float value(Stored v) { return float_of_half(v); }
};
struct BFloat {
  using Stored = std::uint16_t;
  static float value(Stored v) { return float_of_bfloat(v); }
};
struct Single {
  using Stored = float;
  static float value(Stored v) { return v; }
};
struct Double {
  using Stored = double;
  static float value(Stored v) { return static_cast<float>(v); }
};

template <class Format>
void copy(const std::byte* from, const AxisView& view, const std::string& where,
          std::span<float> to) {
  using Stored = typename Format::Stored;
  const auto& [e, s] = view;
  std::size_t at = 0;
  for (std::int64_t a = 0; a < e[0]; ++a) {
    for (std::int64_t b = 0; b < e[1]; ++b) {
      for (std::int64_t c = 0; c < e[2]; ++c) {
        const std::int64_t begin = a * s[0] + b * s[1] + c * s[2];
        for (std::int64_t d = 0; d < e[3]; ++d, ++at) {
          Stored stored;
          std::memcpy(&stored, from + (begin + d * s[3]) * std::int64_t{sizeof stored},
                      sizeof stored);
          to[at] = Format::value(stored);
          OCTET_CHECK(std::isfinite(to[at]), where, ": number ", at,
                      ": expected a finite float, got ", static_cast<double>(Format::value(stored)),
                      sizeof stored == 8 ? " as a float" : "");
        }
      }
    }
  }
}

}  // namespace

std::size_t number_bytes(NumberFormat format) noexcept {
  switch (format) {
    case NumberFormat::f16:
    case NumberFormat::bf16:
      return 2;
    case NumberFormat::f32:
      return 4;
    case NumberFormat::f64:
      return 8;
    case NumberFormat::other:
      break;
  }
  return 0;
}

std::int64_t StoredTensor::numel() const {
  std::int64_t n = 1;
  for (const std::int64_t d : shape) n *= d;
  return n;
}

std::vector<std::int64_t> StoredTensor::strides() const {
  std::vector<std::int64_t> out(shape.size());
  std::int64_t step = 1;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const std::size_t axis = fortran ? k : shape.size() - 1 - k;
    out[axis] = step;
    step *= shape[axis];
  }
  return out;
}

std::int64_t checked_tensor_bytes(std::span<const std::int64_t> shape, std::int64_t bits,
                                  const std::string& where) {
  constexpr std::int64_t most = std::int64_t{1} << 60;
  std::int64_t product = bits;
  bool empty = false;
  for (const std::int64_t d : shape) {
    OCTET_CHECK(d >= 0, where, ": expected extents >= 0, got ", shape_text(shape));
    OCTET_CHECK(d == 0 || product <= most / d, where,
                ": expected less than 2^60 bits, got the shape ", shape_text(shape));
    empty = empty || d == 0;
    product *= d == 0 ? 1 : d;
  }
  if (empty) return 0;
  OCTET_CHECK(product % 8 == 0, where, ": expected a whole number of bytes, got ", product,
              " bits of shape ", shape_text(shape));
  return product / 8;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  constexpr std::size_t shown = 8;
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size() && i < shown; ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + (shape.size() > shown ? ", ...]" : "]");
}

void copy_floats(const StoredTensor& from, const AxisView& view, const std::string& where,
                 std::span<float> to) {
  switch (from.format) {
    case NumberFormat::f16:
      return copy<Half>(from.data.data(), view, where, to);
    case NumberFormat::bf16:
      return copy<BFloat>(from.data.data(), view, where, to);
    case NumberFormat::f32:
      return copy<Single>(from.data.data(), view, where, to);
    case NumberFormat::f64:
      return copy<Double>(from.data.data(), view, where, to);
    case NumberFormat::other:
      break;
  }
  fail(where, ": expected floats of 16, 32 or 64 bits, got ", one_line(from.type));
}

}  // namespace octet
