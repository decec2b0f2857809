// What the operators with a state share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "int8/ops/node_view.h"

namespace octet::int8 {

/// The constant's bytes as a vector of T: they may be unaligned. Throws Error unless it is a
/// constant of this type and shape.
template <class T>
std::vector<T> constant_of(const TensorDef& t, DType type, const Dims& shape);

/// Scale and zero point of a tensor of this type that has one of each. Throws Error otherwise.
QuantParams params_of(const TensorDef& t, DType type);

/// The most that |sum of weights (x - zero_point) + bias| of a row can be, over all rows.
std::int64_t largest_sum(std::span<const std::int8_t> weights, std::int64_t columns,
                         std::int32_t zero_point, const std::vector<std::int32_t>& bias);

}  // namespace octet::int8
