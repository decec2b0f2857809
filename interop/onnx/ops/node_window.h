// Sliding windows from a node's attributes. Not for users of the library.
#pragma once

#include <array>

#include "core/window.h"
#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// {height, width}
using Extents2d = std::array<int, 2>;

/// `in`: [N, H, W, C]; `rank`: of the file's value, 4 or 3 (H = 1). With ceil_mode the pads behind
/// are larger by what makes the last windows fit.
Window2d window_of(OpNode& node, const Extents2d& kernel, const Shape& in, std::size_t rank);
/// The kernel of a pooling.
Extents2d kernel_of(OpNode& node, std::size_t rank);

struct TransposedWindow {
  Window2d window;
  int extra_h = 0, extra_w = 0;
};
TransposedWindow transposed_window_of(OpNode& node, const Extents2d& kernel, const Shape& in,
                                      std::size_t rank);

}  // namespace octet::onnx
