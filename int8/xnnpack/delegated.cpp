#include "int8/xnnpack/delegated.h"

#include <algorithm>
#include <cmath>

#include "int8/reference/xnnpack/delegated_scales.h"

namespace octet::int8::xnnpack {
namespace {

float scale_of(const TensorDef& t) {
  return NodeView::code_params(t).scale;
}

bool takes_codes(const NodeView& node) {
  const TensorDef &x = node.input(0), &y = node.output();
  if (x.type == DType::f32) return is_codes(y.type);
  return x.type == y.type && is_codes(x.type) && takes_rescaling(scale_of(x), scale_of(y));
}

bool has_normal_scales(const TensorDef& t) {
  const std::vector<float>& scale = t.quantization.scale;
  return !scale.empty() &&
         std::ranges::all_of(scale, [](float s) { return s > 0 && std::isnormal(s); });
}

/// Input 1, and the bias at input `bias` if there is one.
bool takes_layer(const NodeView& node, int bias) {
  return node.has_input(1) && node.input(1).constant && has_normal_scales(node.input(1)) &&
         (!node.has_input(bias) || node.input(bias).constant);
}

bool takes_transpose_conv(const NodeView& node) {
  if (!takes_layer(node, 3) || node.input(0).computed) return false;
  const auto a = node.attributes<TransposeConvAttributes>();
  const Dims &w = node.input(1).shape, &y = node.output().shape;
  if (w.size() != 4 || y.size() != 4) return false;
  return a.padding == Padding::same ? w[1] >= a.stride_h && w[2] >= a.stride_w
                                    : y[1] >= w[1] && y[2] >= w[2];
}

bool takes_max_pool(const NodeView& node) {
  const auto a = node.attributes<PoolAttributes>();
  const bool pixel = a.filter_h == 1 && a.filter_w == 1;
  return a.stride_h <= a.filter_h && a.stride_w <= a.filter_w &&
         (!pixel || (a.stride_h == 1 && a.stride_w == 1));
}

}  // namespace

bool is_delegated(const NodeView& node) {
  const auto in = [&](int i) { return scale_of(node.input(i)); };
  const auto out = [&] { return scale_of(node.output()); };
  switch (node.op()) {
    case OpCode::add:
    case OpCode::sub:
      return takes_sum(in(0), in(1), out());
    case OpCode::mul:
      return takes_product(in(0), in(1), out());
    case OpCode::quantize:
      return takes_codes(node);
    case OpCode::leaky_relu:
      return takes_leaky_relu(in(0), out(), node.attributes<LeakyReluAttributes>().alpha);
    case OpCode::conv_2d:
    case OpCode::depthwise_conv_2d:
      return takes_layer(node, 2) && node.has_input(2);
    case OpCode::fully_connected:
      return takes_layer(node, 2);
    case OpCode::transpose_conv:
      return takes_transpose_conv(node);
    case OpCode::max_pool_2d:
      return takes_max_pool(node);
    case OpCode::batch_matmul:
      return node.i8_input(1).zero_point == 0;
    default:
      return true;
  }
}

}  // namespace octet::int8::xnnpack
