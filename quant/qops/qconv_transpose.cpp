#include "quant/qops/qconv_transpose.h"

#include <algorithm>

#include "core/kernels/codes.h"
#include "core/kernels/reduce.h"
#include "core/kernels/strided_copy.h"
#include "int8/kernels/packed_conv.h"
#include "quant/kernels/conv_tiles.h"
#include "quant/kernels/dequantize.h"
#include "quant/kernels/requantize_pass.h"
#include "quant/lower_conv_transpose.h"

namespace octet::quant {

namespace {

/// x with stride - 1 codes of zero between its pixels.
Tensor spread(Context& ctx, const Tensor& x, const ConvGeometry& w, std::int32_t zero_point) {
  const Shape& s = x.shape();
  const std::int64_t h = (s[1] - 1) * w.stride_h + 1, width = (s[2] - 1) * w.stride_w + 1;
  Tensor y = ctx.empty({s[0], h, width, s[3]}, ElementType::i8);
  std::fill_n(y.data<std::int8_t>(), y.numel(), static_cast<std::int8_t>(zero_point));
  StridedCopy({{s[0], s[1] * s[2] * s[3], h * width * s[3]},
               {s[1], s[2] * s[3], w.stride_h * width * s[3]},
               {s[2], s[3], w.stride_w * s[3]},
               {s[3], 1, 1}},
              0, 0)
      .copy(ctx, x.data<std::int8_t>(), y.data<std::int8_t>());
  return y;
}

/// [O, KH, KW, C] with rows and columns of the kernel in reverse.
Tensor flip(Context& ctx, const Tensor& w) {
  const Shape& s = w.shape();
  const std::int64_t row = s[2] * s[3];
  Tensor y = ctx.empty(s, ElementType::i8);
  StridedCopy(
      {{s[0], s[1] * row, s[1] * row}, {s[1], row, -row}, {s[2], s[3], -s[3]}, {s[3], 1, 1}}, 0,
      s[1] * row - s[3])
      .copy(ctx, w.data<std::int8_t>(), y.data<std::int8_t>());
  return y;
}

/// The convolution over the spread input that makes the result. `s` is the adjoint's shape.
ConvGeometry spread_geometry(const ConvShape& s) {
  ConvGeometry g;
  g.in_h = (s.out_h - 1) * s.stride_h + 1;
  g.in_w = (s.out_w - 1) * s.stride_w + 1;
  g.in_c = s.out_c;
  g.out_h = s.in_h;
  g.out_w = s.in_w;
  g.out_c = s.in_c;
  g.kernel_h = s.kernel_h;
  g.kernel_w = s.kernel_w;
  g.pad_top = s.kernel_h - 1 - s.pad_top;
  g.pad_left = s.kernel_w - 1 - s.pad_left;
  return g;
}

}  // namespace

/// Besides the saved tensors {x codes, weight codes, mask}.
struct QConvTransposeOp::ForBackward {
  ConvShape shape;
  PoolVector<float> weight_scale;
  QuantParams in;
};

Affine QConvTransposeOp::running_affine(Pool& pool, In x) const {
  FoldInput f;
  f.layer = layer;
  if (x.size() > 2) f.bias = x[2].span<real>();
  return affine_of(f, static_cast<std::size_t>(x[1].shape()[0]), pool);
}

/// factor[o] * code for weights [O, ...].
static Tensor weight_reals(Context& ctx, const Tensor& codes, std::span<const float> factor) {
  Tensor w = ctx.empty(codes.shape());
  const std::int64_t taps = codes.numel() / codes.shape()[0];
  for (std::size_t o = 0; o < factor.size(); ++o) {
    const std::int64_t first = static_cast<std::int64_t>(o) * taps;
    octet::dequantize(ctx.isa, codes.data<std::int8_t>() + first, taps, factor[o], 0,
                      w.r() + first);
  }
  return w;
}

Tensor QConvTransposeOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return conv->forward(ctx, x, unused);
}

Tensor QConvTransposeOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  ForBackward kept;
  kept.shape = conv_transpose_shape(x[0].shape(), x[1].shape(), *conv, "layer " + layer);
  kept.in = in->params;
  const ConvShape& s = kept.shape;
  Integers made = integers(ctx, x);
  kept.weight_scale = std::move(made.weights.scale);
  const Folded& folded = made.folded;

  const Tensor flipped = flip(ctx, made.weights.codes);
  const Tensor wide = spread(ctx, x[0], s, kept.in.zero_point);
  const ConvGeometry geometry = spread_geometry(s);
  const int8::PackedConv& packed = packed_.pack(geometry, ctx.isa, flipped.data<std::int8_t>());

  Tensor y = ctx.empty({s.batch, s.in_h, s.in_w, s.in_c}, ElementType::i8);
  Tensor mask = ctx.empty({mask_bytes(saved.wanted ? y.numel() : 0)}, ElementType::u8);
  const ConvTiles tiles(packed.geometry(), s.batch);
  RequantizePass pass(ctx.pool, folded,
                      {.zero_point = out->params.zero_point,
                       .rounding = state->rounding,
                       .isa = ctx.isa,
                       .mask = saved.wanted,
                       .range = seen != nullptr},
                      tiles.count());
  tiles.run(ctx, packed, wide.data<std::int8_t>(), kept.in.zero_point, nullptr,
            [&](std::int64_t tile, std::int64_t first, std::int64_t n, const std::int32_t* acc) {
              pass.run(tile, acc, n, y.data<std::int8_t>() + first * s.in_c,
                       mask.data<std::uint8_t>() + first * s.in_c / 8);
            });
  if (seen) *seen = pass.real_range(ctx.pool, kept.in.scale, folded.scale);
  saved.tensors = {x[0], made.weights.codes, mask};
  saved.extra = std::move(kept);
  return y;
}

void QConvTransposeOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy,
                                     Grads dx) const {
  const auto& kept = std::any_cast<const ForBackward&>(saved.extra);
  Saved at_reals;
  at_reals.tensors = {dequantize(ctx, saved.tensors[0], kept.in),
                      weight_reals(ctx, saved.tensors[1], kept.weight_scale)};
  const Tensor delta = apply_mask(ctx, dy, saved.tensors[2]);
  const IsaScope scope(ctx, state->float_isa);
  conv->backward(ctx, at_reals, delta, dx);
}

int QConvTransposeOp::lower(Lowering& l, std::span<const int> inputs, In x,
                            const Shape& shape) const {
  const auto [weight, bias] = lower_integers(l, x, x[1].shape(), 0, {});
  return lower_conv_transpose(l, *conv, layer, {inputs[0], weight, bias}, shape,
                              [&](std::string name, const Shape& of) {
                                return l.add_value(std::move(name), of, out->params);
                              });
}

}  // namespace octet::quant
