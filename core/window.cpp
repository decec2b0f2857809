// Window2d: padding rules and output sizes.
#include <algorithm>
#include <sstream>
#include <utility>

#include "core/ops/ops.h"

namespace octet {
namespace {

// Pads before and after so that out = ceil(in / stride); the odd pixel goes after.
std::pair<int, int> same_pads(std::int64_t in, int kernel, int stride, int dilation) {
  const std::int64_t out = (in + stride - 1) / stride;
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t total = std::max<std::int64_t>((out - 1) * stride + extent - in, 0);
  return {static_cast<int>(total / 2), static_cast<int>(total - total / 2)};
}

std::int64_t extent_of(const char* side, std::int64_t in, int kernel, int stride, int dilation,
                       int before, int after, std::string_view op) {
  const std::int64_t window = std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t padded = in + before + after;
  OCTET_CHECK(in >= 1 && padded >= window, op, ": window ", side, ": expected at most ", padded,
              " pixels (", in, " and padding ", before, " + ", after, "), got ", window);
  return (padded - window) / stride + 1;
}

void check_window(const Window2d& w, std::string_view op) {
  OCTET_CHECK(w.kernel_h >= 1 && w.kernel_w >= 1, op, ": kernel: expected extents >= 1, got ",
              w.kernel_h, "x", w.kernel_w);
  OCTET_CHECK(w.stride_h >= 1 && w.stride_w >= 1, op, ": stride: expected >= 1, got ", w.stride_h,
              "x", w.stride_w);
  OCTET_CHECK(w.dilation_h >= 1 && w.dilation_w >= 1, op, ": dilation: expected >= 1, got ",
              w.dilation_h, "x", w.dilation_w);
  const Padding2d& p = w.padding;
  OCTET_CHECK(p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0, op,
              ": padding: expected >= 0, got ", p.top, ", ", p.bottom, ", ", p.left, ", ", p.right);
}

}  // namespace

Padding2d Window2d::resolve(std::int64_t in_h, std::int64_t in_w) const {
  if (!padding.same) return padding;
  const auto [top, bottom] = same_pads(in_h, kernel_h, stride_h, dilation_h);
  const auto [left, right] = same_pads(in_w, kernel_w, stride_w, dilation_w);
  return {top, bottom, left, right, false};
}

std::pair<std::int64_t, std::int64_t> Window2d::output_size(std::int64_t in_h, std::int64_t in_w,
                                                            std::string_view op) const {
  check_window(*this, op);
  const Padding2d p = resolve(in_h, in_w);
  return {extent_of("height", in_h, kernel_h, stride_h, dilation_h, p.top, p.bottom, op),
          extent_of("width", in_w, kernel_w, stride_w, dilation_w, p.left, p.right, op)};
}

Window2d Window2d::ceiled(std::int64_t in_h, std::int64_t in_w, std::string_view op) const {
  const auto [out_h, out_w] = output_size(in_h, in_w, op);
  Window2d w = *this;
  w.padding = resolve(in_h, in_w);
  const auto extend = [](std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                         int before, int& after) {
    const std::int64_t start = out * stride;  // of one more window
    const std::int64_t missing =
        start + std::int64_t{kernel - 1} * dilation + 1 - (in + before + after);
    const bool starts_inside = start < in + before;
    if (missing < stride && starts_inside) after += static_cast<int>(missing);
  };
  extend(in_h, out_h, kernel_h, stride_h, dilation_h, w.padding.top, w.padding.bottom);
  extend(in_w, out_w, kernel_w, stride_w, dilation_w, w.padding.left, w.padding.right);
  return w;
}

std::string Window2d::to_string() const {
  std::ostringstream s;
  s << "kernel=" << kernel_h << 'x' << kernel_w << ", stride=" << stride_h << 'x' << stride_w
    << ", dilation=" << dilation_h << 'x' << dilation_w << ", padding=";
  if (padding.same) {
    s << "same";
  } else {
    s << '[' << padding.top << ", " << padding.bottom << ", " << padding.left << ", "
      << padding.right << ']';
  }
  return s.str();
}

void set_window(ConvGeometry& g, const Window2d& window) {
  const Padding2d pads = window.resolve(g.in_h, g.in_w);
  g.kernel_h = window.kernel_h;
  g.kernel_w = window.kernel_w;
  g.stride_h = window.stride_h;
  g.stride_w = window.stride_w;
  g.dilation_h = window.dilation_h;
  g.dilation_w = window.dilation_w;
  g.pad_top = pads.top;
  g.pad_left = pads.left;
}

}  // namespace octet
