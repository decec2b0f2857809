// a + b, same shapes. Both gradients adopt dy: no memory pass.
#include "core/ops.h"
#include "core/ops/common.h"

namespace octet {

Tensor AddOp::forward(Context& ctx, In x, Saved&) const {
  check_inputs(name(), x.size(), 2, 2);
  check_real(name(), "a", x[0]);
  check_shape(name(), "b", x[1], x[0].shape());
  Tensor y = ctx.empty(x[0].shape());
  const real* a = x[0].r();
  const real* b = x[1].r();
  real* py = y.r();
  for_blocks(ctx, y.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) py[i] = a[i] + b[i];
  });
  return y;
}

void AddOp::backward(Context& ctx, const Saved&, const Tensor& dy, Grads dx) const {
  for (Grad* g : dx) {
    if (g) g->add(dy, ctx);
  }
}

Var operator+(Var a, Var b) {
  return a.tape->record(std::make_shared<AddOp>(), {a, b});
}

}  // namespace octet
