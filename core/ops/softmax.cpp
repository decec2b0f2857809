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

}  // namespace

Tensor SoftmaxOp::forward(Context& ctx, In x, Saved& saved) const {
  check_rows(name(), x);
  const std::int64_t k = x[0].shape()[-1];
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_blocks(
      ctx, y.numel() / k,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const real* row = px + r * k;
          real* out = py + r * k;
          const double largest = double{*std::max_element(row, row + k)};
          double sum = 0;
          for (std::int64_t i = 0; i < k; ++i) {
            const double e = std::exp(double{row[i]} - largest);
            sum += e;
            out[i] = static_cast<real>(e);
          }
          for (std::int64_t i = 0; i < k; ++i) out[i] = static_cast<real>(double{out[i]} / sum);
        }
      },
      64);
  if (saved.wanted) saved.tensors = {y};
  return y;
}

void SoftmaxOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Tensor& y = saved.tensors[0];
  const std::int64_t k = y.shape()[-1];
  const real *py = y.r(), *g = dy.r();
  real beta;
  real* out = dx[0]->accumulate(y.shape(), ctx, beta);
  for_blocks(
      ctx, y.numel() / k,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * k; r < end * k; r += k) {
          double dot = 0;
          for (std::int64_t i = r; i < r + k; ++i) dot += double{g[i]} * double{py[i]};
          for (std::int64_t i = r; i < r + k; ++i) {
            const real v = py[i] * (g[i] - static_cast<real>(dot));
            out[i] = beta == 0 ? v : out[i] + v;
          }
        }
      },
      64);
}

Tensor LogSoftmaxOp::forward(Context& ctx, In x, Saved& saved) const {
  check_rows(name(), x);
  const std::int64_t k = x[0].shape()[-1];
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_blocks(
      ctx, y.numel() / k,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * k; r < end * k; r += k) {
          const double largest = double{*std::max_element(px + r, px + r + k)};
          double sum = 0;
          for (std::int64_t i = r; i < r + k; ++i) sum += std::exp(double{px[i]} - largest);
          const double norm = largest + std::log(sum);
          for (std::int64_t i = r; i < r + k; ++i) py[i] = static_cast<real>(double{px[i]} - norm);
        }
      },
      64);
  if (saved.wanted) saved.tensors = {y};
  return y;
}

void LogSoftmaxOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Tensor& y = saved.tensors[0];
  const std::int64_t k = y.shape()[-1];
  const real *py = y.r(), *g = dy.r();
  real beta;
  real* out = dx[0]->accumulate(y.shape(), ctx, beta);
  for_blocks(
      ctx, y.numel() / k,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * k; r < end * k; r += k) {
          double sum = 0;
          for (std::int64_t i = r; i < r + k; ++i) sum += double{g[i]};
          for (std::int64_t i = r; i < r + k; ++i) {
            const real v = g[i] - static_cast<real>(std::exp(double{py[i]}) * sum);
            out[i] = beta == 0 ? v : out[i] + v;
          }
        }
      },
      64);
}

Var softmax(Var x) {
  return x.tape->record(std::make_shared<SoftmaxOp>(), {x});
}

Var log_softmax(Var x) {
  return x.tape->record(std::make_shared<LogSoftmaxOp>(), {x});
}

}  // namespace octet
