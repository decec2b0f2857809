// How a dense convolution is cut into blocks of pixels and of channels, and where its input and its
// weights lie.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "int8/kernels/aligned_buffer.h"
#include "int8/kernels/channel_table.h"
#include "int8/kernels/conv_args.h"
#include "int8/kernels/packed_conv.h"

namespace octet::int8 {

struct DenseBlock : ChannelBlock {
  const ConvKernels* kernels = nullptr;
  int vectors = 0;
  std::int64_t input_offset = 0;  ///< bytes from a pixel's first element to the group's
  std::int64_t weights = 0;       ///< byte offset in the packed weights
};

/// Output pixels [first, first + count) of one sample (flat: of the whole batch).
struct PixelBlock {
  std::int64_t sample = 0;
  int row = 0, column = 0, rows = 1, columns = 1;
  std::int64_t first = 0;
  int count = 0;
};

class DensePlan {
 public:
  DensePlan(const ConvGeometry& g, const ConvKernels& k);

  /// weights: OHWI, as PackedConv takes them; packed: weight_bytes of them.
  void pack(const std::int8_t* weights, std::byte* packed) const noexcept;
  /// Of the blocks that a batch is cut into, `pixels` in all (flat only).
  PixelBlock pixel_block(std::int64_t index, std::int64_t pixels) const noexcept;
  /// Rows `units` of the one sample, of one block of columns; pixels, if it is one row; tiles of
  /// pixels, if flat.
  PixelBlock units_block(Range units, int column_block, std::int64_t pixels) const noexcept;
  /// Flat input holds no more pixels than the batch has.
  std::size_t packed_bytes(std::int64_t pixels) const noexcept {
    const std::int64_t bytes = flat ? std::min(packed_size, pixels * pixel_bytes) : packed_size;
    return align64(static_cast<std::size_t>(bytes) + 64);
  }

  // Flat: 1x1, stride 1, no padding: every pixel of the batch is a row of a matrix.
  // Sampled: 1x1 with a stride: the packed input holds only the pixels that are read.
  bool flat = false, sampled = false;
  int step_h = 1, step_w = 1;  ///< strides within the packed input
  int rows = 1, columns = 1;   ///< of output, in a full block
  int row_blocks = 1, column_blocks = 1;
  bool one_row = false;  ///< of input and of output: units are pixels
  int block_units = 1;   ///< in a full block
  int unit_blocks = 1;   ///< of columns, that a unit is cut into
  std::int64_t pixel_bytes = 0, packed_row_bytes = 0, packed_size = 0;
  std::vector<std::int32_t> pixel_offsets;

  std::vector<Segment> segments;
  int segment_elements = 0;
  std::int64_t units = 0;

  std::vector<DenseBlock> blocks;
  int slots = 0;
  std::int64_t weight_bytes = 0;

 private:
  void plan_pixels();
  void plan_segments();
  void plan_channels();

  const ConvGeometry g_;
  const ConvKernels& k_;
};

}  // namespace octet::int8
