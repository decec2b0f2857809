// relu and relu6. Backward needs only the result: it is inside the open range where the input was.
#include "core/ops.h"
#include "core/ops/common.h"

namespace octet {
namespace {

template <class F>
Tensor map(Context& ctx, std::string_view op, In x, Saved& saved, const F& f) {
  check_inputs(op, x.size(), 1, 1);
  check_real(op, "x", x[0]);
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_blocks(ctx, y.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) py[i] = f(px[i]);
  });
  if (saved.wanted) saved.tensors = {y};
  return y;
}

// dx += pass(y) ? dy : 0
template <class Pass>
void mask(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx, const Pass& pass) {
  if (!dx[0]) return;
  const real* py = saved.tensors[0].r();
  const real* pdy = dy.r();
  real beta;
  real* out = dx[0]->accumulate(dy.shape(), ctx, beta);
  for_blocks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    if (beta == 0) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = pass(py[i]) ? pdy[i] : real(0);
    } else {
      for (std::int64_t i = begin; i < end; ++i) out[i] += pass(py[i]) ? pdy[i] : real(0);
    }
  });
}

}  // namespace

// Written so that NaN stays NaN.
Tensor ReluOp::forward(Context& ctx, In x, Saved& saved) const {
  return map(ctx, name(), x, saved, [](real v) { return v < 0 ? real(0) : v; });
}

void ReluOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mask(ctx, saved, dy, dx, [](real y) { return y > 0; });
}

Tensor Relu6Op::forward(Context& ctx, In x, Saved& saved) const {
  return map(ctx, name(), x, saved, [](real v) { return v < 0 ? real(0) : (v > 6 ? real(6) : v); });
}

void Relu6Op::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mask(ctx, saved, dy, dx, [](real y) { return (y > 0) & (y < 6); });
}

Var relu(Var x) {
  return x.tape->record(std::make_shared<ReluOp>(), {x});
}

Var relu6(Var x) {
  return x.tape->record(std::make_shared<Relu6Op>(), {x});
}

}  // namespace octet
