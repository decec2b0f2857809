// y = x w^T + b on the last dimension.
#include "core/kernels/common.h"
#include "core/kernels/gemm.h"
#include "core/kernels/reduce.h"
#include "core/ops/ops.h"

namespace octet {

Tensor LinearOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 3);
  check_real(name(), "x", x[0]);
  check_rank(name(), "w", x[1], 2, "[O, I]");
  const Shape& in = x[0].shape();
  const std::int64_t outputs = x[1].shape()[0], inputs = x[1].shape()[1];
  OCTET_CHECK(in.rank() >= 1 && in[-1] == inputs, "linear: x: expected [..., ", inputs, "] for w ",
              x[1].shape(), ", got ", in);
  if (x.size() == 3) check_shape(name(), "b", x[2], {outputs});

  Shape out = in;
  out.set(-1, outputs);
  Tensor y = ctx.empty(out);
  const std::int64_t rows = y.numel() / std::max<std::int64_t>(outputs, 1);
  real* py = y.r();
  if (x.size() == 3) {
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(x[2].r(), outputs, py + r * outputs);
  }
  gemm(ctx, rows, outputs, inputs, {x[0].r(), inputs}, {x[1].r(), inputs, Trans::yes},
       x.size() == 3 ? real(1) : real(0), py, outputs);
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

void LinearOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor& x = saved.tensors[0];
  const Tensor& w = saved.tensors[1];
  const std::int64_t outputs = w.shape()[0], inputs = w.shape()[1];
  const std::int64_t rows = dy.numel() / std::max<std::int64_t>(outputs, 1);
  real beta;
  if (dx[0]) {
    real* out = dx[0]->accumulate(x.shape(), ctx, beta);
    gemm(ctx, rows, inputs, outputs, {dy.r(), outputs}, {w.r(), inputs}, beta, out, inputs);
  }
  if (dx[1]) {
    real* out = dx[1]->accumulate(w.shape(), ctx, beta);
    gemm(ctx, outputs, inputs, rows, {dy.r(), outputs, Trans::yes}, {x.r(), inputs}, beta, out,
         inputs);
  }
  if (dx.size() == 3 && dx[2]) {
    real* out = dx[2]->accumulate({outputs}, ctx, beta);
    column_sums(ctx, rows, outputs, dy.r(), beta, out);
  }
}

Var linear(Var x, Var w) {
  return x.tape->record(std::make_shared<LinearOp>(), {x, w});
}

Var linear(Var x, Var w, Var b) {
  return x.tape->record(std::make_shared<LinearOp>(), {x, w, b});
}

}  // namespace octet
