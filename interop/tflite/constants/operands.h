// What the operators on known integers need of their operands.
#pragma once

#include <limits>

#include "base/error.h"
#include "interop/tflite/constants/int_ops.h"
#include "interop/tflite/constants/strided.h"

namespace octet::tflite {

inline const IntValue& operand(const IntOperands& o, std::size_t i) {
  OCTET_CHECK(i < o.in.size(), o.in.size(), " inputs, expected at least ", i + 1);
  return *o.in[i];
}

/// An axis of `rank` dimensions; negative ones count from the end.
inline std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(rank);
  OCTET_CHECK(axis >= -n && axis < n, "axis ", axis, " of ", n, " dimensions");
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

inline std::int32_t dim_of(std::int64_t size) {
  OCTET_CHECK(size >= 0 && size <= std::numeric_limits<std::int32_t>::max(), "a dimension of ",
              size);
  return static_cast<std::int32_t>(size);
}

inline Dims dims_of(const IntValue& v) {
  OCTET_CHECK(v.shape.size() <= 1, "a shape of ", v.shape.size(), " dimensions, expected 1");
  Dims dims;
  for (const std::int64_t d : v.elements) dims.push_back(dim_of(d));
  return dims;
}

/// What two shapes broadcast to, if they do (broadcast_strides tells).
inline Dims broadcast(const Dims& a, const Dims& b) {
  Dims shape(std::max(a.size(), b.size()), 1);
  for (const Dims* from : {&a, &b}) {
    const std::size_t shift = shape.size() - from->size();
    for (std::size_t d = 0; d < from->size(); ++d) {
      if ((*from)[d] != 1) shape[d + shift] = (*from)[d];
    }
  }
  return shape;
}

/// An operator that is computed, by its BuiltinOperator code.
struct IntEntry {
  std::int32_t code;
  IntFunction function;
};

template <std::size_t n>
IntFunction find_entry(const IntEntry (&entries)[n], std::int32_t code) noexcept {
  for (const IntEntry& e : entries) {
    if (e.code == code) return e.function;
  }
  return nullptr;
}

}  // namespace octet::tflite
