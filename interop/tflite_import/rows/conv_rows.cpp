// Convolutions. Those of images whose padding the file has apart, in a PAD, take it in.
#include <algorithm>
#include <limits>

#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

/// An image behind a PAD that nobody else reads: what is padded, and by how much.
struct PaddedImage {
  int node;
  Padding2d pads;
};

PaddedImage padded_image(const FileNode& node) {
  const int x = node.computed(0);
  const auto* pad = node.graph().op_as<Pad2dOp>(x);
  if (!pad || pad->value != 0 || !node.reads_alone(0)) return {x, {}};
  return {node.graph().node(x).inputs[0], pad->pads};
}

template <class A>
Window2d window_of(const A& a, const Shape& weight, int dilation_h = 1, int dilation_w = 1) {
  constexpr std::int64_t largest = 1 << 24;
  const int numbers[] = {a.stride_h, a.stride_w, dilation_h, dilation_w};
  OCTET_CHECK(std::ranges::all_of(numbers, [](int n) { return n >= 1 && n <= largest; }) &&
                  weight[1] <= largest && weight[2] <= largest,
              "expected strides, dilations and a kernel of 1 to ", largest);
  Window2d w{static_cast<int>(weight[1]),
             static_cast<int>(weight[2]),
             a.stride_h,
             a.stride_w,
             dilation_h,
             dilation_w,
             {}};
  if (a.padding == int8::Padding::same) w.padding = Padding2d::same_padding();
  return w;
}

void import_convolution(FileNode& node, const Shape& weight, int groups, int axis) {
  const auto a = node.attributes<int8::ConvAttributes>();
  Window2d window = window_of(a, weight, a.dilation_h, a.dilation_w);
  PaddedImage x{node.computed(0), {}};
  if (a.padding == int8::Padding::valid) {
    x = padded_image(node);
    window.padding = x.pads;
  }
  const ConvShape s = conv_shape(node.shape(x.node), weight, window, groups);
  std::vector<int> operands{x.node, node.weight(1, weight, axis)};
  if (node.has(2)) operands.push_back(node.bias(2, weight[0], 0, 1));
  const int y = node.add(std::make_shared<Conv2dOp>(window, groups), std::move(operands),
                         {1, s.out_h, s.out_w, s.out_c});
  node.set(node.activated(y, a.activation));
}

const Shape& image_shape(const FileNode& node, std::size_t i) {
  const Shape& s = node.shape(node.computed(i));
  OCTET_CHECK(s.rank() == 4, "expected an image [1, H, W, C], got ", s);
  return s;
}

Shape weight_shape(const FileNode& node, std::size_t i) {
  const int8::Dims& w = node.dims(i);
  OCTET_CHECK(w.size() == 4, "weight: expected 4 dimensions, got ", w.size());
  return {w[0], w[1], w[2], w[3]};
}

}  // namespace

void import_conv(FileNode& node) {
  const Shape w = weight_shape(node, 1);
  const std::int64_t channels = image_shape(node, 0)[3];
  OCTET_CHECK(channels % w[3] == 0, "weight ", w, ": expected input channels that divide ",
              channels);
  import_convolution(node, w, static_cast<int>(channels / w[3]), 0);
}

void import_depthwise_conv(FileNode& node) {
  const Shape w = weight_shape(node, 1);
  const std::int64_t channels = image_shape(node, 0)[3];
  OCTET_CHECK(w[0] == 1 && w[3] % channels == 0, "weight ", w, ": expected [1, H, W, C] with C a ",
              "multiple of ", channels);
  import_convolution(node, {w[3], w[1], w[2], 1}, static_cast<int>(channels), 3);
}

void import_transpose_conv(FileNode& node) {
  const auto a = node.attributes<int8::TransposeConvAttributes>();
  const Shape w = weight_shape(node, 1), x = image_shape(node, 2);
  const std::vector<std::int32_t> size = node.integers(0, "output shape");
  OCTET_CHECK(size.size() == 4 && size[1] > 0 && size[2] > 0, "output shape: expected 4 extents");
  Window2d window = window_of(a, w);
  int extra[2] = {};
  if (a.padding == int8::Padding::valid || size[1] != x[1] * a.stride_h ||
      size[2] != x[2] * a.stride_w) {
    // As of the convolution from the result to the input: half of the pads in front.
    int front[2] = {}, behind[2] = {};
    for (const int d : {0, 1}) {
      const std::int64_t stride = d == 0 ? a.stride_h : a.stride_w, kernel = w[d + 1];
      const std::int64_t whole = (x[d + 1] - 1) * stride + kernel;
      const std::int64_t cut = whole - size[static_cast<std::size_t>(d) + 1];
      OCTET_CHECK(
          cut < kernel + stride && -cut < stride && (cut <= 0 || a.padding == int8::Padding::same),
          "output shape: ", size[static_cast<std::size_t>(d) + 1], " pixels do not come of ",
          x[d + 1]);
      front[d] = static_cast<int>(std::max<std::int64_t>(cut, 0) / 2);
      behind[d] = static_cast<int>(std::max<std::int64_t>(cut, 0)) - front[d];
      extra[d] = static_cast<int>(std::max<std::int64_t>(-cut, 0));
    }
    window.padding = {front[0], behind[0], front[1], behind[1], false};
  }
  const auto op = std::make_shared<ConvTranspose2dOp>(window, extra[0], extra[1]);
  const ConvShape s = conv_transpose_shape(x, w, *op);
  std::vector<int> operands{node.computed(2), node.weight(1, w, 0)};
  if (node.has(3)) operands.push_back(node.bias(3, w[0], 2, 1));
  const int y = node.add(op, std::move(operands), {1, s.in_h, s.in_w, s.in_c});
  node.set(node.activated(y, a.activation));
}

}  // namespace octet::tflite_import
