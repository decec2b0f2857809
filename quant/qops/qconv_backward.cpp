// Backward of QConvOp: docs/numerics.md, lines 23 to 25 and 27.
#include "core/kernels/batch_sums.h"
#include "core/kernels/common.h"
#include "quant/kernels/accumulator_sums.h"
#include "quant/qops/qconv.h"
#include "quant/qops/qconv_saved.h"

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

// G = delta (*) x~ gives dW = f G, in place, and dgamma (line 24), whose <W~, G> is <W, G> where
// the rounding of W f is passed straight through (line 14).
void QConvOp::scale_weight_gradient(Context& ctx, const ForBackward& kept, const Saved& saved,
                                    std::span<const double> sum, Tensor& g, Grad* d_gamma) const {
  const std::int64_t channels = kept.shape.out_c, taps = g.numel() / channels;
  const bool straight = weights->folds_first();
  const auto* q = saved.tensors[1].data<std::int8_t>();
  const real* w = straight ? saved.tensors.back().r() : nullptr;
  PoolVector<double> gamma_gradient(static_cast<std::size_t>(channels), ctx.pool);
  real* p = g.r();
  for_items(ctx, channels, taps, [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    double dot = 0;
    const real f = static_cast<real>(kept.folded.f[c]);
    for (std::int64_t i = channel * taps; i < (channel + 1) * taps; ++i) {
      dot += (straight ? double(w[i]) : double(q[i])) * double(p[i]);
      p[i] *= f;
    }
    const double unit = straight ? 1.0 : double(kept.weight_scale[c]);
    gamma_gradient[c] = (unit * dot - kept.folded.mean[c] * sum[c]) / kept.folded.sigma[c];
  });
  add_channels(ctx, d_gamma, gamma_gradient);
}

void QConvOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const ForBackward&>(saved.extra);
  const ConvShape& s = kept.shape;
  const auto channels = static_cast<std::size_t>(s.out_c);
  const std::int64_t rows = s.batch * s.out_h * s.out_w;
  const Tensor &x = saved.tensors[0], &q_w = saved.tensors[1];
  Grad *d_x = dx[0], *d_w = dx[1];
  Grad* d_gamma = batch_norm ? dx[2] : nullptr;
  Grad* d_beta = batch_norm ? dx[3] : (dx.size() > 2 ? dx[2] : nullptr);

  MaskedGradient masked{dy.r(), saved.tensors[2].data<std::uint8_t>(), nullptr, {}, {}, rows,
                        s.out_c};
  PoolVector<double> sum(channels, ctx.pool);      // of delta
  PoolVector<float> to_input(channels, ctx.pool);  // dx = (to_input q_w)^T delta
  const auto products = [&, isa = ctx.isa](LazyGradient& delta, ConvTarget to_weights) {
    const IsaScope scope(ctx, state->float_isa);
    conv_backward(ctx, s, {isa, x.data<std::int8_t>(), kept.in.scale, kept.in.zero_point},
                  {isa, q_w.data<std::int8_t>(), to_input.data()}, delta, {d_x, x.shape()},
                  to_weights);
  };
  const ConvTarget weights_in_place(d_w, q_w.shape());
  if (!kept.batch_statistics) {
    to_input = real_steps(ctx.pool, kept.weight_scale, kept.folded);
    MaskedDelta delta(ctx, masked, dy);
    if (batch_norm && (d_w || d_gamma)) {
      Tensor g = ctx.empty(q_w.shape());
      products(delta, {g.r(), 0});
      delta.total(sum);
      scale_weight_gradient(ctx, kept, saved, sum, g, d_gamma);
      if (d_w) d_w->add(std::move(g), ctx);
    } else {  // f is 1
      products(delta, weights_in_place);
      delta.total(sum);
    }
    add_channels(ctx, d_beta, sum);
    return;
  }
  const PoolVector<float> zeros(channels, ctx.pool);
  PoolVector<float> scale(zeros), offset(zeros), f(zeros), mean(zeros), mean_u(zeros);
  PoolVector<double> sum_u(channels, ctx.pool);  // of delta u_hat
  for (std::size_t c = 0; c < channels; ++c) {
    const double unit = double(kept.in.scale) * double(kept.weight_scale[c]);
    scale[c] = static_cast<float>(unit / kept.folded.sigma[c]);
    offset[c] = static_cast<float>(-kept.folded.mean[c] / kept.folded.sigma[c]);
  }
  masked.acc = saved.tensors[3].data<std::int32_t>();
  masked.scale = scale;
  masked.offset = offset;
  sum_gradient(ctx, masked, sum, sum_u);
  PoolVector<double> batch_sum(sum), batch_sum_u(sum_u);
  batch_sums(ctx, batch_sum, batch_sum_u, 0);
  for (std::size_t c = 0; c < channels; ++c) {
    f[c] = static_cast<float>(kept.folded.f[c]);
    mean[c] = static_cast<float>(batch_sum[c] / kept.batch_rows);
    mean_u[c] = static_cast<float>(batch_sum_u[c] / kept.batch_rows);
    to_input[c] = kept.weight_scale[c];
  }
  CentredDelta du(ctx, masked, dy, f, mean, mean_u);  // dL/du (line 25), which has f
  products(du, weights_in_place);
  add_channels(ctx, d_gamma, sum_u);
  add_channels(ctx, d_beta, sum);
}

}  // namespace octet::quant
