#include "quant/floats/float_windows.h"

#include "quant/lower_conv_transpose.h"

namespace octet::quant {
namespace {

int8::PoolAttributes pool_attributes(const Window2d& window) {
  return {.stride_h = window.stride_h,
          .stride_w = window.stride_w,
          .filter_h = window.kernel_h,
          .filter_w = window.kernel_w};
}

Shape pooled(const Shape& x, const Window2d& window, const FloatNodes& f) {
  const auto [h, w] = window.output_size(x[1], x[2], f.layer());
  return {x[0], h, w, x[3]};
}

/// [C, KH, KW, 1] as [1, KH, KW, C].
Tensor channels_last(const Tensor& w) {
  const Shape& s = w.shape();
  Tensor y = Tensor::empty({1, s[1], s[2], s[0]});
  const std::int64_t taps = s[1] * s[2];
  for (std::int64_t c = 0; c < s[0]; ++c) {
    for (std::int64_t k = 0; k < taps; ++k) y.r()[k * s[0] + c] = w.r()[c * taps + k];
  }
  return y;
}

int convolution(FloatNodes& f, const FloatLayer& layer, int x, const Shape& result) {
  const auto& conv = static_cast<const Conv2dOp&>(layer.op);
  const Window2d& window = conv.window;
  const bool depthwise = conv.groups > 1 && layer.weight.shape()[3] == 1;
  int8::ConvAttributes a{.stride_h = window.stride_h,
                         .stride_w = window.stride_w,
                         .dilation_h = window.dilation_h,
                         .dilation_w = window.dilation_w,
                         .activation = layer.activation};
  a.padding = lower_padding(f.graph(), x, f.layer(), window);
  if (depthwise) a.depth_multiplier = static_cast<int>(layer.weight.shape()[0] / conv.groups);
  const int weight = f.graph().share_float_constant(
      layer.weight_name, depthwise ? channels_last(layer.weight) : layer.weight);
  const int bias = f.graph().share_float_constant(layer.bias_name, layer.bias);
  return f.node(depthwise ? int8::OpCode::depthwise_conv_2d : int8::OpCode::conv_2d,
                {x, weight, bias}, result, a);
}

}  // namespace

int float_max_pool(FloatNodes& f, const Op& op, std::span<const int> x) {
  const Window2d& window = static_cast<const MaxPool2dOp&>(op).window;
  const Shape result = pooled(f.shape(x[0]), window, f);
  int8::PoolAttributes a = pool_attributes(window);
  int input = x[0];
  a.padding = lower_padding(f.graph(), input, f.layer(), window, /*of_maximum=*/true);
  return f.node(int8::OpCode::max_pool_2d, {input}, result, a);
}

int float_average_pool(FloatNodes& f, const Op& op, std::span<const int> x) {
  const auto& pool = static_cast<const AvgPool2dOp&>(op);
  const Shape in = f.shape(x[0]), result = pooled(in, pool.window, f);
  int8::PoolAttributes a = pool_attributes(pool.window);
  int input = x[0];
  if (pool.count_include_pad) {  // zeros that count: not those of SAME
    a.padding = int8::Padding::valid;
    const Pad2dOp pads(pool.window.resolve(in[1], in[2]));
    if (pads.pads != Padding2d{}) {
      const int amounts = f.graph().add_paddings(f.layer() + ".paddings", pads.pads);
      input = f.move(int8::OpCode::pad, input, pads.result(in), {amounts});
    }
  } else {
    a.padding = lower_padding(f.graph(), input, f.layer(), pool.window);
  }
  return f.node(int8::OpCode::average_pool_2d, {input}, result, a);
}

int float_layer(FloatNodes& f, const FloatLayer& layer, int x, const Shape& result) {
  if (dynamic_cast<const Conv2dOp*>(&layer.op)) return convolution(f, layer, x, result);
  const int weight = f.graph().share_float_constant(layer.weight_name, layer.weight);
  const int bias = f.graph().share_float_constant(layer.bias_name, layer.bias);
  if (const auto* conv = dynamic_cast<const ConvTranspose2dOp*>(&layer.op)) {
    return lower_conv_transpose(f.graph(), *conv, f.layer(), {x, weight, bias}, result,
                                [&](std::string name, const Shape& shape) {
                                  return f.graph().add_floats(std::move(name), shape);
                                });
  }
  return f.node(int8::OpCode::fully_connected, {x, weight, bias}, result,
                int8::FullyConnectedAttributes{layer.activation, result.rank() != 2});
}

}  // namespace octet::quant
