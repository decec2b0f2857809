#include "int8/xnnpack/delegated.h"

#include <algorithm>
#include <cmath>

namespace octet::int8::xnnpack {
namespace {

float scale_of(const TensorDef& t) {
  return NodeView::code_params(t).scale;
}

/// ADD and SUB.
bool takes_sum(const NodeView& node) {
  const float out = scale_of(node.output());
  for (int i = 0; i < 2; ++i) {
    const float ratio = scale_of(node.input(i)) / out;
    if (!(ratio >= 0x1p-10f && ratio < 0x1p8f)) return false;
  }
  return true;
}

bool takes_product(const NodeView& node) {
  const float product = scale_of(node.input(0)) * scale_of(node.input(1));
  const float ratio = product / scale_of(node.output());
  return ratio >= 0x1p-16f && ratio < 0x1p8f;
}

bool is_rescaling_ratio(float ratio) noexcept {
  return ratio >= 0x1p-8f && ratio <= 0x1p7f;
}

bool takes_quantize(const NodeView& node) {
  const TensorDef &x = node.input(0), &y = node.output();
  if (x.type == DType::f32) return is_codes(y.type);
  return x.type == y.type && is_codes(x.type) && is_rescaling_ratio(scale_of(x) / scale_of(y));
}

bool takes_leaky_relu(const NodeView& node) {
  const float alpha = node.attributes<LeakyReluAttributes>().alpha;
  const float ratio = scale_of(node.input(0)) / scale_of(node.output());
  const float slope = ratio * alpha;
  return is_rescaling_ratio(ratio) && std::isnormal(alpha) &&
         is_rescaling_ratio(std::fabs(slope)) && slope >= -127.99609375f;
}

/// Input 1.
bool takes_weights(const NodeView& node) {
  return node.has_input(1) && node.input(1).constant &&
         std::ranges::all_of(node.input(1).quantization.scale,
                             [](float s) { return s > 0 && std::isnormal(s); });
}

bool takes_convolution(const NodeView& node) {
  return takes_weights(node) && node.has_input(2) && node.input(2).constant;
}

bool takes_transpose_conv(const NodeView& node) {
  if (!takes_weights(node) || node.input(0).computed ||
      (node.has_input(3) && !node.input(3).constant))
    return false;
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
  switch (node.op()) {
    case OpCode::add:
    case OpCode::sub:
      return takes_sum(node);
    case OpCode::mul:
      return takes_product(node);
    case OpCode::quantize:
      return takes_quantize(node);
    case OpCode::leaky_relu:
      return takes_leaky_relu(node);
    case OpCode::conv_2d:
    case OpCode::depthwise_conv_2d:
      return takes_convolution(node);
    case OpCode::fully_connected:
      return takes_weights(node);
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
