// Row-major values of integers, element by element.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "interop/tflite/constants/int_value.h"

namespace octet::tflite {

using Strides = std::vector<std::int64_t>;

/// Elements of a value of this shape. Throws Error beyond IntValue::max_elements.
std::size_t checked_count(const Dims& shape);

Strides strides_of(const Dims& shape);

/// What two shapes broadcast to, if they do (broadcast_strides tells).
Dims broadcast(const Dims& a, const Dims& b);
/// Strides of a value of shape `from`, aligned at the last dimension, broadcast to shape `to`.
Strides broadcast_strides(const Dims& from, const Dims& to);

/// (sum i_d * a_d, sum i_d * b_d) for every index i of `shape`, in row-major order.
std::vector<std::pair<std::size_t, std::size_t>> positions(const Dims& shape, const Strides& a,
                                                           const Strides& b);

/// y[i] = x[offset + sum i_d * strides_d].
IntValue strided(const IntValue& x, std::int64_t offset, const Strides& strides, Dims shape);

}  // namespace octet::tflite
