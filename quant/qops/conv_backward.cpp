// Backward of QConvOp: docs/numerics.md, lines 23 to 25 and 27.
#include <algorithm>

#include "quant/qops/conv.h"
#include "quant/qops/conv_kept.h"
#include "quant/qops/dequantize.h"

namespace octet::quant {

namespace {

constexpr std::int64_t rows_per_chunk = 256;

// Per channel sum of d, and of d * u_hat where acc is given (u_hat = (unit acc - mean) / sigma), in
// double over fixed chunks of rows, added in index order.
struct ChannelSums {
  std::vector<double> d, d_u;
};

ChannelSums gradient_sums(Context& ctx, const real* d, std::int64_t rows, std::int64_t channels,
                          const std::int32_t* acc, const std::vector<float>& scale,
                          const std::vector<float>& offset) {
  const std::int64_t chunks = (rows + rows_per_chunk - 1) / rows_per_chunk;
  const auto n = static_cast<std::size_t>(channels);
  std::vector<double> partial(static_cast<std::size_t>(chunks) * 2 * n, 0.0);
  ctx.threads.run(chunks, [&](std::int64_t chunk, int) {
    double* s = partial.data() + static_cast<std::size_t>(chunk) * 2 * n;
    const std::int64_t end = std::min(rows, (chunk + 1) * rows_per_chunk);
    for (std::int64_t r = chunk * rows_per_chunk; r < end; ++r) {
      const real* dr = d + r * channels;
      for (std::size_t c = 0; c < n; ++c) s[c] += double(dr[c]);
      if (!acc) continue;
      const std::int32_t* ar = acc + r * channels;
      for (std::size_t c = 0; c < n; ++c) {
        const float u = static_cast<float>(ar[c]) * scale[c] + offset[c];
        s[n + c] += double(dr[c]) * double(u);
      }
    }
  });
  ChannelSums sums{std::vector<double>(n, 0.0), std::vector<double>(n, 0.0)};
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const double* s = partial.data() + static_cast<std::size_t>(chunk) * 2 * n;
    for (std::size_t c = 0; c < n; ++c) {
      sums.d[c] += s[c];
      sums.d_u[c] += s[n + c];
    }
  }
  return sums;
}

void add_channels(Context& ctx, Grad* grad, const std::vector<double>& values) {
  if (!grad) return;
  real beta = 0;
  const Shape shape{static_cast<std::int64_t>(values.size())};
  real* g = grad->accumulate(shape, ctx, beta);
  for (std::size_t c = 0; c < values.size(); ++c) {
    g[c] = static_cast<real>(values[c]) + (beta == 0 ? real(0) : g[c]);
  }
}

}  // namespace

void QConvOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const Kept&>(saved.extra);
  const ConvShape& s = kept.shape;
  const Tensor &x = saved.tensors[0], &q_w = saved.tensors[1], &mask = saved.tensors[2];
  const auto channels = static_cast<std::size_t>(s.out_c);
  const std::int64_t rows = s.batch * s.out_h * s.out_w;
  const std::int64_t taps = q_w.numel() / s.out_c;
  Grad *d_x = dx[0], *d_w = dx[1];
  Grad* d_gamma = batch_norm ? dx[2] : nullptr;
  Grad* d_beta = batch_norm ? dx[3] : (dx.size() > 2 ? dx[2] : nullptr);

  Tensor delta = apply_mask(ctx, dy, mask);

  // u_hat = acc * scale + offset
  std::vector<float> scale(channels, 0.0f), offset(channels, 0.0f);
  const std::int32_t* acc = nullptr;
  if (kept.batch_statistics) {
    acc = saved.tensors[3].data<std::int32_t>();
    for (std::size_t c = 0; c < channels; ++c) {
      const double unit = double(kept.in.scale) * double(kept.weight_scale[c]);
      scale[c] = static_cast<float>(unit / kept.folded.sigma[c]);
      offset[c] = static_cast<float>(-kept.folded.mean[c] / kept.folded.sigma[c]);
    }
  }
  const bool want_sums = d_beta || d_gamma || kept.batch_statistics;
  ChannelSums sums;
  if (want_sums) {
    sums = gradient_sums(ctx, delta.r(), rows, s.out_c, acc, scale, offset);
  }

  // From here on `delta` is dL/du for batch statistics (line 25), dL/dy masked otherwise.
  std::vector<float> to_input(channels);  // dx = (to_input q_w)^T delta
  for (std::size_t c = 0; c < channels; ++c) {
    to_input[c] = kept.weight_scale[c] *
                  (kept.batch_statistics ? 1.0f : static_cast<float>(kept.folded.f[c]));
  }
  if (kept.batch_statistics) {
    std::vector<float> f(channels), mean_d(channels), mean_du(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      f[c] = static_cast<float>(kept.folded.f[c]);
      mean_d[c] = static_cast<float>(sums.d[c] / static_cast<double>(rows));
      mean_du[c] = static_cast<float>(sums.d_u[c] / static_cast<double>(rows));
    }
    real* d = delta.r();
    const std::int64_t chunks = (rows + rows_per_chunk - 1) / rows_per_chunk;
    ctx.threads.run(chunks, [&](std::int64_t chunk, int) {
      const std::int64_t end = std::min(rows, (chunk + 1) * rows_per_chunk);
      for (std::int64_t r = chunk * rows_per_chunk; r < end; ++r) {
        real* dr = d + r * s.out_c;
        const std::int32_t* ar = acc + r * s.out_c;
        for (std::size_t c = 0; c < channels; ++c) {
          const float u = static_cast<float>(ar[c]) * scale[c] + offset[c];
          dr[c] = f[c] * (dr[c] - mean_d[c] - u * mean_du[c]);
        }
      }
    });
    add_channels(ctx, d_gamma, sums.d_u);
    add_channels(ctx, d_beta, sums.d);
  } else {
    add_channels(ctx, d_beta, sums.d);
  }

  // G = delta (*) x~; dW = f G in the frozen stages (G's weight already has f with batch
  // statistics)
  const bool want_g = d_w || (d_gamma && !kept.batch_statistics);
  if (want_g) {
    const Tensor x_real = dequantize(ctx, x, kept.in);
    Tensor g = ctx.empty(q_w.shape());
    conv_backward_weights(ctx, s, x_real.r(), delta.r(), g.r(), real(0));
    if (!kept.batch_statistics && batch_norm) {
      const auto* q = q_w.data<std::int8_t>();
      std::vector<double> gamma_gradient(channels);
      real* p = g.r();
      ctx.threads.run(s.out_c, [&](std::int64_t channel, int) {
        const auto c = static_cast<std::size_t>(channel);
        double dot = 0;
        const real f = static_cast<real>(kept.folded.f[c]);
        for (std::int64_t i = channel * taps; i < (channel + 1) * taps; ++i) {
          dot += double(q[i]) * double(p[i]);
          p[i] *= f;
        }
        gamma_gradient[c] = (double(kept.weight_scale[c]) * dot - kept.folded.mean[c] * sums.d[c]) /
                            kept.folded.sigma[c];
      });
      add_channels(ctx, d_gamma, gamma_gradient);
    }
    if (d_w) d_w->add(std::move(g), ctx);
  }
  if (d_x) {
    const Tensor w_real = scale_channels(ctx, q_w, to_input);
    real beta = 0;
    real* p = d_x->accumulate(x.shape(), ctx, beta);
    conv_backward_input(ctx, s, w_real.r(), delta.r(), p, beta);
  }
}

}  // namespace octet::quant
