// In which order the dimensions of a tensor are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::onnx_export {

enum class Layout : std::uint8_t {
  plain,  ///< as in the graph
  image,  ///< rank 4: NHWC in the graph, NCHW in the file
  /// Rank 2, a flattened image: [N, H * W * C] in the graph, [N, C * H * W] in the file.
  flat_image,
};

/// Dimension k of the file's tensor is dimension order[k] of the graph's.
using Order = std::vector<std::size_t>;
/// 0, 1, 2 ... unless the layout is that of images.
Order file_order(Layout layout, std::size_t rank);
/// Where each of the graph's dimensions is in the file: of axes.
std::int64_t file_axis(Layout layout, std::size_t axis) noexcept;
/// The order that undoes `order`.
Order inverse(const Order& order);

int8::Dims ordered(const int8::Dims& shape, const Order& order);
/// The elements, of `element` bytes each, of a tensor of this shape, in another order.
std::vector<std::byte> ordered(std::span<const std::byte> bytes, std::size_t element,
                               const int8::Dims& shape, const Order& order);

/// Whether elements are in memory alike in both orders: at most one dimension that changes its
/// place is larger than 1.
bool keeps_memory(const int8::Dims& shape, const Order& order) noexcept;

}  // namespace octet::onnx_export
