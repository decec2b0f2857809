// New shapes, ranges and permutations from the operands of operators that move elements: of values
// and of constants alike. Not for users of the library.
#pragma once

#include <optional>

#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// 0 keeps an extent (unless `allow_zero`), one may be -1.
Extents reshaped_dims(const Extents& x, const std::vector<std::int64_t>& shape, bool allow_zero);
Extents flattened_dims(const Extents& x, std::int64_t axis);
/// Without axes: all extents of 1.
Extents squeezed_dims(const Extents& x, const std::optional<std::vector<std::int64_t>>& axes);
Extents unsqueezed_dims(const Extents& x, const std::vector<std::int64_t>& axes);
/// None: the reverse.
std::vector<std::size_t> permutation_of(const std::vector<std::int64_t>& perm, std::size_t rank);
/// Extents of the parts: those given, or as equal ones as can be.
std::vector<std::int64_t> split_sizes(std::int64_t extent,
                                      const std::optional<std::vector<std::int64_t>>& given,
                                      std::int64_t parts, std::size_t outputs);

/// begin, begin + step, ... below end; with a negative step above end, which may be -1.
struct SliceRange {
  std::size_t axis;
  std::int64_t begin, end, step;
  std::int64_t count() const {
    const std::int64_t n =
        step > 0 ? (end - begin + step - 1) / step : (begin - end - step - 1) / -step;
    return n > 0 ? n : 0;
  }
};
/// Of a Slice on `x`.
std::vector<SliceRange> slice_ranges(const OpNode& node, const Extents& x);

}  // namespace octet::onnx
