// How a direct convolution is cut into tiles: floats only. Not for users of the library.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernels/common.h"
#include "core/kernels/conv/direct_kernels.h"
#include "core/kernels/conv/float_conv.h"
#include "core/kernels/conv/kernels.h"

#ifndef OCTET_REAL_DOUBLE
namespace octet {

inline ConvShape of_images(ConvShape s, std::int64_t images) noexcept {
  s.batch = images;
  return s;
}

/// Tiles of output rows; each task's source is copied with its padding, unless it has none.
struct DirectPlan {
  /// `pixels`: of a 1x1 convolution's tile.
  DirectPlan(const DirectKernels& k, const ConvShape& s, std::int64_t pixels)
      : kernels(&k), shape(s), w_channels(ceil_div(s.out_c, k.multiple) * k.multiple) {
    const ConvGeometry& v = s;
    if (is_pointwise(s)) long_rows(pixels);
    width = (shape.out_w - 1) * v.stride_w + std::int64_t{v.kernel_w - 1} * v.dilation_w + 1;
    window_h = std::int64_t{v.kernel_h - 1} * v.dilation_h + 1;
    const std::int64_t height = (shape.out_h - 1) * v.stride_h + window_h;
    in_place = v.pad_top == 0 && v.pad_left == 0 && width <= shape.in_w && height <= shape.in_h;
    const std::int64_t fit = (tile_floats / (width * shape.in_c) - window_h) / v.stride_h + 1;
    const std::int64_t most_rows =
        std::clamp<std::int64_t>(fit, std::min<std::int64_t>(4, shape.out_h), shape.out_h);
    tiles = ceil_div(shape.out_h, most_rows);
    rows = ceil_div(shape.out_h, tiles);
    tiles = ceil_div(shape.out_h, rows);
    room = ((rows - 1) * v.stride_h + window_h) * width * shape.in_c;
  }

  // The pixels of a 1x1 convolution are one long row, cut without a remainder into tiles of about
  // `wanted` pixels: whole images, or parts of one.
  void long_rows(std::int64_t wanted) {
    const std::int64_t pixels = shape.in_h * shape.in_w;
    std::int64_t images = std::clamp<std::int64_t>(wanted / std::max<std::int64_t>(pixels, 1), 1,
                                                   std::max<std::int64_t>(shape.batch, 1));
    while (shape.batch % images != 0) --images;
    std::int64_t parts = images == 1 ? std::max<std::int64_t>(ceil_div(pixels, wanted), 1) : 1;
    while (pixels % parts != 0) ++parts;
    if (pixels / parts < wanted / 4) parts = 1;
    shape.batch = shape.batch / images * parts;
    shape.in_w = shape.out_w = images * pixels / parts;
    shape.in_h = shape.out_h = 1;
  }

  // For products whose tiles are read once.
  DirectPlan(const DirectKernels& k, const ConvShape& s)
      : DirectPlan(k, s, std::max<std::int64_t>(tile_floats / s.in_c, 1)) {}

  // Floats of scratch that a tile needs.
  std::int64_t room_for(bool codes) const { return in_place && !codes ? 0 : room; }
  std::int64_t all_tiles() const { return shape.batch * tiles; }

  // Tile number `task` of x.
  DirectRows tile(const ConvInput& x, std::int64_t task, real* scratch) const {
    const std::int64_t begin = task % tiles * rows;
    return tile(x, task / tiles, begin, std::min(shape.out_h, begin + rows), scratch);
  }
  // The first value of tile `task` in y or dy.
  std::int64_t output(std::int64_t task) const {
    return (task / tiles * shape.out_h + task % tiles * rows) * shape.out_w * shape.out_c;
  }

  // Adds what tile() reads to `prefetch`; nothing behind the last tile.
  void add_source(const real* x, std::int64_t task, Prefetch& prefetch) const {
    if (task >= all_tiles()) return;
    const ConvGeometry& v = shape;
    const std::int64_t top = task % tiles * rows * v.stride_h - v.pad_top;
    const std::int64_t begin = std::clamp<std::int64_t>(top, 0, shape.in_h);
    const std::int64_t end = std::min(top + (rows - 1) * v.stride_h + window_h, shape.in_h);
    const std::int64_t line = shape.in_w * shape.in_c;
    prefetch.add(x + task / tiles * shape.in_h * line + begin * line, (end - begin) * line);
  }

  // Output rows [begin, end) of an image, their source in place or in `scratch`.
  DirectRows tile(const ConvInput& x, std::int64_t image, std::int64_t begin, std::int64_t end,
                  real* scratch) const {
    const ConvGeometry& v = shape;
    const bool there = in_place && x.reals;
    const std::int64_t line = (there ? shape.in_w : width) * shape.in_c;
    const std::int64_t top = begin * v.stride_h - v.pad_top;
    const std::int64_t first = image * shape.in_h * shape.in_w * shape.in_c;
    if (!there) pad(x, first, top, (end - begin - 1) * v.stride_h + window_h, scratch);
    return {there ? x.reals + first + top * line : scratch,
            v.stride_h * line,
            v.stride_w * shape.in_c,
            v.dilation_h * line,
            v.kernel_h,
            v.kernel_w * shape.in_c,
            end - begin,
            shape.out_w,
            shape.out_c,
            w_channels,
            shape.out_c,
            nullptr};
  }

  void pad(const ConvInput& x, std::int64_t first, std::int64_t top, std::int64_t count,
           real* to) const {
    const std::int64_t c = shape.in_c;
    const std::int64_t left = std::min<std::int64_t>(shape.pad_left, width);
    const std::int64_t columns = std::min(shape.in_w, width - left);
    for (std::int64_t r = top; r < top + count; ++r, to += width * c) {
      if (r < 0 || r >= shape.in_h) {
        std::fill_n(to, width * c, real(0));
        continue;
      }
      std::fill_n(to, left * c, real(0));
      x.copy(first + r * shape.in_w * c, columns * c, to + left * c);
      std::fill(to + (left + columns) * c, to + width * c, real(0));
    }
  }

  const DirectKernels* kernels;
  ConvShape shape;
  std::int64_t w_channels;
  std::int64_t width, window_h;  // of the padded source; of a patch
  std::int64_t rows, tiles, room;
  bool in_place;

 private:
  static constexpr std::int64_t tile_floats = 32 * 1024;  // padded source of a tile
};

}  // namespace octet
#endif
