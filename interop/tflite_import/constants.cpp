// The reals that constants stand for.
#include <cstring>

#include "interop/tflite_import/import_state.h"

namespace octet::tflite_import {
namespace {

using int8::DType;
using int8::TensorDef;

template <class T>
T element(const TensorDef& t, std::int64_t i) {
  T value;  // constants of a file may lie at any address
  std::memcpy(&value, t.constant.data + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
  return value;
}

/// scale * (code - zero point), each for its channel.
template <class T>
void dequantize(const TensorDef& t, real* y, std::int64_t n) {
  const int8::Quantization& q = t.quantization;
  std::int64_t inner = 1;
  for (std::size_t d = static_cast<std::size_t>(q.axis) + 1; d < t.shape.size(); ++d)
    inner *= t.shape[d];
  const auto channels = static_cast<std::int64_t>(q.scale.size());
  for (std::int64_t i = 0; i < n; ++i) {
    const auto c = static_cast<std::size_t>(channels == 1 ? 0 : i / inner % channels);
    y[i] = q.scale[c] * static_cast<real>(std::int32_t{element<T>(t, i)} - q.zero_point[c]);
  }
}

}  // namespace

Tensor constant_reals(const TensorDef& t) {
  OCTET_CHECK(t.type == DType::f32 || !t.quantization.scale.empty(), "constant '", one_line(t.name),
              "': expected float32 or codes with a scale, got ", int8::dtype_name(t.type));
  std::vector<std::int64_t> dims(t.shape.begin(), t.shape.end());
  Tensor y = Tensor::empty(Shape(std::span<const std::int64_t>(dims)));
  switch (t.type) {
    case DType::f32:
      std::memcpy(y.r(), t.constant.data, t.constant.size);
      break;
    case DType::i8:
      dequantize<std::int8_t>(t, y.r(), y.numel());
      break;
    case DType::u8:
      dequantize<std::uint8_t>(t, y.r(), y.numel());
      break;
    case DType::i16:
      dequantize<std::int16_t>(t, y.r(), y.numel());
      break;
    default:
      fail("constant '", one_line(t.name), "': its type is ", int8::dtype_name(t.type));
  }
  return y;
}

}  // namespace octet::tflite_import
