// Slice, pad, transpose and depth_to_space: one forward, one backward, three strided views.
#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <sstream>

#include "core/kernels/strided_copy.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

std::string list(std::span<const int> values) {
  std::string s = "[";
  for (std::size_t i = 0; i < values.size(); ++i) s += (i ? ", " : "") + std::to_string(values[i]);
  return s + "]";
}

}  // namespace

Tensor LayoutOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  const Shape& in = x[0].shape();
  const Shape out = result(in);
  Tensor y = ctx.empty(out);
  if (fills()) y.fill(fill_value());
  copy(in).copy(ctx, x[0].r(), y.r());
  saved.extra = in;
  return y;
}

void LayoutOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) layout_backward(ctx, *this, std::any_cast<const Shape&>(saved.extra), dy, *dx[0]);
}

void layout_backward(Context& ctx, const LayoutOp& op, const Shape& x, const Tensor& dy, Grad& dx) {
  real beta;
  real* out = dx.accumulate(x, ctx, beta);
  const StridedCopy back = op.copy(x).reversed();
  if (beta == 0 && !op.drops()) {
    back.copy(ctx, dy.r(), out);
    return;
  }
  if (beta == 0) std::fill_n(out, x.numel(), real(0));
  back.add(ctx, dy.r(), out);
}

SliceOp::SliceOp(int a, std::int64_t b, std::int64_t e, std::int64_t s)
    : axis(a), begin(b), end(e), step(s) {
  OCTET_CHECK(begin >= 0 && begin < end && step >= 1,
              "slice: expected 0 <= begin < end and step >= 1, got ", begin, ", ", end, " and ",
              step);
}

std::string SliceOp::attributes() const {
  return "axis=" + std::to_string(axis) + ", begin=" + std::to_string(begin) +
         ", end=" + std::to_string(end) + ", step=" + std::to_string(step);
}

Shape SliceOp::result(const Shape& x) const {
  const int d = axis < 0 ? axis + x.rank() : axis;
  OCTET_CHECK(d >= 1 && d < x.rank(), "slice: expected an axis behind the batch of ", x, ", got ",
              axis);
  OCTET_CHECK(end <= x[d], "slice: x ", x, ": expected an end of at most ", x[d], " on axis ", d,
              ", got ", end);
  Shape y = x;
  y.set(d, ceil_div(end - begin, step));
  return y;
}

StridedCopy SliceOp::copy(const Shape& x) const {
  const int d = axis < 0 ? axis + x.rank() : axis;
  std::int64_t outer = 1, inner = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != d) (i < d ? outer : inner) *= x[i];
  }
  const std::int64_t count = ceil_div(end - begin, step);
  return StridedCopy(
      {{outer, x[d] * inner, count * inner}, {count, step * inner, inner}, {inner, 1, 1}},
      begin * inner, 0);
}

Pad2dOp::Pad2dOp(const Padding2d& p, real v) : pads(p), value(v) {
  OCTET_CHECK(!p.same && p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0,
              "pad2d: expected explicit pads >= 0, got top ", p.top, ", bottom ", p.bottom,
              ", left ", p.left, ", right ", p.right, p.same ? " and SAME" : "");
  OCTET_CHECK(std::isfinite(value), "pad2d: expected a finite value, got ", value);
}

std::string Pad2dOp::attributes() const {
  std::ostringstream s;
  s << "pads=" << list(std::array{pads.top, pads.bottom, pads.left, pads.right});
  if (value != 0) s << std::setprecision(17) << ", value=" << value;
  return s.str();
}

Shape Pad2dOp::result(const Shape& x) const {
  OCTET_CHECK(x.rank() == 4, "pad2d: x: expected [N, H, W, C], got ", x);
  return {x[0], x[1] + pads.top + pads.bottom, x[2] + pads.left + pads.right, x[3]};
}

