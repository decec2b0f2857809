// Row-major values of integers, element by element.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "interop/tflite/constants/int_value.h"

namespace octet::tflite {

using Strides = std::vector<std::int64_t>;

/// Elements of a value of this shape. Throws Error beyond IntValue::max_elements.
inline std::size_t checked_count(const Dims& shape) {
  std::size_t n = 1;
  for (const std::int32_t d : shape) {
    OCTET_CHECK(d >= 0, "a dimension of ", d);
    n *= static_cast<std::size_t>(d);
    OCTET_CHECK(n <= IntValue::max_elements, "more than ", IntValue::max_elements,
                " integers to compute");
  }
  return n;
}

inline Strides strides_of(const Dims& shape) {
  Strides strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

/// `strides` of a value of shape `from`, aligned at the last dimension, broadcast to shape `to`.
inline Strides broadcast_strides(const Dims& from, const Dims& to) {
  OCTET_CHECK(from.size() <= to.size(), "shapes do not broadcast");
  const Strides own = strides_of(from);
  Strides result(to.size(), 0);
  const std::size_t shift = to.size() - from.size();
  for (std::size_t d = 0; d < from.size(); ++d) {
    OCTET_CHECK(from[d] == 1 || from[d] == to[d + shift], "shapes do not broadcast");
    result[d + shift] = from[d] == 1 ? 0 : own[d];
  }
  return result;
}

/// Calls f(sum i_d * a_d, sum i_d * b_d) for every index i of `shape`, in row-major order.
template <class F>
void for_each_index(const Dims& shape, const Strides& a, const Strides& b, const F& f) {
  const std::size_t count = checked_count(shape);
  Dims index(shape.size(), 0);
  for (std::size_t n = 0; n < count; ++n) {
    std::int64_t at_a = 0, at_b = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      at_a += index[d] * a[d];
      at_b += index[d] * b[d];
    }
    f(static_cast<std::size_t>(at_a), static_cast<std::size_t>(at_b));
    for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
}

/// y[i] = x[offset + sum i_d * strides_d].
inline IntValue strided(const IntValue& x, std::int64_t offset, const Strides& strides,
                        Dims shape) {
  IntValue y{std::move(shape), {}};
  for_each_index(y.shape, strides, strides, [&](std::size_t at, std::size_t) {
    y.elements.push_back(x.elements[static_cast<std::size_t>(offset) + at]);
  });
  return y;
}

}  // namespace octet::tflite
