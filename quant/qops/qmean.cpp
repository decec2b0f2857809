#include <algorithm>

#include "core/kernels/reduction_plan.h"
#include "int8/reference/mean.h"
#include "int8/reference/xnnpack/float_mean.h"
#include "quant/lowering.h"
#include "quant/qops/qmean.h"

namespace octet::quant {

Tensor QMeanOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return mean->forward(ctx, x, unused);
}

Tensor QMeanOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  const ReductionPlan plan(ctx.pool, "layer " + layer, x[0].shape(), mean->axes, mean->keep_dims);
  const auto count = static_cast<std::int64_t>(plan.reduced.size());
  Tensor y = ctx.empty(plan.result, ElementType::i8);
  Tensor passes = ctx.empty(plan.result, ElementType::u8);
  Tensor sums = ctx.empty(plan.result, ElementType::i32);
  const auto* px = x[0].data<std::int8_t>();
  const auto blocks = static_cast<std::int64_t>(plan.kept.size());
  const auto run = [&](const auto& params) {
    ctx.threads.run(x[0].shape()[0] * blocks, [&](std::int64_t task, int) {
      const std::int8_t* block =
          px + task / blocks * plan.sample + plan.kept[static_cast<std::size_t>(task % blocks)];
      const std::int64_t at = task * plan.inner;
      std::int32_t* sum = sums.data<std::int32_t>() + at;
      std::fill_n(sum, plan.inner, 0);
      for (const std::int64_t offset : plan.reduced) {
        for (std::int64_t c = 0; c < plan.inner; ++c) sum[c] += block[offset + c];
      }
      for (std::int64_t c = 0; c < plan.inner; ++c) {
        const std::int32_t p = mean_preclamp(params, sum[c]);
        y.data<std::int8_t>()[at + c] = int8::clamp_to_int8(p);
        passes.data<std::uint8_t>()[at + c] = p >= -128 && p <= 127;
      }
    });
  };
  if (state->rounding == int8::Rounding::float_rounding) {
    run(int8::xnnpack::make_float_mean_params(in->params, out->params, count, true));
  } else {
    run(int8::make_mean_params(in->params.scale, in->params.zero_point, out->params.scale,
                               out->params.zero_point, count, state->rounding));
  }
  if (seen) {
    const auto all = sums.span<std::int32_t>();
    const auto [lo, hi] = std::minmax_element(all.begin(), all.end());
    const double unit = double(in->params.scale) / static_cast<double>(count);
    const double offset = static_cast<double>(count * in->params.zero_point);
    *seen = {unit * (*lo - offset), unit * (*hi - offset)};
  }
  saved.tensors = {passes};
  saved.extra = x[0].shape();
  return y;
}

void QMeanOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto* pass = saved.tensors[0].data<std::uint8_t>();
  Tensor delta = ctx.empty(dy.shape());
  for (std::int64_t i = 0, n = dy.numel(); i < n; ++i) {
    delta.r()[i] = pass[i] ? dy.r()[i] : real(0);
  }
  Saved shape;
  shape.extra = saved.extra;
  mean->backward(ctx, shape, delta, dx);
}

int QMeanOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const std::vector<std::int32_t> list(mean->axes.begin(), mean->axes.end());
  const int axes = l.add_int32(layer + ".axes", {static_cast<std::int64_t>(list.size())}, list);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::mean, {inputs[0], axes}, y, int8::MeanAttributes{mean->keep_dims});
  return y;
}

}  // namespace octet::quant
