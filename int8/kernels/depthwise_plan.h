// How a depthwise convolution is cut into blocks of channels, and where everything lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "int8/kernels/aligned_buffer.h"
#include "int8/kernels/channel_table.h"
#include "int8/kernels/conv_args.h"
#include "int8/kernels/packed_conv.h"

namespace octet::int8 {

/// Some of the channels, `copies` neighbouring columns of which make a block of 4 vectors.
struct DepthwiseBlock : ChannelBlock {
  int width = 0, copies = 1;
  std::int64_t weights = 0;
  // Layout of its interleaved rows.
  int super_groups = 0;       // that produce output
  int stored_groups = 0;      // per run: with the further columns' if those are shared
  bool shared_quads = false;  // quads are further groups of one run, not runs of their own
  int entries = 0;            // columns per residue
  std::int64_t row_bytes = 0;
  std::vector<std::int32_t> quads;
};

struct DepthwisePlan {
  DepthwisePlan(const ConvGeometry& g, const ConvKernels& k);

  int multiplier;     ///< output channels per input channel
  int step = 2;       ///< input columns from one group to the next
  int phases = 1;     ///< outputs of one group
  int ring_rows = 1;  ///< input rows that the kernel spans
  int columns = 1;    ///< outputs in a row of a full region
  int column_regions = 1;
  std::vector<int> quad_columns;  ///< first input column of each quad that has taps
  std::vector<DepthwiseBlock> blocks;
  int slots = 0;
  std::int64_t weight_bytes = 0;
  void (*DepthwiseRows::*kernel)(const DepthwiseArgs&) = nullptr;

  // Scratch of one worker, in bytes: each residue's columns, a row with repeated channels, an
  // interleaved row, a row of accumulators, and tables of rows.
  std::size_t residue_bytes = 0, expanded_bytes = 0, row_bytes = 0, value_bytes = 0;
  std::size_t ring_table_bytes = 0, row_table_bytes = 0;
  std::size_t worker_bytes() const noexcept {
    return residue_bytes * static_cast<std::size_t>(step) + align64(expanded_bytes) + 64 +
           row_bytes * static_cast<std::size_t>(1 + ring_rows) + ring_table_bytes +
           row_table_bytes + value_bytes;
  }

 private:
  void plan_block(const ConvKernels& k, DepthwiseBlock& p);
};

}  // namespace octet::int8
