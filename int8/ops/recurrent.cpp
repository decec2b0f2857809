#include "int8/ops/recurrent.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace octet::int8 {

template <class T>
std::vector<T> constant_of(const TensorDef& t, DType type, const Dims& shape) {
  OCTET_CHECK(t.type == type, quoted(t), ": expected type ", dtype_name(type), ", got ",
              dtype_name(t.type));
  OCTET_CHECK(t.constant, quoted(t), ": expected a constant, got a computed value");
  OCTET_CHECK(t.shape == shape, quoted(t), ": expected shape ", to_string(shape), ", got ",
              to_string(t.shape));
  std::vector<T> values(t.constant.size / sizeof(T));
  std::memcpy(values.data(), t.constant.data, t.constant.size);
  return values;
}
template std::vector<std::int8_t> constant_of(const TensorDef&, DType, const Dims&);
template std::vector<std::int16_t> constant_of(const TensorDef&, DType, const Dims&);
template std::vector<std::int32_t> constant_of(const TensorDef&, DType, const Dims&);

QuantParams params_of(const TensorDef& t, DType type) {
  OCTET_CHECK(t.type == type, quoted(t), ": expected type ", dtype_name(type), ", got ",
              dtype_name(t.type));
  const Quantization& q = t.quantization;
  OCTET_CHECK(q.scale.size() == 1 && q.zero_point.size() == 1, quoted(t),
              ": expected one scale and zero point, got ", q.scale.size(), " and ",
              q.zero_point.size());
  return {q.scale[0], q.zero_point[0]};
}

std::int64_t largest_sum(std::span<const std::int8_t> weights, std::int64_t columns,
                         std::int32_t zero_point, const std::vector<std::int32_t>& bias) {
  const std::int64_t furthest = std::max(127 - zero_point, zero_point + 128);
  std::int64_t largest = 0;
  for (std::size_t begin = 0, row = 0; begin < weights.size();
       begin += static_cast<std::size_t>(columns), ++row) {
    std::int64_t sum = row < bias.size() ? std::abs(std::int64_t{bias[row]}) : 0;
    for (std::int64_t i = 0; i < columns; ++i)
      sum += std::abs(weights[begin + static_cast<std::size_t>(i)]) * furthest;
    largest = std::max(largest, sum);
  }
  return largest;
}

}  // namespace octet::int8
