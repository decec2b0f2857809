// Reshape of everything behind the batch dimension. No copy, forward or backward.
#include "core/kernels/common.h"
#include "core/ops/ops.h"

namespace octet {

Shape ReshapeOp::result(const Shape& x) const {
  OCTET_CHECK(x.rank() >= 1, "reshape: x: expected a batch dimension, got ", x);
  OCTET_CHECK(dims.size() < Shape::max_rank, "reshape: dims: expected at most ",
              Shape::max_rank - 1, " extents, got ", dims.size());
  std::vector<std::int64_t> extents{x[0]};
  extents.insert(extents.end(), dims.begin(), dims.end());
  std::int64_t sample = 1;  // from x's own extents: right for an empty batch too
  for (int i = 1; i < x.rank(); ++i) sample *= x[i];
  std::int64_t known = 1;
  std::int64_t* free_extent = nullptr;
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i] == -1) {
      OCTET_CHECK(!free_extent, "reshape: dims: expected at most one -1");
      free_extent = &extents[i];
    } else {
      OCTET_CHECK(extents[i] > 0, "reshape: dims: expected extents > 0 or -1, got ", extents[i]);
      OCTET_CHECK(!__builtin_mul_overflow(known, extents[i], &known),
                  "reshape: dims: product too large");
    }
  }
  if (free_extent) {
    OCTET_CHECK(sample % known == 0, "reshape: x ", x, ": ", sample,
                " values a sample do not divide into ", known);
    *free_extent = sample / known;
    known = sample;
  }
  OCTET_CHECK(known == sample, "reshape: x ", x, ": expected ", known, " values a sample, got ",
              sample);
  return Shape(std::span<const std::int64_t>(extents));
}

std::string ReshapeOp::attributes() const {
  std::string s = "dims=[";
  for (std::size_t i = 0; i < dims.size(); ++i) s += (i ? ", " : "") + std::to_string(dims[i]);
  return s + "]";
}

Tensor ReshapeOp::forward(Context&, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  saved.extra = x[0].shape();
  return x[0].reshape(result(x[0].shape()));
}

void ReshapeOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) dx[0]->add(dy.reshape(std::any_cast<const Shape&>(saved.extra)), ctx);
}

Var reshape(Var x, std::vector<std::int64_t> dims) {
  return x.tape->record(std::make_shared<ReshapeOp>(std::move(dims)), {x});
}

Var flatten(Var x) {
  return reshape(x, {-1});
}

}  // namespace octet
