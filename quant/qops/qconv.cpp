#include "quant/qops/qconv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/kernels/batch_sums.h"
#include "int8/reference/activation_range.h"
#include "quant/kernels/accumulator_sums.h"
#include "quant/kernels/conv_tiles.h"
#include "quant/kernels/requantize_pass.h"
#include "quant/qops/fused_activation.h"
#include "quant/qops/qconv_saved.h"

namespace octet::quant {

namespace {

/// The context is one of a training step while it lives.
class TrainingScope {
 public:
  explicit TrainingScope(Context& ctx) : ctx_(ctx), before_(std::exchange(ctx.training, true)) {}
  ~TrainingScope() { ctx_.training = before_; }
  TrainingScope(const TrainingScope&) = delete;
  TrainingScope& operator=(const TrainingScope&) = delete;

 private:
  Context& ctx_;
  bool before_;
};

PoolVector<double> as_double(Pool& pool, const Tensor& t) {
  const auto v = t.span<real>();
  return {v.begin(), v.end(), pool};
}

}  // namespace

std::string QConvOp::attributes() const {
  return window.to_string() + ", groups=" + std::to_string(groups) +
         (batch_norm ? ", batch_norm" : "") +
         ", activation=" + std::to_string(static_cast<int>(activation));
}

ConvShape QConvOp::shape_of(In x) const {
  if (!linear) return conv_shape(x[0].shape(), x[1].shape(), window, groups, layer);
  const Shape& shape = x[0].shape();
  const Shape& w = x[1].shape();
  OCTET_CHECK(shape.rank() >= 2 && w.rank() == 2 && shape[-1] == w[1], "layer ", layer,
              ": expected input [..., ", w[1], "] for weight ", w, ", got ", shape);
  ConvShape s;
  s.in_c = shape[-1];
  // One image of as many rows as there are samples: a 1x1 convolution over them is one GEMM.
  s.in_h = s.out_h = s.in_c == 0 ? 0 : shape.numel() / s.in_c;
  s.out_c = w[0];
  return s;
}

Shape QConvOp::result_shape(In x, const ConvShape& s) const {
  if (!linear) return {s.batch, s.out_h, s.out_w, s.out_c};
  Shape y = x[0].shape();
  y.set(-1, s.out_c);
  return y;
}

Affine QConvOp::affine(Pool& pool, In x, std::span<const double> mean,
                       std::span<const double> var) const {
  FoldInput f;
  f.layer = layer;
  if (batch_norm) {
    f.gamma = x[2].span<real>();
    f.beta = x[3].span<real>();
    f.mean = mean;
    f.var = var;
    f.eps = batch_norm->eps;
  } else if (x.size() > 2) {
    f.bias = x[2].span<real>();
  }
  return affine_of(f, static_cast<std::size_t>(x[1].shape()[0]), pool);
}

Affine QConvOp::running_affine(Pool& pool, In x) const {
  if (!batch_norm) return affine(pool, x, {}, {});
  return affine(pool, x, as_double(pool, batch_norm->stats->mean),
                as_double(pool, batch_norm->stats->var));
}

Tensor QConvOp::forward_float(Context& ctx, In x) const {
  const ConvShape s = shape_of(x);
  Tensor y = ctx.empty(result_shape(x, s));
  const real* bias = !batch_norm && x.size() > 2 ? x[2].r() : nullptr;
  conv_forward(ctx, s, x[0].r(), x[1].r(), bias, y.r());
  if (batch_norm && state->estimates_bn && state->in_calibrate)
    estimate_statistics(ctx, y, x[2], x[3]);
  const auto channels = static_cast<std::size_t>(s.out_c);
  std::vector<float> scale(channels, 1.0f), shift(channels, 0.0f);
  if (batch_norm) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double f =
          double(x[2].r()[c]) / std::sqrt(double(batch_norm->stats->var.r()[c]) + batch_norm->eps);
      scale[c] = static_cast<float>(f);
      shift[c] =
          static_cast<float>(double(x[3].r()[c]) - double(batch_norm->stats->mean.r()[c]) * f);
    }
  }
  bool finite = true;  // what a clamp would hide
  real* p = y.r();
  for (std::int64_t i = 0, rows = y.numel() / s.out_c; i < rows; ++i, p += s.out_c) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(p[c]) * scale[c] + shift[c];
      finite = finite && std::isfinite(v);
      p[c] = activate(v, activation);
    }
  }
  OCTET_CHECK(finite, "layer ", layer, ": the float output is not finite");
  return y;
}

