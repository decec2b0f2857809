// Graphs with the topologies that matter: residual, depthwise-separable, fully connected,
// branching; and random ones made of every op that takes any shape.
#pragma once

#include <utility>

#include "tests/int8/build.h"

namespace octet::test {

/// Layers on the "current" value, NHWC of one image; scales are plausible, weights random.
class NetBuilder : public Builder {
 public:
  explicit NetBuilder(std::uint64_t seed = 1) : rng(seed) {}
  std::mt19937_64 rng;

  const Dims& shape(int t) { return (*this)[t].shape; }
  int next_zero_point() { return static_cast<int>(rng() % 61) - 30; }

  int conv(int x, int out_c, int kernel, int stride, int8::Padding padding = int8::Padding::same,
           bool depthwise = false, int8::Activation activation = int8::Activation::relu,
           int kernel_w = 0) {  // 0: square
    if (kernel_w == 0) kernel_w = kernel;
    const Dims in = shape(x);
    const int c = in[3];
    if (depthwise) out_c = c;
    const Dims w = depthwise ? Dims{1, kernel, kernel_w, c} : Dims{out_c, kernel, kernel_w, c};
    const auto extent = [&](int n, int k) {
      return padding == int8::Padding::same ? (n + stride - 1) / stride : (n - k) / stride + 1;
    };
    const int y = i8({in[0], extent(in[1], kernel), extent(in[2], kernel_w), out_c}, 0.05f,
                     next_zero_point());
    std::vector<float> scales;
    std::vector<std::int32_t> bias;
    for (int i = 0; i < out_c; ++i) {
      scales.push_back(0.002f + 0.001f * static_cast<float>(rng() % 5));
      bias.push_back(static_cast<std::int32_t>(rng() % 2001) - 1000);
    }
    Codes codes = random_codes(rng, count_of(w));
    for (std::int8_t& q : codes) q = std::max<std::int8_t>(q, -127);
    node(depthwise ? int8::OpCode::depthwise_conv_2d : int8::OpCode::conv_2d,
         {x, constant(w, codes, scales, 0, depthwise ? 3 : 0), ints(bias)}, {y},
         int8::ConvAttributes{
             .padding = padding, .stride_h = stride, .stride_w = stride, .activation = activation});
    return y;
  }
  int pad(int x, int before, int after) {
    const Dims in = shape(x);
    const int y =
        i8({in[0], in[1] + before + after, in[2] + before + after, in[3]}, scale(x), zero_point(x));
    node(int8::OpCode::pad, {x, ints({0, 0, before, after, before, after, 0, 0}, {4, 2})}, {y});
    return y;
  }
  int add(int a, int b) {
    const int y = i8(shape(a), 0.08f, next_zero_point());
    node(int8::OpCode::add, {a, b}, {y}, int8::ElementwiseAttributes{});
    return y;
  }
  int table(int8::OpCode op, int x) {
    const int y = op == int8::OpCode::logistic ? i8(shape(x), 1.0f / 256.0f, -128)
                                               : i8(shape(x), 0.06f, next_zero_point());
    node(op, {x}, {y});
    return y;
  }
  int global_average_pool(int x) {
    const Dims in = shape(x);
    const int y = i8({in[0], 1, 1, in[3]}, scale(x), zero_point(x));
    node(int8::OpCode::average_pool_2d, {x}, {y},
         int8::PoolAttributes{.filter_h = in[1], .filter_w = in[2]});
    return y;
  }
  int max_pool(int x, int filter, int stride) {
    const Dims in = shape(x);
    const int y = i8({in[0], (in[1] + stride - 1) / stride, (in[2] + stride - 1) / stride, in[3]},
                     scale(x), zero_point(x));
    node(int8::OpCode::max_pool_2d, {x}, {y},
         int8::PoolAttributes{.padding = int8::Padding::same,
                              .stride_h = stride,
                              .stride_w = stride,
                              .filter_h = filter,
                              .filter_w = filter});
    return y;
  }
  int reshape(int x, Dims to) {
    const int y = i8(to, scale(x), zero_point(x));
    node(int8::OpCode::reshape, {x}, {y}, int8::ReshapeAttributes{to});
    return y;
  }
  int concat(std::vector<int> parts) {  // along channels; equal scales and zero points
    Dims to = shape(parts[0]);
    to[3] = 0;
    for (const int p : parts) to[3] += shape(p)[3];
    const int y = i8(to, scale(parts[0]), zero_point(parts[0]));
    node(int8::OpCode::concatenation, std::move(parts), {y}, int8::ConcatenationAttributes{3});
    return y;
  }
  int dense(int x, int out) {
    const Dims in = shape(x);
    Codes codes = random_codes(rng, std::int64_t{in[1]} * out);
    for (std::int8_t& q : codes) q = std::max<std::int8_t>(q, -127);
    const int y = i8({in[0], out}, 0.1f, next_zero_point());
    node(int8::OpCode::fully_connected,
         {x, constant({out, in[1]}, codes, {0.003f}), ints(Dims(static_cast<std::size_t>(out), 7))},
         {y}, int8::FullyConnectedAttributes{.activation = int8::Activation::relu});
    return y;
  }
  int softmax(int x) {
    const int y = i8(shape(x), 1.0f / 256.0f, -128);
    node(int8::OpCode::softmax, {x}, {y}, int8::SoftmaxAttributes{});
    return y;
  }
  int head(int x, int classes) {
    x = global_average_pool(x);
    x = reshape(x, {shape(x)[0], shape(x)[3]});
    return softmax(dense(x, classes));
  }
  float scale(int t) { return (*this)[t].quantization.scale[0]; }
  int zero_point(int t) { return (*this)[t].quantization.zero_point[0]; }
};

inline int8::Graph resnet_like() {
  NetBuilder b;
  const int in = b.i8({1, 16, 16, 3}, 0.02f, -5);
  int x = b.conv(in, 16, 3, 1);
  for (const int width : {16, 32}) {
    const int stride = width == 16 ? 1 : 2;
    const int skip = width == 16 ? x : b.conv(x, width, 1, stride);
    // A padded stride-2 convolution as PyTorch pads it: (1, 1), not SAME's (0, 1).
    const int first = stride == 2 ? b.conv(b.pad(x, 1, 1), width, 3, 2, int8::Padding::valid)
                                  : b.conv(x, width, 3, 1);
    x = b.add(b.conv(first, width, 3, 1), skip);
  }
  return b.done({in}, {b.head(x, 10)});
}

inline int8::Graph ds_cnn_like() {
  NetBuilder b(2);
  const int in = b.i8({1, 25, 5, 1}, 0.5f, 80);
  int x = b.conv(in, 24, 3, 2);
  for (int i = 0; i < 3; ++i) x = b.conv(b.conv(x, 0, 3, 1, int8::Padding::same, true), 24, 1, 1);
  return b.done({in}, {b.head(x, 12)});
}

inline int8::Graph autoencoder_like() {
  NetBuilder b(3);
  const int in = b.i8({1, 320}, 0.2f, 4);
  int x = in;
  for (const int width : {128, 128, 8, 128, 320}) x = b.dense(x, width);
  return b.done({in}, {x});
}

inline int8::Graph branching() {
  NetBuilder b(4);
  const int in = b.i8({1, 12, 12, 8}, 0.02f, 3);
  int x = b.conv(in, 16, 3, 1);
  for (int i = 0; i < 2; ++i) {
    const int pooled = b.max_pool(x, 3, 1);
    const int left = b.conv(x, 12, 1, 1);
    const int right = b.conv(b.conv(x, 8, 1, 1), 12, 3, 1);
    b[right].quantization = b[left].quantization;
    const int hard = b.table(int8::OpCode::hard_swish, pooled);
    x = b.concat({left, right});
    x = b.add(b.conv(x, 16, 1, 1), hard);
  }
  const int gate = b.table(int8::OpCode::logistic, x);
  const int y = b.i8(b.shape(x), 0.05f, 0);
  b.node(int8::OpCode::mul, {x, gate}, {y}, int8::ElementwiseAttributes{});
  return b.done({in}, {b.head(y, 5), gate});
}

/// Depthwise-separable blocks on one channel of grey, strides on even sizes, ReLU6; average pool,
/// 1x1 convolution, reshape and softmax at the end.
inline int8::Graph person_detector_like() {
  NetBuilder b(5);
  const int in = b.i8({1, 32, 32, 1}, 1.0f / 128, -1);
  int x = b.conv(in, 8, 3, 2, int8::Padding::same, false, int8::Activation::relu6);
  int width = 8;
  for (const int stride : {1, 2, 1, 2}) {
    if (stride == 2 || width == 8) width *= 2;
    x = b.conv(x, 0, 3, stride, int8::Padding::same, true, int8::Activation::relu6);
    x = b.conv(x, width, 1, 1, int8::Padding::same, false, int8::Activation::relu6);
  }
  x = b.conv(b.global_average_pool(x), 2, 1, 1, int8::Padding::same, false, int8::Activation::none);
  return b.done({in}, {b.softmax(b.reshape(x, {1, 2}))});
}

/// Inverted residuals with linear bottlenecks and squeeze-excite gates; MEAN and a linear layer.
inline int8::Graph inverted_residuals() {
  NetBuilder b(6);
  const int in = b.i8({1, 24, 24, 3}, 0.02f, 5);
  int x = b.conv(in, 12, 3, 2);
  for (const int width : {12, 20, 20}) {
    const int stride = b.shape(x)[3] == 12 && width == 20 ? 2 : 1;
    const int hidden = b.conv(b.conv(x, 4 * b.shape(x)[3], 1, 1), 0, 3, stride, int8::Padding::same,
                              true, int8::Activation::relu6);
    const int channels = b.shape(hidden)[3];
    const int squeezed = b.i8({1, 1, 1, channels}, 0.03f, -9);
    b.node(int8::OpCode::mean, {hidden, b.ints({1, 2})}, {squeezed}, int8::MeanAttributes{true});
    const int gate = b.table(int8::OpCode::logistic, b.conv(squeezed, channels, 1, 1));
    const int gated = b.i8(b.shape(hidden), 0.04f, b.next_zero_point());
    b.node(int8::OpCode::mul, {hidden, gate}, {gated}, int8::ElementwiseAttributes{});
    const int narrow =
        b.conv(gated, width, 1, 1, int8::Padding::same, false, int8::Activation::none);
    x = stride == 1 && b.shape(x)[3] == width ? b.add(x, narrow) : narrow;
  }
  const int pooled = b.i8({1, 20}, 0.05f, 2);
  b.node(int8::OpCode::mean, {x, b.ints({1, 2})}, {pooled}, int8::MeanAttributes{false});
  return b.done({in}, {b.softmax(b.dense(pooled, 10))});
}

inline std::vector<std::pair<std::string, int8::Graph>> zoo_like_graphs() {
  return {{"resnet", resnet_like()},
          {"ds_cnn", ds_cnn_like()},
          {"autoencoder", autoencoder_like()},
          {"branching", branching()},
          {"person_detector", person_detector_like()},
          {"inverted_residuals", inverted_residuals()}};
}

/// A random directed acyclic graph on 8x8 images with many live values and several outputs.
inline int8::Graph random_graph(std::uint64_t seed) {
  NetBuilder b(seed);
  const auto pick = [&](std::size_t n) { return b.rng() % n; };
  const int in = b.i8({1, 8, 8, 6}, 0.05f, 1), second = b.i8({1, 8, 8, 6}, 0.04f, -2);
  std::vector<int> values{in, second};
  const auto any = [&] { return values[pick(values.size())]; };
  const int nodes = 8 + static_cast<int>(pick(12));
  for (int n = 0; n < nodes; ++n) {
    const int x = any();
    switch (pick(7)) {
      case 0:
        values.push_back(b.conv(x, 6, 3, 1));
        break;
      case 1:
        values.push_back(b.conv(b.pad(x, 1, 1), 6, 3, 1, int8::Padding::valid, pick(2) == 0));
        break;
      case 2:
        values.push_back(b.add(x, any()));
        break;
      case 3:
        values.push_back(b.table(int8::OpCode::leaky_relu, x));
        break;
      case 4: {
        const int flat = b.reshape(x, {1, 64, 6});
        const int y = b.table(int8::OpCode::hard_swish, flat);
        values.push_back(b.reshape(y, {1, 8, 8, 6}));
        break;
      }
      case 5:
        values.push_back(b.max_pool(x, 3, 1));
        break;
      default:
        values.push_back(b.conv(b.concat({x, x}), 6, 1, 1));
        break;
    }
  }
  return b.done({in, second}, {values.back(), any()});
}

}  // namespace octet::test
