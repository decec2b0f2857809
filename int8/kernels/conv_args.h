// What the convolution drivers hand to the SIMD kernels: plain data, no library types, so that
// kernel files need nothing but <cstdint> and the intrinsics.
//
// A vector holds `lanes` 32-bit accumulators, one output channel each. A unit is 32 bits of input:
// `unit` consecutive elements (4 bytes, or 2 int16) that one instruction multiplies with as many
// weights of each channel and adds up.
#pragma once

#include <cstdint>

#include "base/simd/extensions.h"

namespace octet::int8 {

enum class Epilogue : std::uint8_t { accumulators, single_rounding, double_rounding };

/// Per output channel, padded to whole vectors. From an accumulator a to p, before clamping:
///
///   single rounding: (((a << left) * m >> 32 >> right) + 1 >> 1) + z, left - right = shift + 2
///   double rounding: rounding_divide_by_pot(srdhm(a << left, m), right) + z
///
/// Requires |a << left| < 2^31 for single and < 2^30 for double rounding.
struct ChannelConstants {
  const std::int32_t* start;  ///< a's first value: bias, zero point's and offset's correction
  const std::int32_t* left;
  const std::int32_t* multiplier;
  const std::int32_t* right;
};

/// What ChannelConstants are computed from.
struct ChannelInputs {
  const std::int32_t* bias;
  const std::int32_t* factors;  ///< m and shift of each channel in turn
  const std::int32_t* sum;      ///< of the channel's weights
  const std::uint32_t* bound;   ///< the largest absolute value that the accumulator can have
  std::int32_t correction;      ///< to take off the accumulator for each unit of `sum`
  bool single_rounding;
};
struct ChannelConstantsOut {
  std::int32_t *start, *left, *multiplier, *right;
};
struct ChannelNeeds {
  bool left;        ///< some left[c] > 0
  bool one_by_one;  ///< some |a << left| could be too large: the constants must not be used
};

/// Float rounding: rows of sums that hold the bias become codes,
/// y[r][c] = rint(min(max(f32(f32(sum[r][c]) * factor[c]), low), high)) + zero_point.
struct FloatCodesArgs {
  const std::int32_t* sum;
  std::int64_t sum_stride;
  const float* factor;
  int rows, channels;
  std::int32_t zero_point;
  float low, high;  ///< the codes' bounds less the zero point
  std::int8_t* y;
  std::int64_t y_stride;
};

/// One block of output channels at some pixels: where results go and how.
struct BlockOutput {
  ChannelConstants constants;
  Epilogue epilogue;
  bool any_left;  ///< some left[c] > 0
  std::int32_t zero_point, lo, hi;
  int channels;         ///< that exist: 1 .. vectors * lanes; the rest is padding
  std::int64_t stride;  ///< elements from one pixel to the next
  std::int8_t* y;       ///< first pixel, first channel; codes
  std::int32_t* acc;    ///< the same for Epilogue::accumulators
};

/// A run of channels that is contiguous in the packed input, as a byte offset from the pixel's
/// first byte.
struct Segment {
  std::int32_t offset;
  std::int32_t units;
  std::int32_t padding;  ///< further units, which have weights of zero
};

/// Dense convolution of one channel block over packed input.
struct BlockArgs {
  const std::uint8_t* packed;         ///< readable up to 3 elements past the last segment
  const std::int32_t* pixel_offsets;  ///< bytes, one per output pixel: a grid of equal steps
  int pixels;
  int columns;  ///< pixels of a row: divides `pixels`
  const Segment* segments;
  int segment_count;
  const std::uint8_t*
      weights;  ///< [segment units and padding][vectors][lanes][unit], 64-byte aligned
  BlockOutput out;
};

/// Depthwise convolution of one row of output, for one block of channels.
///
/// A channel block is `width` channels; `copies` neighbouring columns of it fill 4 vectors. A
/// group holds `unit` neighbouring columns of input, channel by channel, so that one `dot` adds up
/// `unit` taps; groups start every max(2, stride) columns. With stride 1 a group serves two
/// outputs, from two sets of weights (phases).
struct DepthwiseArgs {
  const std::uint8_t* const* rows;  ///< kernel_h rows of [super-group][4][lanes][unit]
  int kernel_h;
  const std::int32_t* quads;  ///< byte offsets from a super-group to the ones for further columns
  int quad_count;
  int phases;                   ///< 1 or 2
  int super_groups;             ///< of `copies` groups
  const std::uint8_t* weights;  ///< [4][kernel_h][quads][phases][lanes][unit]
  int width, copies;
  int columns;      ///< outputs in the row
  BlockOutput out;  ///< channels: of the channel block that exist, 1 .. width
};

/// A row of the input, from a channel block's first channel on.
struct ImageRow {
  const std::int8_t* data;
  std::int64_t stride;  ///< bytes from one column to the next
  int columns;
  const std::int8_t* zeros;  ///< a block of zero-point codes, for columns outside
  std::int32_t zero_point;
};

/// Kernels for a row of outputs, all codes or all accumulators.
struct DepthwiseRows {
  /// The first two for kernel_h 3 or 5, the least number of quads and no left shifts.
  void (*row_3x3)(const DepthwiseArgs& args);
  void (*row_5x5)(const DepthwiseArgs& args);
  void (*row_any)(const DepthwiseArgs& args);
};

/// Depthwise kernels and the constants of their formats. A block is 4 * lanes channels.
struct DepthwiseKernels {
  /// Copies `channels` codes of each of n columns (`stride` bytes apart), converted, to
  /// width-element entries. May write a block past the end.
  void (*gather)(std::uint8_t* to, const std::int8_t* from, std::int64_t stride, int n,
                 int channels, int width, std::int32_t zero_point);
  /// n super-groups from `unit` runs of consecutive blocks.
  void (*interleave)(std::uint8_t* to, const std::uint8_t* const* from, int n);
  /// n groups, `step` columns apart, of whole blocks of channels straight from the image.
  void (*interleave_image)(std::uint8_t* to, const ImageRow& row, int column, int step, int n);
  /// Which element of the block lane `lane` of vector q holds.
  int (*position)(int q, int lane);
  DepthwiseRows codes;
  void (*accumulators)(const DepthwiseArgs& args);  ///< of any kernel, as accumulators come rarely
};

/// Kernels of one ISA and the constants of its formats.
struct ConvKernels {
  int lanes;
  int unit;               ///< elements in 32 bits: 4 or 2
  int element_bytes;      ///< 1 or 2
  int wide_vectors;       ///< vectors in a full block of channels
  int tile_pixels;        ///< pixels a wide tile computes at once
  int segment_units = 1;  ///< segments' weights are padded to a multiple of this
  int row_pixels = 1;     ///< rows of fewer pixels are read as if they had so many
  std::int32_t offset;    ///< added to codes when they are converted
  bool zero_point_free;   ///< conversion subtracts the zero point: no correction in `start`