// Line 14: the running statistics become the mean of those of every call in every calibration
// batch.
void QConvOp::estimate_statistics(Context& ctx, const Tensor& u, const Tensor& gamma,
                                  const Tensor& beta) const {
  const double rows = batch_sums(ctx, {}, {}, static_cast<double>(u.numel() / gamma.numel()));
  if (rows <= 1) return;  // one value per channel has no variance
  const std::span<const real> values = u.span<real>();
  OCTET_CHECK(std::ranges::all_of(values, [](real v) { return std::isfinite(v); }), "layer ", layer,
              ": the output in front of batch norm is not finite");
  const auto weight = real(1.0 / static_cast<double>(++state->estimates[batch_norm->stats.get()]));
  const std::array<Tensor, 3> x{u, gamma, beta};
  Saved unused;
  const TrainingScope scope(ctx);
  BatchNormOp(batch_norm->stats, real(batch_norm->eps), weight).prepare(ctx, x, unused);
}

// Line 7 from the sums of acc and acc^2.
void QConvOp::batch_statistics(const ForBackward& kept, double n, std::span<double> mean,
                               std::span<double> var) const {
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double unit = double(kept.in.scale) * double(kept.weight_scale[c]);
    const double m = mean[c] / n;
    const double v = std::max(var[c] / n - m * m, 0.0);
    mean[c] = unit * m;
    var[c] = unit * unit * v;
    batch_norm->stats->update(c, mean[c], var[c], n, batch_norm->momentum);
  }
}

Tensor QConvOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  ForBackward kept;
  kept.shape = shape_of(x);
  kept.in = in->params;
  kept.batch_statistics = batch_norm && state->batch_statistics(ctx);
  const ConvShape& s = kept.shape;
  const std::int64_t rows = s.batch * s.out_h * s.out_w, channels = s.out_c;

  Integers made = kept.batch_statistics ? Integers{codes_of(ctx, x[1]), {}} : integers(ctx, x);
  kept.weight_scale = std::move(made.weights.scale);
  kept.folded = std::move(made.folded);
  const Tensor& q_w = made.weights.codes;
  const int8::PackedConv& conv = packed_.pack(s, ctx.isa, q_w.data<std::int8_t>());
  const ConvTiles tiles(conv.geometry(), s.batch);
  const auto* codes = x[0].data<std::int8_t>();
  const std::int32_t zero_point = kept.in.zero_point;

  Tensor acc;  // kept for batch statistics only
  if (kept.batch_statistics) {
    acc = ctx.empty({rows, channels}, ElementType::i32);
    ChannelSums sums(ctx.pool, channels, tiles.count());
    tiles.run(ctx, conv, codes, zero_point, acc.data<std::int32_t>(),
              [&](std::int64_t tile, std::int64_t, std::int64_t n, const std::int32_t* a) {
                add_moments(ctx.isa, sums, tile, a, n);
              });
    PoolVector<double> mean(kept.weight_scale.size(), ctx.pool), var(mean.size(), ctx.pool);
    sums.total(mean, var);
    kept.batch_rows = batch_sums(ctx, mean, var, static_cast<double>(rows));
    OCTET_CHECK(kept.batch_rows > 1, "layer ", layer,
                ": batch statistics need more than one value per channel, got ", rows);
    batch_statistics(kept, kept.batch_rows, mean, var);
    kept.folded = fold(fold_input(kept.weight_scale), affine(ctx.pool, x, mean, var), ctx.pool);
  }

  const int8::ClampRange range = int8::clamp_range(activation, out->params, state->rounding);
  RequantizePass pass(ctx.pool, kept.folded,
                      {.zero_point = out->params.zero_point,
                       .lo = range.lo,
                       .hi = range.hi,
                       .open_lower = open_lower_bound(activation),
                       .rounding = state->rounding,
                       .isa = ctx.isa,
                       .mask = saved.wanted,
                       .range = seen != nullptr},
                      tiles.count());
  Tensor y = ctx.empty(result_shape(x, s), ElementType::i8);
  Tensor mask = ctx.empty({mask_bytes(saved.wanted ? y.numel() : 0)}, ElementType::u8);
  const auto requantize = [&](std::int64_t tile, std::int64_t first, std::int64_t n,
                              const std::int32_t* a) {
    pass.run(tile, a, n, y.data<std::int8_t>() + first * channels,
             mask.data<std::uint8_t>() + first * channels / 8);
  };
  if (kept.batch_statistics) {
    tiles.for_rows(ctx, acc.data<std::int32_t>(), requantize);
  } else {
    tiles.run(ctx, conv, codes, zero_point, nullptr, requantize);
  }
  if (seen)
    *seen = activated(pass.real_range(ctx.pool, kept.in.scale, kept.folded.scale), activation);
  if (saved.wanted) {
    saved.tensors = {x[0], q_w, mask};
    if (kept.batch_statistics) saved.tensors.push_back(acc);
    if (weights->folds_first()) saved.tensors.push_back(x[1]);
    saved.extra = std::move(kept);
  }
  return y;
}

}  // namespace octet::quant
