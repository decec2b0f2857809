#include "quant/qops/qlayer.h"

#include <algorithm>

#include "quant/constant_channels.h"
#include "quant/lowering.h"

namespace octet::quant {

namespace {

/// q_f = sign q_w in the file's layout: the output channels stay first, or become last.
std::vector<std::int8_t> file_codes(const Tensor& codes, std::span<const std::int32_t> sign,
                                    bool channels_last) {
  const auto* q = codes.data<std::int8_t>();
  const std::int64_t channels = codes.shape()[0];
  const std::int64_t taps = codes.numel() / channels;
  std::vector<std::int8_t> out(static_cast<std::size_t>(codes.numel()));
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int32_t s = sign[static_cast<std::size_t>(c)];
    for (std::int64_t t = 0; t < taps; ++t) {
      const auto at = static_cast<std::size_t>(channels_last ? t * channels + c : c * taps + t);
      out[at] = static_cast<std::int8_t>(s * q[c * taps + t]);
    }
  }
  return out;
}

}  // namespace

WeightCodes QLayerOp::codes_of(Context& ctx, const Tensor& weight, const Affine& affine) const {
  WeightUse use{.layer = layer, .factor = affine.f};
  if (weights->folds_first()) use.min_scale = min_scale_beside(affine, in->params.scale);
  return weights->quantize(ctx, weight, use);
}

FoldInput QLayerOp::fold_input(std::span<const float> weight_scale) const {
  FoldInput f;
  f.layer = layer;
  f.input_scale = in->params.scale;
  f.output = out->params;
  f.weight_scale = weight_scale;
  f.factor_in_codes = weights->folds_first();
  f.rounding = state->rounding;
  return f;
}

QLayerOp::Integers QLayerOp::integers(Context& ctx, In x) const {
  Affine affine = running_affine(ctx.pool, x);
  WeightCodes codes = codes_of(ctx, x[1], affine);
  Folded folded = fold(fold_input(codes.scale), std::move(affine), ctx.pool);
  return {std::move(codes), std::move(folded)};
}

PoolVector<float> QLayerOp::real_steps(Pool& pool, std::span<const float> weight_scale,
                                       const Folded& folded) const {
  PoolVector<float> steps(weight_scale.begin(), weight_scale.end(), pool);
  if (weights->folds_first()) return steps;
  for (std::size_t c = 0; c < steps.size(); ++c) steps[c] *= static_cast<float>(folded.f[c]);
  return steps;
}

QLayerOp::Lowered QLayerOp::lower_integers(Lowering& l, In x, const Shape& shape, int axis,
                                           int8::ClampRange range) const {
  Context ctx;
  const IsaScope scope(ctx, state->isa_in(ctx));
  const auto [codes, folded] = integers(ctx, x);
  l.layers.push_back(
      {layer, x[1].shape()[0],
       constant_channels(codes.codes, folded, in->params, out->params, range, state->rounding)});
  std::vector<float> scale(folded.scale.begin(), folded.scale.end());
  const bool same =
      !weights->spec().axis && std::ranges::count(scale, scale[0]) == std::ssize(scale);
  if (same) scale.resize(1);
  std::vector<float> bias_scale;
  for (const float s : scale) bias_scale.push_back(in->params.scale * s);
  const int weight =
      l.add_weights(layer + ".weight", shape, file_codes(codes.codes, folded.sign, axis > 0),
                    std::move(scale), same ? 0 : axis);
  return {weight, l.add_bias(layer + ".bias", folded.bias, std::move(bias_scale))};
}

}  // namespace octet::quant