StridedCopy Pad2dOp::copy(const Shape& x) const {
  const Shape y = result(x);
  return StridedCopy({{x[0], x[1] * x[2] * x[3], y[1] * y[2] * y[3]},
                      {x[1], x[2] * x[3], y[2] * y[3]},
                      {x[2] * x[3], 1, 1}},
                     0, (pads.top * y[2] + pads.left) * y[3]);
}

TransposeOp::TransposeOp(std::vector<int> p) : permutation(std::move(p)) {
  std::vector<int> sorted = permutation, expected(permutation.size());
  std::sort(sorted.begin(), sorted.end());
  std::iota(expected.begin(), expected.end(), 0);
  OCTET_CHECK(sorted == expected && !permutation.empty() && permutation[0] == 0,
              "transpose: expected a permutation that keeps dimension 0 in front, got ",
              list(permutation));
}

std::string TransposeOp::attributes() const {
  return "permutation=" + list(permutation);
}

Shape TransposeOp::result(const Shape& x) const {
  OCTET_CHECK(static_cast<std::size_t>(x.rank()) == permutation.size(), "transpose: x: expected ",
              permutation.size(), " dimensions, got ", x);
  Shape y = x;
  for (int d = 0; d < x.rank(); ++d) y.set(d, x[permutation[static_cast<std::size_t>(d)]]);
  return y;
}

StridedCopy TransposeOp::copy(const Shape& x) const {
  const Shape y = result(x);
  const std::vector<std::int64_t> from = row_major_strides(x), to = row_major_strides(y);
  std::vector<StridedCopy::Dim> dims;
  for (std::size_t d = 0; d < permutation.size(); ++d) {
    dims.push_back({y[static_cast<int>(d)], from[static_cast<std::size_t>(permutation[d])], to[d]});
  }
  return StridedCopy(std::move(dims), 0, 0);
}

DepthToSpaceOp::DepthToSpaceOp(int b) : block(b) {
  OCTET_CHECK(block >= 1, "depth_to_space: expected a block >= 1, got ", block);
}

Shape DepthToSpaceOp::result(const Shape& x) const {
  const std::int64_t area = std::int64_t{block} * block;
  OCTET_CHECK(x.rank() == 4 && x[3] % area == 0,
              "depth_to_space: x: expected [N, H, W, C] with C divisible by ", area, ", got ", x);
  return {x[0], x[1] * block, x[2] * block, x[3] / area};
}

StridedCopy DepthToSpaceOp::copy(const Shape& x) const {
  const std::int64_t row = x[3] / block, line = x[2] * row;  // of a block, of the result
  return StridedCopy({{x[0] * x[1], x[2] * x[3], block * line},
                      {block, row, line},
                      {x[2], x[3], row},
                      {row, 1, 1}},
                     0, 0);
}

Var slice(Var x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  return x.tape->record(std::make_shared<SliceOp>(axis, begin, end, step), {x});
}

std::vector<Var> split(Var x, int axis, int parts) {
  const Shape shape = x.shape();
  const int d = axis < 0 ? axis + shape.rank() : axis;
  OCTET_CHECK(d >= 1 && d < shape.rank() && parts >= 1 && shape[d] % parts == 0,
              "split: expected an axis behind the batch of ", shape, " that divides into ", parts,
              " parts, got axis ", axis);
  const std::int64_t extent = shape[d] / parts;
  std::vector<Var> out;
  for (int i = 0; i < parts; ++i) out.push_back(slice(x, d, i * extent, (i + 1) * extent));
  return out;
}

Var pad2d(Var x, const Padding2d& pads, real value) {
  return x.tape->record(std::make_shared<Pad2dOp>(pads, value), {x});
}

Var depth_to_space(Var x, int block) {
  return x.tape->record(std::make_shared<DepthToSpaceOp>(block), {x});
}

Var transpose(Var x, std::vector<int> permutation) {
  return x.tape->record(std::make_shared<TransposeOp>(std::move(permutation)), {x});
}

}  // namespace octet
