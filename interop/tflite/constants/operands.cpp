#include "interop/tflite/constants/operands.h"

#include <limits>

namespace octet::tflite {

const IntValue& operand(const IntOperands& o, std::size_t i) {
  OCTET_CHECK(i < o.in.size(), o.in.size(), " inputs, expected at least ", i + 1);
  return *o.in[i];
}

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(rank);
  OCTET_CHECK(axis >= -n && axis < n, "axis ", axis, " of ", n, " dimensions");
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

std::int32_t dim_of(std::int64_t size) {
  OCTET_CHECK(size >= 0 && size <= std::numeric_limits<std::int32_t>::max(), "a dimension of ",
              size);
  return static_cast<std::int32_t>(size);
}

Dims dims_of(const IntValue& v) {
  OCTET_CHECK(v.shape.size() <= 1, "a shape of ", v.shape.size(), " dimensions, expected 1");
  Dims dims;
  for (const std::int64_t d : v.elements) dims.push_back(dim_of(d));
  return dims;
}

}  // namespace octet::tflite
