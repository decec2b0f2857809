#include "quant/no_int8_form.h"

#include <algorithm>
#include <cmath>

#include "core/ops/ops.h"
#include "core/ops/resize_taps.h"
#include "int8/ops/catalogue.h"

namespace octet::quant {
namespace {

std::string dilated(const Window2d& window) {
  if (window.dilation_h == 1 && window.dilation_w == 1) return {};
  return "pooling with a dilation (" + window.to_string() + ")";
}

bool same_taps(const PoolVector<ResizeTap>& a, const PoolVector<ResizeTap>& b) {
  return std::ranges::equal(a, b, [](const ResizeTap& s, const ResizeTap& t) {
    return s.lo == t.lo && std::fabs(s.weight - t.weight) < real(1e-5);
  });
}

}  // namespace

std::string refused_activation(const Op& op, const Shape&) {
  if (int8::find_op(static_cast<const ActivationOp&>(op).file_op())) return {};
  return "op " + std::string(op.name());
}

std::string refused_function(const Op& op, const Shape&) {
  return "op " + std::string(op.name()) + " (your own: a table of int8 codes, no float operator)";
}

std::string refused_layout(const Op& op, const Shape& x) {
  const std::string name = "op " + std::string(op.name());
  const auto* slice = dynamic_cast<const SliceOp*>(&op);
  if (slice && slice->step < 0) return name + " with a negative step";
  const auto* space = dynamic_cast<const DepthToSpaceOp*>(&op);
  if (space && space->order == DepthOrder::crd) return name + " of order crd";
  return static_cast<const LayoutOp&>(op).keeps_batch(x) ? "" : name + " of the batch";
}

std::string refused_concat(const Op& op, const Shape& x) {
  return static_cast<const ConcatOp&>(op).resolved_axis(x) == 0 ? "op concat of the batch" : "";
}

std::string refused_max_pool(const Op& op, const Shape&) {
  return dilated(static_cast<const MaxPool2dOp&>(op).window);
}

std::string refused_average_pool(const Op& op, const Shape& x) {
  const auto& pool = static_cast<const AvgPool2dOp&>(op);
  const Padding2d pads = pool.window.resolve(x[1], x[2]);
  Window2d same = pool.window;
  same.padding = Padding2d::same_padding();
  if (!pool.count_include_pad && pads != Padding2d{} && pads != same.resolve(x[1], x[2])) {
    return "average pooling with padding other than SAME (" + pool.window.to_string() + " on " +
           x.to_string() + ") that does not count padded pixels";
  }
  return dilated(pool.window);
}

std::string refused_reduction(const Op& op, const Shape& x) {
  const auto& axes = static_cast<const ReductionOp&>(op).axes;
  const bool batch = std::ranges::any_of(axes, [&](int a) { return a == 0 || a + x.rank() == 0; });
  return batch ? "op " + std::string(op.name()) + " of the batch" : "";
}

std::string refused_conv_transpose(const Op& op, const Shape&) {
  const auto& t = static_cast<const ConvTranspose2dOp&>(op);
  const Window2d& w = t.window;
  const Padding2d& p = w.padding;
  const bool fits = t.groups == 1 && w.dilation_h == 1 && w.dilation_w == 1 &&
                    t.extra_h < w.stride_h && t.extra_w < w.stride_w && p.top < w.kernel_h &&
                    p.bottom < w.kernel_h && p.left < w.kernel_w && p.right < w.kernel_w;
  return fits ? ""
              : "transposed convolution with groups, a dilation or pads of a whole kernel (" +
                    t.attributes() + ")";
}

std::string refused_resize(const Op& op, const Shape& x) {
  const auto& resize = static_cast<const Resize2dOp&>(op);
  return resize_of_format(resize, x) ? "" : "op resize2d (" + resize.attributes() + ")";
}

std::shared_ptr<const Resize2dOp> resize_of_format(const Resize2dOp& op, const Shape& x) {
  Pool pool;
  const auto rows = row_taps(pool, x[1], op), columns = column_taps(pool, x[2], op);
  for (const Coordinates c : {op.coordinates, Coordinates::half_pixel, Coordinates::asymmetric,
                              Coordinates::align_corners}) {
    if (c == Coordinates::pytorch_half_pixel) continue;
    auto plain = std::make_shared<const Resize2dOp>(op.out_h, op.out_w, op.interpolation, c);
    if (same_taps(rows, row_taps(pool, x[1], *plain)) &&
        same_taps(columns, column_taps(pool, x[2], *plain))) {
      return plain;
    }
  }
  return nullptr;
}

}  // namespace octet::quant
