#include "quant/qops/qtable.h"

#include <algorithm>
#include <cmath>

#include "int8/kernels/dispatch.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "quant/lowering.h"

namespace octet::quant {

namespace {

constexpr std::int64_t task_size = 1 << 14;

/// The reals of all codes.
std::array<real, 256> all_reals(QuantParams p) {
  std::array<real, 256> x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = p.scale * static_cast<real>(static_cast<std::int32_t>(i) - 128 - p.zero_point);
  }
  return x;
}

/// Which codes occur.
std::array<bool, 256> occurring(Context& ctx, const Tensor& codes) {
  const auto* q = codes.data<std::int8_t>();
  const std::int64_t n = codes.numel();
  const std::int64_t tasks = (n + task_size - 1) / task_size;
  PoolVector<std::array<bool, 256>> seen(static_cast<std::size_t>(tasks), ctx.pool);
  ctx.threads.run(tasks, [&](std::int64_t task, int) {
    std::array<bool, 256>& s = seen[static_cast<std::size_t>(task)];
    const std::int64_t end = std::min(n, (task + 1) * task_size);
    for (std::int64_t i = task * task_size; i < end; ++i) {
      s[static_cast<std::size_t>(q[i] + 128)] = true;
    }
  });
  std::array<bool, 256> any{};
  for (const auto& s : seen) {
    for (std::size_t i = 0; i < any.size(); ++i) any[i] = any[i] || s[i];
  }
  return any;
}

}  // namespace

SlopeTable slope_table(const UnaryFunction& f, QuantParams in, const int8::UnaryCodes& codes) {
  SlopeTable slopes;
  f.slopes(all_reals(in).data(), 256, slopes.data());
  const std::int32_t lowest = codes.range.lo + (f.open_lower() ? 1 : 0);
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    if (codes.preclamp[i] < lowest || codes.preclamp[i] > codes.range.hi) slopes[i] = 0;
  }
  return slopes;
}

Tensor apply_codes(Context& ctx, const UnaryFunction& f, const int8::UnaryCodes& by_code,
                   QuantParams in, QuantParams out, int8::Rounding rounding, const Tensor& q) {
  Tensor y = ctx.empty(q.shape(), ElementType::i8);
  const auto* p = q.data<std::int8_t>();
  auto* codes = y.data<std::int8_t>();
  const std::int64_t n = q.numel();
  const int8::Table table = by_code.table();
  const auto lookup = int8::lookup_kernel(ctx.isa).run;
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    const std::int64_t begin = task * task_size;
    lookup(table, p + begin, codes + begin, std::min(task_size, n - begin));
  });
  if (const auto blocks = f.codes_in_blocks(in, out, rounding)) {
    constexpr std::int64_t block = int8::xnnpack::FarRequantization::block;
    const std::int64_t sample = n / q.shape()[0];
    for (std::int64_t at = 0; at < n; at += sample)
      lookup(blocks->table(), p + at, codes + at, sample / block * block);
  }
  return y;
}

Tensor apply_slopes(Context& ctx, const SlopeTable& slopes, const Tensor& codes, const Tensor& dy) {
  Tensor d = ctx.empty(dy.shape());
  const auto* q = codes.data<std::int8_t>();
  const real* g = dy.r();
  real* p = d.r();
  const std::int64_t n = dy.numel();
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    const std::int64_t end = std::min(n, (task + 1) * task_size);
    for (std::int64_t i = task * task_size; i < end; ++i) {
      p[i] = slopes[static_cast<std::size_t>(q[i] + 128)] * g[i];
    }
  });
  return d;
}

std::string QTableOp::attributes() const {
  const std::string of_function = function->attributes();
  return "function=" + std::string(function->name()) +
         (of_function.empty() ? "" : ", " + of_function);
}

Tensor QTableOp::forward_float(Context& ctx, In x) const {
  Tensor y = ctx.empty(x[0].shape());
  function->values(x[0].r(), y.numel(), y.r());
  return y;
}

Tensor QTableOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  const int8::UnaryCodes codes = function->codes(in->params, out->params, state->rounding);
  if (seen) {
    std::array<real, 256> reals = all_reals(in->params);
    function->values(reals.data(), 256, reals.data());
    const std::array<bool, 256> occurs = occurring(ctx, x[0]);
    for (std::size_t i = 0; i < occurs.size(); ++i) {
      if (!occurs[i] || !std::isfinite(reals[i]))
        continue;  // a pole: its code is an end of the range
      seen->min = std::min(seen->min, double(reals[i]));
      seen->max = std::max(seen->max, double(reals[i]));
    }
  }
  Tensor y = apply_codes(ctx, *function, codes, in->params, out->params, state->rounding, x[0]);
  if (saved.wanted) {
    saved.tensors = {x[0]};
    saved.extra = slope_table(*function, in->params, codes);
  }
  return y;
}

void QTableOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& slopes = std::any_cast<const SlopeTable&>(saved.extra);
  dx[0]->add(apply_slopes(ctx, slopes, saved.tensors[0], dy), ctx);
}

int QTableOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int y = l.add_value(layer, shape, out->params);
  function->lower(l, layer, inputs[0], y);
  return y;
}

}  // namespace octet::quant
