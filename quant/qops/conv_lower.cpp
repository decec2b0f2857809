// QConvOp to integer nodes: CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED, with a PAD in front
// where the layer's padding is neither none nor SAME (docs/numerics.md, line 19).
#include <cstring>

#include "quant/lowering.h"
#include "quant/params.h"
#include "quant/qops/conv.h"

namespace octet::quant {

namespace {

// q_f = sign q_w, in the file's layout: OHWI as it is; depthwise [C, KH, KW, 1] to [1, KH, KW, C].
std::vector<std::int8_t> file_weights(const Tensor& codes, std::span<const std::int32_t> sign,
                                      bool depthwise) {
  const auto* q = codes.data<std::int8_t>();
  const std::int64_t channels = codes.shape()[0];
  const std::int64_t taps = codes.numel() / channels;
  std::vector<std::int8_t> out(static_cast<std::size_t>(codes.numel()));
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int32_t s = sign[static_cast<std::size_t>(c)];
    for (std::int64_t t = 0; t < taps; ++t) {
      const auto at = static_cast<std::size_t>(depthwise ? t * channels + c : c * taps + t);
      out[at] = static_cast<std::int8_t>(s * q[c * taps + t]);
    }
  }
  return out;
}

}  // namespace

int QConvOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  Context ctx;
  const IsaScope scope(ctx, state->isa_in(ctx));
  const WeightCodes weights = quantize_weight(ctx, x[1], layer);
  const Folded folded = fold_running(ctx.pool, x, weights.scale);
  const Shape& w = x[1].shape();
  int input = inputs[0];
  const bool depthwise = !linear && groups > 1 && w[3] == 1;
  const std::vector<std::int8_t> codes = file_weights(weights.codes, folded.sign, depthwise);

  const std::vector<float> scale(folded.scale.begin(), folded.scale.end());
  std::vector<float> bias_scale(scale.size());
  for (std::size_t c = 0; c < bias_scale.size(); ++c) {
    bias_scale[c] = in->params.scale * scale[c];
  }

  if (linear) {
    const int weight = l.add_weights(layer + ".weight", w, codes, scale, 0);
    const int bias = l.add_bias(layer + ".bias", folded.bias, std::move(bias_scale));
    const int y = l.add_value(layer, shape, out->params);
    l.add_node(int8::OpCode::fully_connected, {input, weight, bias}, y,
               int8::FullyConnectedAttributes{activation, shape.rank() != 2});
    return y;
  }

  int8::ConvAttributes a;
  a.stride_h = window.stride_h;
  a.stride_w = window.stride_w;
  a.dilation_h = window.dilation_h;
  a.dilation_w = window.dilation_w;
  a.activation = activation;
  a.padding = lower_padding(l, input, layer, window, in->params);
  int weight = -1;
  if (depthwise) {
    a.depth_multiplier = static_cast<int>(w[0] / groups);
    weight = l.add_weights(layer + ".weight", {1, w[1], w[2], w[0]}, codes, scale, 3);
  } else {
    weight = l.add_weights(layer + ".weight", w, codes, scale, 0);
  }
  const int bias = l.add_bias(layer + ".bias", folded.bias, std::move(bias_scale));
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(depthwise ? int8::OpCode::depthwise_conv_2d : int8::OpCode::conv_2d,
             {input, weight, bias}, y, a);
  return y;
}

}  // namespace octet::quant
