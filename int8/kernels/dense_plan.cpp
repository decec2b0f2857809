#include "int8/kernels/dense_plan.h"

#include <cstring>

#include "int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr std::int64_t packed_target = 48 * 1024;  // bytes: with a block's weights, well within L2
constexpr std::int64_t pixels_target = 448;        // of a block: 64 tiles of 7

}  // namespace

DensePlan::DensePlan(const ConvGeometry& g, const ConvKernels& k) : g_(g), k_(k) {
  plan_pixels();
  plan_segments();
  plan_channels();
}

void DensePlan::plan_pixels() {
  const bool point = g_.kernel_h == 1 && g_.kernel_w == 1;
  pixel_bytes = g_.in_c * k_.element_bytes;
  flat = point && g_.stride_h == 1 && g_.stride_w == 1 && g_.pad_top == 0 && g_.pad_left == 0 &&
         g_.out_h == g_.in_h && g_.out_w == g_.in_w;
  if (flat) {
    const std::int64_t fitting = packed_target / pixel_bytes;
    const std::int64_t tiles =
        std::clamp<std::int64_t>(fitting / k_.tile_pixels, 2, pixels_target / k_.tile_pixels);
    columns = static_cast<int>(tiles * k_.tile_pixels);
    block_units = static_cast<int>(tiles);
    packed_row_bytes = columns * pixel_bytes;
    packed_size = packed_row_bytes;
  } else {
    sampled = point;
    step_h = sampled ? 1 : g_.stride_h;
    step_w = sampled ? 1 : g_.stride_w;
    const std::int64_t span_h = std::int64_t{g_.kernel_h - 1} * g_.dilation_h + 1;
    const std::int64_t span_w = std::int64_t{g_.kernel_w - 1} * g_.dilation_w + 1;
    one_row = g_.in_h == 1 && g_.out_h == 1;
    column_blocks = static_cast<int>(ceil_div(g_.out_w, pixels_target));
    if (one_row) {
      const std::int64_t whole = ((g_.out_w - 1) * step_w + span_w) * pixel_bytes;
      column_blocks =
          static_cast<int>(std::clamp(ceil_div(whole, packed_target), std::int64_t{column_blocks},
                                      ceil_div(g_.out_w, std::int64_t{2} * k_.tile_pixels)));
    }
    columns = static_cast<int>(ceil_div(g_.out_w, column_blocks));
    column_blocks = static_cast<int>(ceil_div(g_.out_w, columns));
    packed_row_bytes = ((std::int64_t{columns} - 1) * step_w + span_w) * pixel_bytes;
    if (column_blocks == 1) {
      const std::int64_t fitting = (packed_target / packed_row_bytes - span_h) / step_h + 1;
      rows = static_cast<int>(
          std::clamp<std::int64_t>(std::min(fitting, pixels_target / columns), 1, g_.out_h));
      row_blocks = static_cast<int>(ceil_div(g_.out_h, rows));
      rows = static_cast<int>(ceil_div(g_.out_h, row_blocks));
    }
    row_blocks = static_cast<int>(ceil_div(g_.out_h, rows));
    block_units = one_row ? columns : rows;
    unit_blocks = one_row ? 1 : column_blocks;
    packed_size = ((std::int64_t{rows} - 1) * step_h + span_h) * packed_row_bytes +
                  std::max(0, k_.row_pixels - columns) * step_w * pixel_bytes;
  }
  pixel_offsets.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < pixel_offsets.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i) / columns;
    const auto column = static_cast<std::int64_t>(i) % columns;
    pixel_offsets[i] =
        static_cast<std::int32_t>(row * step_h * packed_row_bytes + column * step_w * pixel_bytes);
  }
}

void DensePlan::plan_segments() {
  // Taps of a row that touch each other are one segment: with few channels, fewer part-filled
  // units.
  const auto group_c = static_cast<int>(g_.in_c / g_.groups);
  const bool merged = g_.dilation_w == 1 && g_.groups == 1;
  const int taps = merged ? 1 : g_.kernel_w;
  segment_elements = merged ? g_.kernel_w * group_c : group_c;
  const int taken = (segment_elements + k_.unit - 1) / k_.unit;
  const int padding =
      static_cast<int>(ceil_div(taken, k_.segment_units)) * k_.segment_units - taken;
  for (int ky = 0; ky < g_.kernel_h; ++ky) {
    for (int kx = 0; kx < taps; ++kx) {
      segments.push_back({static_cast<std::int32_t>(ky * g_.dilation_h * packed_row_bytes +
                                                    kx * g_.dilation_w * pixel_bytes),
                          taken, padding});
    }
  }
  units = std::int64_t{taken + padding} * static_cast<std::int64_t>(segments.size());
}

