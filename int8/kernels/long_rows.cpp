#include "int8/kernels/long_rows.h"

namespace octet::int8 {
namespace {

// A dense kernel as wide as the image: neighbouring columns are neighbouring channels.
void columns_to_channels(ConvGeometry& g) noexcept {
  if (g.groups != 1 || g.out_w != 1 || g.pad_left != 0 || g.kernel_w != g.in_w) return;
  if (g.kernel_w > 1 && g.dilation_w != 1) return;
  g.in_c *= g.in_w;
  g.in_w = g.kernel_w = g.stride_w = g.dilation_w = 1;
}

// One column is one row.
void column_to_row(ConvGeometry& g) noexcept {
  if (g.in_w != 1 || g.out_w != 1 || g.kernel_w != 1 || g.pad_left != 0) return;
  g.in_w = g.in_h;
  g.out_w = g.out_h;
  g.kernel_w = g.kernel_h;
  g.stride_w = g.stride_h;
  g.dilation_w = g.dilation_h;
  g.pad_left = g.pad_top;
  g.in_h = g.out_h = g.kernel_h = g.stride_h = g.dilation_h = 1;
  g.pad_top = 0;
}

}  // namespace

ConvGeometry with_long_rows(ConvGeometry g) noexcept {
  columns_to_channels(g);
  column_to_row(g);
  columns_to_channels(g);
  return g;
}

}  // namespace octet::int8
