// Reshape of everything behind the batch dimension, and view of all. No copy, forward or backward.
#include "core/kernels/common.h"
#include "core/ops/ops.h"

namespace octet {

namespace {

/// `dims` as the extents of `count` values; one of them may be -1. `what`: "values a sample".
void resolve(std::string_view op, const Shape& x, std::int64_t count, const char* what,
             std::span<std::int64_t> dims) {
  std::int64_t known = 1;
  std::int64_t* free_extent = nullptr;
  for (std::int64_t& extent : dims) {
    if (extent == -1) {
      OCTET_CHECK(!free_extent, op, ": dims: expected at most one -1");
      free_extent = &extent;
    } else {
      OCTET_CHECK(extent > 0, op, ": dims: expected extents > 0 or -1, got ", extent);
      OCTET_CHECK(!__builtin_mul_overflow(known, extent, &known), op, ": dims: product too large");
    }
  }
  if (free_extent) {
    OCTET_CHECK(count % known == 0, op, ": x ", x, ": ", count, " ", what, " do not divide into ",
                known);
    *free_extent = count / known;
    known = count;
  }
  OCTET_CHECK(known == count, op, ": x ", x, ": expected ", known, " ", what, ", got ", count);
}

void reshape_backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) {
  if (dx[0]) dx[0]->add(dy.reshape(std::any_cast<const Shape&>(saved.extra)), ctx);
}

}  // namespace

Shape ReshapeOp::result(const Shape& x) const {
  OCTET_CHECK(x.rank() >= 1, "reshape: x: expected a batch dimension, got ", x);
  OCTET_CHECK(dims.size() < Shape::max_rank, "reshape: dims: expected at most ",
              Shape::max_rank - 1, " extents, got ", dims.size());
  std::vector<std::int64_t> extents{x[0]};
  extents.insert(extents.end(), dims.begin(), dims.end());
  std::int64_t sample = 1;  // from x's own extents: right for an empty batch too
  for (int i = 1; i < x.rank(); ++i) sample *= x[i];
  resolve("reshape", x, sample, "values a sample", std::span(extents).subspan(1));
  return Shape(std::span<const std::int64_t>(extents));
}

std::string ReshapeOp::attributes() const {
  return "dims=" + list_text(dims);
}

Shape ViewOp::result(const Shape& x) const {
  std::vector<std::int64_t> extents = dims;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] != 0) continue;
    OCTET_CHECK(i < static_cast<std::size_t>(x.rank()), "view: x ", x, ": there is no dimension ",
                i, " to be kept");
    extents[i] = x[static_cast<int>(i)];
  }
  resolve("view", x, x.numel(), "values", extents);
  return Shape(std::span<const std::int64_t>(extents));
}

std::string ViewOp::attributes() const {
  return "dims=" + list_text(dims);
}

Tensor ViewOp::forward(Context&, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  saved.extra = x[0].shape();
  return x[0].reshape(result(x[0].shape()));
}

void ViewOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  reshape_backward(ctx, saved, dy, dx);
}

Tensor ReshapeOp::forward(Context&, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  saved.extra = x[0].shape();
  return x[0].reshape(result(x[0].shape()));
}

void ReshapeOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  reshape_backward(ctx, saved, dy, dx);
}

Var view(Var x, std::vector<std::int64_t> dims) {
  return x.tape->record(std::make_shared<ViewOp>(std::move(dims)), {x});
}

Var reshape(Var x, std::vector<std::int64_t> dims) {
  return x.tape->record(std::make_shared<ReshapeOp>(std::move(dims)), {x});
}

Var flatten(Var x) {
  return reshape(x, {-1});
}

}  // namespace octet
