// Slice, pad, transpose, depth_to_space and space_to_depth: one forward, one backward, strided
// views.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <numeric>
#include <sstream>

#include "core/kernels/strided_copy.h"
#include "core/ops/ops.h"

namespace octet {

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
  OCTET_CHECK(step >= 1 ? begin >= 0 && begin < end : step <= -1 && end >= -1 && end < begin,
              "slice: expected a step other than 0 and 0 <= begin < end, or begin > end >= -1 with "
              "a negative step, got ",
              begin, ", ", end, " and step ", step);
}

std::int64_t SliceOp::count() const noexcept {
  return (end - begin - (step > 0 ? 1 : -1)) / step + 1;
}

std::string SliceOp::attributes() const {
  return "axis=" + std::to_string(axis) + ", begin=" + std::to_string(begin) +
         ", end=" + std::to_string(end) + ", step=" + std::to_string(step);
}

Shape SliceOp::result(const Shape& x) const {
  const int d = axis_from_front(axis, x.rank());
  OCTET_CHECK(d >= 0 && d < x.rank(), "slice: expected an axis of ", x, ", got ", axis);
  OCTET_CHECK(end <= x[d] && begin < x[d], "slice: x ", x, ": expected an end of at most ", x[d],
              " on axis ", d, ", got ", std::max(end, begin + 1));
  Shape y = x;
  y.set(d, count());
  return y;
}

StridedCopy SliceOp::copy(const Shape& x) const {
  const int d = axis_from_front(axis, x.rank());
  std::int64_t outer = 1, inner = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != d) (i < d ? outer : inner) *= x[i];
  }
  const std::int64_t n = count(), apart = n == 1 ? 0 : step * inner;
  return StridedCopy({{outer, x[d] * inner, n * inner}, {n, apart, inner}, {inner, 1, 1}},
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
  s << "pads=" << list_text(std::array{pads.top, pads.bottom, pads.left, pads.right});
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
  OCTET_CHECK(sorted == expected && !permutation.empty(),
              "transpose: expected a permutation of 0, 1, ..., got ", list_text(permutation));
}

std::string TransposeOp::attributes() const {
  return "permutation=" + list_text(permutation);
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

DepthToSpaceOp::DepthToSpaceOp(int b, DepthOrder o) : block(b), order(o) {
  OCTET_CHECK(block >= 1, "depth_to_space: expected a block >= 1, got ", block);
}

std::string DepthToSpaceOp::attributes() const {
  return "block=" + std::to_string(block) + (order == DepthOrder::crd ? ", crd" : "");
}

Shape DepthToSpaceOp::result(const Shape& x) const {
  const std::int64_t area = std::int64_t{block} * block;
  OCTET_CHECK(x.rank() == 4 && x[3] % area == 0,
              "depth_to_space: x: expected [N, H, W, C] with C divisible by ", area, ", got ", x);
  return {x[0], x[1] * block, x[2] * block, x[3] / area};
}

StridedCopy DepthToSpaceOp::copy(const Shape& x) const {
  const std::int64_t channels = result(x)[3];
  const std::int64_t row = x[3] / block, line = x[2] * row;  // of a block, of the result
  // Strides of x: from one row of a block to the next, from one pixel and one channel to the next.
  const bool crd = order == DepthOrder::crd;
  const std::int64_t down = crd ? block : row, right = crd ? 1 : channels;
  const std::int64_t deep = crd ? std::int64_t{block} * block : 1;
  return StridedCopy({{x[0] * x[1], x[2] * x[3], block * line},
                      {block, down, line},
                      {x[2], x[3], row},
                      {block, right, channels},
                      {channels, deep, 1}},
                     0, 0);
}

SpaceToDepthOp::SpaceToDepthOp(int b) : block(b) {
  OCTET_CHECK(block >= 1, "space_to_depth: expected a block >= 1, got ", block);
}

Shape SpaceToDepthOp::result(const Shape& x) const {
  OCTET_CHECK(x.rank() == 4 && x[1] % block == 0 && x[2] % block == 0,
              "space_to_depth: x: expected [N, H, W, C] with H and W divisible by ", block,
              ", got ", x);
  return {x[0], x[1] / block, x[2] / block, x[3] * block * block};
}

StridedCopy SpaceToDepthOp::copy(const Shape& x) const {
  return DepthToSpaceOp(block).copy(result(x)).reversed();
}

Var slice(Var x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  return x.tape->record(std::make_shared<SliceOp>(axis, begin, end, step), {x});
}

Var slice(Var x, std::span<const AxisRange> slices) {
  for (const AxisRange& s : slices) {
    const Shape& shape = x.shape();
    const int d = axis_from_front(s.axis, shape.rank());
    OCTET_CHECK(d >= 0 && d < shape.rank(), "slice: expected an axis of ", shape, ", got ", s.axis);
    OCTET_CHECK(s.step != 0, "slice: expected a step other than 0");
    const std::int64_t extent = shape[d];
    // numpy's: what counts from the end is moved, what lies outside is limited.
    const auto inside = [&](std::int64_t i, std::int64_t least, std::int64_t most) {
      return std::clamp(i < 0 ? i + extent : i, least, most);
    };
    const bool up = s.step > 0;
    const std::int64_t begin = up ? inside(s.begin, 0, extent) : inside(s.begin, -1, extent - 1);
    const std::int64_t end = up ? inside(s.end, 0, extent) : inside(s.end, -1, extent - 1);
    OCTET_CHECK(up ? begin < end : begin > end, "slice: x ", shape, ": nothing from ", s.begin,
                " to ", s.end, " by ", s.step, " on axis ", d);
    if (begin == 0 && end == extent && s.step == 1) continue;
    x = slice(x, d, begin, end, std::clamp(s.step, -extent, extent));
  }
  return x;
}

std::vector<Var> split(Var x, int axis, std::span<const std::int64_t> extents) {
  const Shape shape = x.shape();
  const int d = axis_from_front(axis, shape.rank());
  OCTET_CHECK(d >= 0 && d < shape.rank() &&
                  std::ranges::all_of(extents, [](std::int64_t e) { return e > 0; }) &&
                  std::accumulate(extents.begin(), extents.end(), std::int64_t{0}) == shape[d],
              "split: expected parts that add up to axis ", axis, " of ", shape, ", got ",
              list_text(extents));
  std::vector<Var> out;
  std::int64_t begin = 0;
  for (const std::int64_t extent : extents) {
    out.push_back(slice(x, d, begin, begin + extent));
    begin += extent;
  }
  return out;
}

std::vector<Var> split(Var x, int axis, int parts) {
  const Shape& shape = x.shape();
  const int d = axis_from_front(axis, shape.rank());
  OCTET_CHECK(d >= 0 && d < shape.rank() && parts >= 1 && shape[d] % parts == 0,
              "split: expected an axis of ", shape, " that divides into ", parts,
              " parts, got axis ", axis);
  return split(x, d, std::vector(static_cast<std::size_t>(parts), shape[d] / parts));
}

Var pad2d(Var x, const Padding2d& pads, real value) {
  return x.tape->record(std::make_shared<Pad2dOp>(pads, value), {x});
}

Var depth_to_space(Var x, int block, DepthOrder order) {
  return x.tape->record(std::make_shared<DepthToSpaceOp>(block, order), {x});
}

Var space_to_depth(Var x, int block) {
  return x.tape->record(std::make_shared<SpaceToDepthOp>(block), {x});
}

Var transpose(Var x, std::vector<int> permutation) {
  return x.tape->record(std::make_shared<TransposeOp>(std::move(permutation)), {x});
}

}  // namespace octet
