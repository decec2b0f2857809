// Shapes of convolutions, matrix products and pools, of codes and of floats. Each function reads a
// node's operands and attributes and throws Error, naming the tensor, unless they fit each other.
#pragma once

#include <cstdint>
#include <vector>

#include "base/conv_geometry.h"
#include "int8/ops/node_view.h"
#include "int8/reference/pool.h"

namespace octet::int8 {

/// CONV_2D; weights [out_c, kernel_h, kernel_w, in_c / groups], or DEPTHWISE_CONV_2D; weights
/// [1, kernel_h, kernel_w, out_c]. With the pads that were fused.
ConvGeometry conv_geometry_of(const NodeView& node, bool depthwise);

/// Weights [out, in].
struct FullyConnectedShape {
  std::int64_t rows;  ///< of one sample
  std::int32_t in, out;
};
FullyConnectedShape fully_connected_shape_of(const NodeView& node);

/// Weights [out channels, kernel_h, kernel_w, in channels]; tap f of input pixel i lands at
/// i * stride - pad + f.
struct TransposeConvShape {
  Dims out;
  int pad_top, pad_left;
};
TransposeConvShape transpose_conv_shape_of(const NodeView& node);

/// AVERAGE_POOL_2D and MAX_POOL_2D, with the pads that were fused.
PoolGeometry pool_geometry_of(const NodeView& node);

/// Where the vectors lie that are multiplied: those of result r begin at element offsets[r].
struct MatMulFactor {
  std::vector<std::int64_t> offsets;
  std::int64_t row = 0, step = 0;  ///< from one vector that is multiplied to the next, and within
};

/// BATCH_MATMUL, of one sample: as many products of m vectors by n as a factor has offsets.
struct MatMulShape {
  std::int64_t m = 1, n = 1, depth = 1;
  MatMulFactor factors[2];
};
MatMulShape matmul_shape_of(const NodeView& node);

}  // namespace octet::int8
