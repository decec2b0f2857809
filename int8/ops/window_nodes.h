// Convolutions, matrix products and pools as geometry and integers.
#pragma once

#include <cstdint>

#include "base/conv_geometry.h"
#include "int8/ops/conv_operands.h"
#include "int8/reference/pool.h"

namespace octet::int8 {

struct ConvNode {
  ConvGeometry geometry;
  ConvOperands operands;
  std::int64_t images = 1;  ///< of one sample
};

/// Of CONV_2D or DEPTHWISE_CONV_2D, whose data is node.data_input(). Throws Error.
ConvNode read_conv(const NodeView& node);
/// A row of FULLY_CONNECTED is an image of one pixel. Throws Error.
ConvNode read_fully_connected(const NodeView& node);

struct PoolNode {
  PoolGeometry geometry;
  ClampRange range;
  std::int64_t images = 1;  ///< of one sample
};

/// Of AVERAGE_POOL_2D or MAX_POOL_2D, whose data is node.data_input(). Throws Error.
PoolNode read_pool(const NodeView& node);

}  // namespace octet::int8
