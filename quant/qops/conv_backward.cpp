// Backward of QConvOp: docs/numerics.md, lines 23 to 25 and 27.
#include "core/ops/common.h"
#include "quant/qops/channel_sums.h"
#include "quant/qops/conv.h"
#include "quant/qops/conv_kept.h"

namespace octet::quant {

namespace {

void add_channels(Context& ctx, Grad* grad, std::span<const double> values) {
  if (!grad) return;
  real beta = 0;
  const Shape shape{static_cast<std::int64_t>(values.size())};
  real* g = grad->accumulate(shape, ctx, beta);
  for (std::size_t c = 0; c < values.size(); ++c) {
    g[c] = static_cast<real>(values[c]) + (beta == 0 ? real(0) : g[c]);
  }
}

}  // namespace

// G = delta (*) x~. With batch statistics delta already has f, and without batch norm f is 1: then
// dW = G goes straight to its place. Else dW = f G, and G also gives dgamma (line 24).
void QConvOp::weight_gradient(Context& ctx, const Kept& kept, const Tensor& x, const Tensor& q_w,
                              const Tensor& delta, std::span<const double> sum, Grad* d_w,
                              Grad* d_gamma) const {
  const ConvShape& s = kept.shape;
  const bool scaled = batch_norm && !kept.batch_statistics;
  if (!d_w && !scaled) return;
  const ConvInput input(x.data<std::int8_t>(), kept.in.scale, kept.in.zero_point);
  if (!scaled) {
    real beta = 0;
    real* p = d_w->accumulate(q_w.shape(), ctx, beta);
    conv_backward_weights(ctx, s, input, delta.r(), p, beta);
    return;
  }
  Tensor g = ctx.empty(q_w.shape());
  conv_backward_weights(ctx, s, input, delta.r(), g.r(), real(0));
  const auto* q = q_w.data<std::int8_t>();
  const std::int64_t taps = q_w.numel() / s.out_c;
  PoolVector<double> gamma_gradient(static_cast<std::size_t>(s.out_c), ctx.pool);
  real* p = g.r();
  for_items(ctx, s.out_c, taps, [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    double dot = 0;
    const real f = static_cast<real>(kept.folded.f[c]);
    for (std::int64_t i = channel * taps; i < (channel + 1) * taps; ++i) {
      dot += double(q[i]) * double(p[i]);
      p[i] *= f;
    }
    gamma_gradient[c] =
        (double(kept.weight_scale[c]) * dot - kept.folded.mean[c] * sum[c]) / kept.folded.sigma[c];
  });
  add_channels(ctx, d_gamma, gamma_gradient);
  if (d_w) d_w->add(std::move(g), ctx);
}

void QConvOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const Kept&>(saved.extra);
  const ConvShape& s = kept.shape;
  const Tensor &x = saved.tensors[0], &q_w = saved.tensors[1], &mask = saved.tensors[2];
  const auto channels = static_cast<std::size_t>(s.out_c);
  const std::int64_t rows = s.batch * s.out_h * s.out_w;
  Grad *d_x = dx[0], *d_w = dx[1];
  Grad* d_gamma = batch_norm ? dx[2] : nullptr;
  Grad* d_beta = batch_norm ? dx[3] : (dx.size() > 2 ? dx[2] : nullptr);

  Tensor delta = writable_gradient(ctx, dy);
  MaskedGradient masked{dy.r(), mask.data<std::uint8_t>(), nullptr, {}, {}, rows, s.out_c};
  PoolVector<double> sum(channels, ctx.pool), sum_u(channels, ctx.pool);  // of delta, delta u_hat
  PoolVector<float> to_input(channels, ctx.pool);  // dx = (to_input q_w)^T delta
  if (kept.batch_statistics) {
    // From here on `delta` is dL/du (line 25).
    const PoolVector<float> zeros(channels, ctx.pool);
    PoolVector<float> scale(zeros), offset(zeros), f(zeros), mean(zeros), mean_u(zeros);
    for (std::size_t c = 0; c < channels; ++c) {
      const double unit = double(kept.in.scale) * double(kept.weight_scale[c]);
      scale[c] = static_cast<float>(unit / kept.folded.sigma[c]);
      offset[c] = static_cast<float>(-kept.folded.mean[c] / kept.folded.sigma[c]);
    }
    masked.acc = saved.tensors[3].data<std::int32_t>();
    masked.scale = scale;
    masked.offset = offset;
    sum_gradient(ctx, masked, sum, sum_u);
    for (std::size_t c = 0; c < channels; ++c) {
      f[c] = static_cast<float>(kept.folded.f[c]);
      mean[c] = static_cast<float>(sum[c] / static_cast<double>(rows));
      mean_u[c] = static_cast<float>(sum_u[c] / static_cast<double>(rows));
      to_input[c] = kept.weight_scale[c];
    }
    centre_gradient(ctx, masked, f, mean, mean_u, delta.r());
    add_channels(ctx, d_gamma, sum_u);
  } else {
    mask_gradient(ctx, masked, delta.r(), sum);
    for (std::size_t c = 0; c < channels; ++c) {
      to_input[c] = kept.weight_scale[c] * static_cast<float>(kept.folded.f[c]);
    }
  }
  add_channels(ctx, d_beta, sum);

  if (d_w || (d_gamma && batch_norm)) weight_gradient(ctx, kept, x, q_w, delta, sum, d_w, d_gamma);
  if (d_x) {
    real beta = 0;
    real* p = d_x->accumulate(x.shape(), ctx, beta);
    conv_backward_input(ctx, s, {q_w.data<std::int8_t>(), to_input.data()}, delta.r(), p, beta);
  }
}

}  // namespace octet::quant
