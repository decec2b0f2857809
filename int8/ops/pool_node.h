// AVERAGE_POOL_2D and MAX_POOL_2D nodes as geometry and integers.
#pragma once

#include <cstdint>

#include "int8/ops/node_view.h"
#include "int8/reference/pool.h"

namespace octet::int8 {

struct PoolNode {
  PoolGeometry geometry;
  ClampRange range;
  std::int64_t images = 1;  ///< of one sample
};

/// Of a node whose data is node.data_input(). Throws Error.
PoolNode read_pool(const NodeView& node);

}  // namespace octet::int8