  /// n codes to packed elements.
  void (*convert)(std::uint8_t* to, const std::int8_t* from, std::int64_t n,
                  std::int32_t zero_point);
  /// n packed elements that stand for real zero.
  void (*fill)(std::uint8_t* to, std::int64_t n, std::int32_t zero_point);
  /// n channels' constants. left is meaningful up to 31.
  ChannelNeeds (*channels)(const ChannelInputs& in, int n, const ChannelConstantsOut& out);
  void (*float_codes)(const FloatCodesArgs& args);
  /// Called by each thread before and after it calls block kernels; may be null.
  void (*enter)() = nullptr;
  void (*leave)() = nullptr;
  /// Indexed by the number of vectors in the block (0 unused; null: no such kernel).
  void (*block[5])(const BlockArgs& args);
  /// Kernels with shorter vectors and the same packed input for what is left of the channels, or
  /// null.
  const ConvKernels* narrow;
  DepthwiseKernels depthwise;
};

extern const ConvKernels amx_int8_kernels;
extern const ConvKernels avx512_vnni_kernels;
extern const ConvKernels avx512_vnni_narrow_kernels;
extern const ConvKernels avx_vnni_kernels;
extern const ConvKernels avx2_kernels;
extern const ConvKernels neon_dot_kernels;

// What training and SVDF compute with: apart, so that a program of cnn_ops() does not link them.
extern const DepthwiseRows avx512_vnni_accumulators;
extern const DepthwiseRows avx_vnni_accumulators;
extern const DepthwiseRows avx2_accumulators;
extern const DepthwiseRows neon_dot_accumulators;

}  // namespace octet::int8