void DensePlan::plan_channels() {
  const auto group_in = static_cast<int>(g_.in_c / g_.groups);
  const auto group_out = static_cast<int>(g_.out_c / g_.groups);
  for (int group = 0; group < g_.groups; ++group) {
    for (int first = 0; first < group_out;) {
      DenseBlock b;
      const int left = group_out - first;
      b.kernels = k_.narrow && left <= k_.narrow->lanes ? k_.narrow : &k_;
      b.vectors =
          std::min(b.kernels->wide_vectors, (left + b.kernels->lanes - 1) / b.kernels->lanes);
      while (!b.kernels->block[b.vectors]) ++b.vectors;
      b.padded = b.vectors * b.kernels->lanes;
      b.channels = std::min(left, b.padded);
      b.first = group * group_out + first;
      b.slot = slots;
      b.input_offset = std::int64_t{group} * group_in * k_.element_bytes;
      b.weights = weight_bytes;
      blocks.push_back(b);
      first += b.channels;
      slots += b.padded;
      weight_bytes +=
          static_cast<std::int64_t>(align64(static_cast<std::size_t>(units * b.padded * 4)));
    }
  }
}

void DensePlan::pack(const std::int8_t* weights, std::byte* packed) const noexcept {
  const std::int64_t per_channel = g_.weights_per_channel();
  for (const DenseBlock& b : blocks) {
    std::byte* to = packed + b.weights;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const std::int8_t* segment =
          weights + b.first * per_channel + static_cast<std::int64_t>(s) * segment_elements;
      for (int e = 0; e < segment_elements; e += k_.unit, to += b.padded * 4) {
        const int n = std::min(k_.unit, segment_elements - e);
        for (int c = 0; c < b.channels; ++c) {
          const std::int8_t* w = segment + c * per_channel + e;
          if (k_.element_bytes == 1) {
            std::int8_t unit[4] = {};
            if (n == 4) {
              std::memcpy(unit, w, 4);
            } else {
              std::copy_n(w, n, unit);
            }
            std::memcpy(to + c * 4, unit, 4);
          } else {
            std::int16_t unit[2] = {w[0], 0};
            if (n > 1) unit[1] = w[1];
            std::memcpy(to + c * 4, unit, 4);
          }
        }
      }
      to += std::int64_t{segments[s].padding} * b.padded * 4;
    }
  }
}

PixelBlock DensePlan::pixel_block(std::int64_t index, std::int64_t pixels) const noexcept {
  PixelBlock p;
  if (flat) {
    p.first = index * columns;
    p.columns = p.count = static_cast<int>(std::min<std::int64_t>(columns, pixels - p.first));
    return p;
  }
  p.column = static_cast<int>(index % column_blocks) * columns;
  index /= column_blocks;
  p.row = static_cast<int>(index % row_blocks) * rows;
  p.sample = index / row_blocks;
  p.rows = static_cast<int>(std::min<std::int64_t>(rows, g_.out_h - p.row));
  p.columns = static_cast<int>(std::min<std::int64_t>(columns, g_.out_w - p.column));
  p.first = (p.sample * g_.out_h + p.row) * g_.out_w + p.column;
  p.count = p.rows * p.columns;
  return p;
}

PixelBlock DensePlan::units_block(Range range, int column_block,
                                  std::int64_t pixels) const noexcept {
  PixelBlock p;
  if (flat) {
    p.first = range.begin * k_.tile_pixels;
    p.columns = p.count = static_cast<int>(std::min(range.end * k_.tile_pixels, pixels) - p.first);
    return p;
  }
  if (one_row) {
    p.first = p.column = static_cast<int>(range.begin);
    p.columns = p.count = static_cast<int>(range.size());
    return p;
  }
  p.row = static_cast<int>(range.begin);
  p.rows = static_cast<int>(range.size());
  p.column = column_block * columns;
  p.columns = static_cast<int>(std::min<std::int64_t>(columns, g_.out_w - p.column));
  p.first = std::int64_t{p.row} * g_.out_w + p.column;
  p.count = p.rows * p.columns;
  return p;
}

}  // namespace octet::int8
