#include "quant/no_int8_form.h"

#include "core/ops/ops.h"
#include "int8/ops/catalogue.h"

namespace octet::quant {
namespace {

std::string dilated(const Window2d& window) {
  if (window.dilation_h == 1 && window.dilation_w == 1) return {};
  return "pooling with a dilation (" + window.to_string() + ")";
}

}  // namespace

std::string refused_activation(const Op& op, const Shape&) {
  if (int8::find_op(static_cast<const ActivationOp&>(op).file_op())) return {};
  return "op " + std::string(op.name());
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

}  // namespace octet::quant
