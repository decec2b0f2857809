// Softmax and its logarithm over the last dimension. Backward: dx = y (dy - sum dy y), and
// dx = dy - e^y sum dy.
#include <cmath>

#include "core/kernels/common.h"
#include "core/ops/activations.h"

namespace octet {

namespace {

void check_rows(std::string_view op, In x) {
  check_inputs(op, x.size(), 1, 1);
  check_real(op, "x", x[0]);
  OCTET_CHECK(x[0].shape().rank() >= 1 && x[0].shape()[-1] > 0, op,
              ": x: expected [..., K] with K > 0, got ", x[0].shape());
}

/// f(offset of a row of the last dimension) for all of `x`, from several threads.
template <class F>
void for_rows(Context& ctx, const Shape& x, const F& f) {
  const std::int64_t k = x[-1];
  for_blocks(
      ctx, x.numel() / k,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * k; r < end * k; r += k) f(r);
      },
      64);
}

/// dx += slope(dy, y, sum) with the row's sum of part(dy, y).
template <class P, class S>
void rows_backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx, const P& part,
                   const S& slope) {
  if (!dx[0]) return;
  const Tensor& y = saved.tensors[0];
  const std::int64_t k = y.shape()[-1];
  const real *py = y.r(), *g = dy.r();
  real beta;
  real* out = dx[0]->accumulate(y.shape(), ctx, beta);
  for_rows(ctx, y.shape(), [&](std::int64_t r) {
    double sum = 0;
    for (std::int64_t i = r; i < r + k; ++i) sum += part(g[i], py[i]);
    for (std::int64_t i = r; i < r + k; ++i) {
      const real v = slope(g[i], py[i], sum);
      out[i] = beta == 0 ? v : out[i] + v;
    }
  });
}

}  // namespace

Tensor SoftmaxOp::forward(Context& ctx, In x, Saved& saved) const {
  check_rows(name(), x);
  const std::int64_t k = x[0].shape()[-1];
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_rows(ctx, y.shape(), [&](std::int64_t r) {
    const real* row = px + r;
    real* out = py + r;
    const double largest = double{*std::max_element(row, row + k)};
    double sum = 0;
    for (std::int64_t i = 0; i < k; ++i) {
      const double e = std::exp(double{row[i]} - largest);
      sum += e;
      out[i] = static_cast<real>(e);
    }
    for (std::int64_t i = 0; i < k; ++i) out[i] = static_cast<real>(double{out[i]} / sum);
  });
  if (saved.wanted) saved.tensors = {y};
  return y;
}

void SoftmaxOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  rows_backward(
      ctx, saved, dy, dx, [](real g, real y) { return double{g} * double{y}; },
      [](real g, real y, double sum) { return y * (g - static_cast<real>(sum)); });
}

Tensor LogSoftmaxOp::forward(Context& ctx, In x, Saved& saved) const {
  check_rows(name(), x);
  const std::int64_t k = x[0].shape()[-1];
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_rows(ctx, y.shape(), [&](std::int64_t r) {
    const double largest = double{*std::max_element(px + r, px + r + k)};
    double sum = 0;
    for (std::int64_t i = r; i < r + k; ++i) sum += std::exp(double{px[i]} - largest);
    const double norm = largest + std::log(sum);
    for (std::int64_t i = r; i < r + k; ++i) py[i] = static_cast<real>(double{px[i]} - norm);
  });
  if (saved.wanted) saved.tensors = {y};
  return y;
}

void LogSoftmaxOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  rows_backward(
      ctx, saved, dy, dx, [](real g, real) { return double{g}; },
      [](real g, real y, double sum) { return g - static_cast<real>(std::exp(double{y}) * sum); });
}

Var softmax(Var x) {
  return x.tape->record(std::make_shared<SoftmaxOp>(), {x});
}

Var log_softmax(Var x) {
  return x.tape->record(std::make_shared<LogSoftmaxOp>(), {x});
}

}  // namespace octet
