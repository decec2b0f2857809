// Concatenation along an axis.
#include "core/kernels/strided_copy.h"
#include "core/ops/ops.h"

namespace octet {

Shape ConcatOp::result(std::span<const Tensor> x, std::string_view op) const {
  OCTET_CHECK(!x.empty(), op, ": expected at least one input");
  Shape y = x[0].shape();
  const int d = resolved_axis(y);
  OCTET_CHECK(d >= 0 && d < y.rank(), op, ": expected an axis of ", y, ", got ", axis);
  std::int64_t extent = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    Shape expected = x[0].shape();
    if (x[i].shape().rank() == y.rank()) expected.set(d, x[i].shape()[d]);
    OCTET_CHECK(x[i].shape() == expected, op, ": input ", i, ": expected ", expected, ", got ",
                x[i].shape());
    extent += x[i].shape()[d];
  }
  y.set(d, extent);
  return y;
}

Tensor ConcatOp::forward(Context& ctx, In x, Saved& saved) const {
  for (const Tensor& t : x) check_real(name(), "input", t);
  const Shape whole = result(x, name());
  const int d = resolved_axis(whole);
  Tensor y = ctx.empty(whole);
  std::vector<Shape> parts;
  std::int64_t start = 0;
  for (const Tensor& t : x) {
    part_to_whole(whole, d, start, t.shape()[d]).copy(ctx, t.r(), y.r());
    start += t.shape()[d];
    parts.push_back(t.shape());
  }
  saved.extra = std::move(parts);
  return y;
}

void ConcatOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  concat_backward(ctx, resolved_axis(dy.shape()),
                  std::any_cast<const std::vector<Shape>&>(saved.extra), dy, dx);
}

void concat_backward(Context& ctx, int axis, const std::vector<Shape>& parts, const Tensor& dy,
                     Grads dx) {
  std::int64_t start = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t extent = parts[i][axis];
    if (dx[i]) {
      real beta;
      real* out = dx[i]->accumulate(parts[i], ctx, beta);
      const StridedCopy part = part_to_whole(dy.shape(), axis, start, extent).reversed();
      if (beta == 0)
        part.copy(ctx, dy.r(), out);
      else
        part.add(ctx, dy.r(), out);
    }
    start += extent;
  }
}

Var concat(std::span<const Var> parts, int axis) {
  OCTET_CHECK(!parts.empty(), "concat: expected at least one input");
  return parts[0].tape->record(std::make_shared<ConcatOp>(axis), parts);
}

}  // namespace octet
