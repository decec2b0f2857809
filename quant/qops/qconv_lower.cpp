// QConvOp to integer nodes: CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED, with a PAD in front
// where the layer's padding is neither none nor SAME (docs/numerics.md, line 19).
#include "int8/reference/activation_range.h"
#include "quant/lowering.h"
#include "quant/qops/qconv.h"

namespace octet::quant {

int QConvOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  const Shape& w = x[1].shape();
  int input = inputs[0];
  const int8::ClampRange range = int8::clamp_range(activation, out->params, state->rounding);

  if (linear) {
    const auto [weight, bias] = lower_integers(l, x, w, 0, range);
    const int y = l.add_value(layer, shape, out->params);
    l.add_node(int8::OpCode::fully_connected, {input, weight, bias}, y,
               int8::FullyConnectedAttributes{activation, shape.rank() != 2});
    return y;
  }

  const bool depthwise = groups > 1 && w[3] == 1;
  int8::ConvAttributes a;
  a.stride_h = window.stride_h;
  a.stride_w = window.stride_w;
  a.dilation_h = window.dilation_h;
  a.dilation_w = window.dilation_w;
  a.activation = activation;
  a.padding = lower_padding(l, input, layer, window);
  if (depthwise) a.depth_multiplier = static_cast<int>(w[0] / groups);
  const auto [weight, bias] = depthwise ? lower_integers(l, x, {1, w[1], w[2], w[0]}, 3, range)
                                        : lower_integers(l, x, w, 0, range);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(depthwise ? int8::OpCode::depthwise_conv_2d : int8::OpCode::conv_2d,
             {input, weight, bias}, y, a);
  return y;
}

}  // namespace octet::quant
