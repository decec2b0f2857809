#include "quant/lower_conv_transpose.h"

#include <algorithm>
#include <array>

namespace octet::quant {

int lower_conv_transpose(Lowering& l, const ConvTranspose2dOp& op, const std::string& layer,
                         const ConvOperandTensors& operands, const Shape& shape,
                         const std::function<int(std::string, const Shape&)>& add_value) {
  const ConvShape s =
      conv_transpose_shape(l.shape(operands.input), l.shape(operands.weight), op, layer);
  // Pads other than none and SAME: the whole result, then the slice inside the pads.
  const ConvGeometry& w = s;
  Window2d same = op.window;
  same.padding = Padding2d::same_padding();
  const Padding2d pads = same.resolve(s.in_h, s.in_w);
  // LiteRT's own kernel, not XNNPACK, runs SAME with a kernel narrower than its stride.
  const bool wide = w.kernel_h >= w.stride_h && w.kernel_w >= w.stride_w;
  const bool may_be_same = wide || l.graph.rounding != int8::Rounding::float_rounding;
  const bool is_same = may_be_same && s.in_h == s.out_h * w.stride_h &&
                       s.in_w == s.out_w * w.stride_w && pads.top == w.pad_top &&
                       pads.left == w.pad_left;
  const bool is_valid = !is_same && w.pad_top == 0 && w.pad_left == 0 &&
                        s.in_h >= (s.out_h - 1) * w.stride_h + w.kernel_h &&
                        s.in_w >= (s.out_w - 1) * w.stride_w + w.kernel_w;
  Shape full = shape;
  if (!is_same && !is_valid) {
    full.set(1, std::max(w.pad_top + s.in_h, (s.out_h - 1) * w.stride_h + w.kernel_h));
    full.set(2, std::max(w.pad_left + s.in_w, (s.out_w - 1) * w.stride_w + w.kernel_w));
  }
  const bool whole = full == shape;
  const std::array<std::int32_t, 4> extents{1, static_cast<std::int32_t>(full[1]),
                                            static_cast<std::int32_t>(full[2]),
                                            static_cast<std::int32_t>(full[3])};
  const int size = l.add_int32(layer + ".size", {4}, extents);
  const int y = add_value(whole ? layer : layer + ".whole", full);
  int8::TransposeConvAttributes a;
  a.stride_h = w.stride_h;
  a.stride_w = w.stride_w;
  a.padding = is_same ? int8::Padding::same : int8::Padding::valid;
  l.add_node(int8::OpCode::transpose_conv, {size, operands.weight, operands.input, operands.bias},
             y, a);
  if (whole) return y;
  const std::array<std::int64_t, 4> begin{0, w.pad_top, w.pad_left, 0}, step{1, 1, 1, 1};
  const std::array<std::int64_t, 4> end{1, begin[1] + shape[1], begin[2] + shape[2], shape[3]};
  return l.add_slice(layer, y, begin, end, step);
}

}  // namespace octet::quant
