#include "tests/int8_graphs.h"

#include <iomanip>

namespace octet::test {
namespace {

using int8::Activation;
using int8::OpCode;
using int8::Padding;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

template <class T>
std::string list(const std::vector<T>& values) {
  std::ostringstream text;
  text << std::setprecision(9) << '[';
  for (const T& v : values) text << ' ' << v;
  text << " ]";
  return text.str();
}

std::string text_of(const int8::Attributes& attributes) {
  std::ostringstream t;
  t << std::setprecision(9);
  const auto act = [](Activation a) { return static_cast<int>(a); };
  const auto pad = [](Padding p) { return p == Padding::same ? "same" : "valid"; };
  std::visit(
      Overloaded{
          [&](const std::monostate&) { t << "none"; },
          [&](const int8::ConvAttributes& a) {
            t << "conv " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << a.dilation_h << ' ' << a.dilation_w << ' ' << a.depth_multiplier << ' '
              << act(a.activation);
          },
          [&](const int8::TransposeConvAttributes& a) {
            t << "tconv " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << act(a.activation);
          },
          [&](const int8::FullyConnectedAttributes& a) {
            t << "fc " << act(a.activation) << ' ' << a.keep_num_dims;
          },
          [&](const int8::PoolAttributes& a) {
            t << "pool " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << a.filter_h << ' ' << a.filter_w << ' ' << act(a.activation);
          },
          [&](const int8::ElementwiseAttributes& a) { t << "elementwise " << act(a.activation); },
          [&](const int8::ConcatenationAttributes& a) { t << "concat " << a.axis; },
          [&](const int8::ReshapeAttributes& a) { t << "reshape " << list(a.new_shape); },
          [&](const int8::SqueezeAttributes& a) { t << "squeeze " << list(a.dims); },
          [&](const int8::ResizeAttributes& a) {
            t << "resize " << a.align_corners << ' ' << a.half_pixel_centers;
          },
          [&](const int8::SoftmaxAttributes& a) { t << "softmax " << a.beta; },
          [&](const int8::MeanAttributes& a) { t << "mean " << a.keep_dims; },
          [&](const int8::StridedSliceAttributes& a) {
            t << "slice " << a.begin_mask << ' ' << a.end_mask << ' ' << a.ellipsis_mask << ' '
              << a.new_axis_mask << ' ' << a.shrink_axis_mask;
          },
          [&](const int8::SplitAttributes& a) { t << "split " << a.num_splits; },
          [&](const int8::LeakyReluAttributes& a) { t << "leaky " << a.alpha; },
      },
      attributes);
  return t.str();
}

}  // namespace

int8::Graph every_op_graph() {
  GraphBuilder b;
  std::vector<int> outputs;
  const int x = b.float_value("x", {1, 8, 8, 4});
  const int q = b.value("quantize", {1, 8, 8, 4}, 0.05f, 3);
  b.node(OpCode::quantize, {x}, {q});

  const int cw = b.weights("conv/w", {8, 3, 3, 4}, 0, 0.01f);
  const int cb = b.bias("conv/b", cw, 0.05f, 8);
  const int c = b.value("conv", {1, 8, 8, 8}, 0.1f, -128);
  b.node(OpCode::conv_2d, {q, cw, cb}, {c},
         int8::ConvAttributes{.padding = Padding::same, .activation = Activation::relu});
  const int gw = b.weights("grouped/w", {6, 1, 2, 4}, 0, 0.01f);
  const int gb = b.bias("grouped/b", gw, 0.1f, 6);
  const int g = b.value("grouped", {1, 8, 4, 6}, 0.2f, 0);
  b.node(OpCode::conv_2d, {c, gw, gb}, {g},
         int8::ConvAttributes{.padding = Padding::same, .stride_h = 1, .stride_w = 2});
  outputs.push_back(g);
  const int dw = b.weights("depthwise/w", {1, 3, 2, 16}, 3, 0.02f);
  const int db = b.bias("depthwise/b", dw, 0.1f, 16);
  const int d = b.value("depthwise", {1, 4, 4, 16}, 0.06f, -128);
  // Heights: 8 - (3 - 1) * 2 = 4. Widths: 8 - (2 - 1) * 4 = 4.
  b.node(OpCode::depthwise_conv_2d, {c, dw, db}, {d},
         int8::ConvAttributes{.dilation_h = 2,
                              .dilation_w = 4,
                              .depth_multiplier = 2,
                              .activation = Activation::relu6});

  const int mp = b.value("max_pool", {1, 2, 3, 16}, 0.06f, -128);
  b.node(OpCode::max_pool_2d, {d}, {mp},
         int8::PoolAttributes{.stride_h = 2, .stride_w = 1, .filter_h = 2, .filter_w = 2});
  outputs.push_back(mp);
  const int ap = b.value("average_pool", {1, 4, 4, 16}, 0.06f, -128);
  b.node(OpCode::average_pool_2d, {d}, {ap},
         int8::PoolAttributes{.padding = Padding::same,
                              .stride_h = 1,
                              .stride_w = 1,
                              .filter_h = 2,
                              .filter_w = 3,
                              .activation = Activation::relu_n1_to_1});

  const auto like = [&b](const std::string& name, float scale, int zero_point) {
    return b.value(name, {1, 4, 4, 16}, scale, zero_point);
  };
  const int add = like("add", 0.12f, -100);
  b.node(OpCode::add, {ap, d}, {add}, int8::ElementwiseAttributes{Activation::relu});
  const int term = b.weights("sub/term", {1, 1, 1, 16}, -1, 0.01f);
  const int sub = like("sub", 0.1f, 0);
  b.node(OpCode::sub, {add, term}, {sub}, int8::ElementwiseAttributes{Activation::relu6});
  const int mul = like("mul", 0.2f, 0);
  b.node(OpCode::mul, {sub, sub}, {mul}, int8::ElementwiseAttributes{Activation::none});
  const int big = like("mul_big", 0.009f, 0);  // 0.1 * 0.1 / 0.009 >= 1
  b.node(OpCode::mul, {sub, sub}, {big}, int8::ElementwiseAttributes{Activation::relu_n1_to_1});
  outputs.push_back(big);

  const auto unary = [&](OpCode op, const std::string& name, float scale, int zero_point,
                         int8::Attributes attributes = {}) {
    const int y = like(name, scale, zero_point);
    b.node(op, {mul}, {y}, std::move(attributes));
    outputs.push_back(y);
    return y;
  };
  unary(OpCode::logistic, "logistic", 1.0f / 256, -128);
  unary(OpCode::tanh, "tanh", 1.0f / 128, 0);
  unary(OpCode::relu, "relu", 0.15f, -128);
  const int relu6 = unary(OpCode::relu6, "relu6", 0.2f, 0);
  unary(OpCode::leaky_relu, "leaky_relu", 0.2f, 5, int8::LeakyReluAttributes{0.125f});
  unary(OpCode::hard_swish, "hard_swish", 0.2f, -10);
  const int alpha = b.weights("prelu/alpha", {1, 1, 16}, -1, 0.01f);
  const int prelu = like("prelu", 0.2f, 1);
  b.node(OpCode::prelu, {mul, alpha}, {prelu});
  outputs.push_back(prelu);

  const int concat = b.value("concatenation", {1, 4, 4, 48}, 0.2f, 0);
  b.node(OpCode::concatenation, {mul, relu6, mul}, {concat}, int8::ConcatenationAttributes{3});
  outputs.push_back(concat);
  const int maximum = like("maximum", 0.2f, 0);
  b.node(OpCode::maximum, {mul, relu6}, {maximum});
  const int minimum = like("minimum", 0.2f, 0);
  b.node(OpCode::minimum, {maximum, relu6}, {minimum});
  const int pad = b.value("pad", {1, 5, 6, 16}, 0.2f, 0);
  b.node(OpCode::pad, {minimum, b.ints("pad/amounts", {0, 0, 1, 0, 1, 1, 0, 0}, {4, 2})}, {pad});
  const int pad_value = b.weights("padv2/value", {}, -1, 0.2f);
  const int padv2 = b.value("padv2", {1, 7, 6, 16}, 0.2f, 0);
  b.node(OpCode::padv2, {pad, b.ints("padv2/amounts", {0, 0, 1, 1, 0, 0, 0, 0}, {4, 2}), pad_value},
         {padv2});
  const int transpose = b.value("transpose", {1, 6, 7, 16}, 0.2f, 0);
  b.node(OpCode::transpose, {padv2, b.ints("transpose/perm", {0, 2, 1, 3})}, {transpose});
  const int slice = b.value("strided_slice", {1, 3, 3, 16}, 0.2f, 0);
  b.node(OpCode::strided_slice,
         {transpose, b.ints("slice/begin", {0, 0, 1, 0}), b.ints("slice/end", {0, 6, 7, 0}),
          b.ints("slice/strides", {1, 2, 2, 1})},
         {slice}, int8::StridedSliceAttributes{.begin_mask = 1, .end_mask = 9});
  const int bilinear = b.value("resize_bilinear", {1, 6, 5, 16}, 0.2f, 0);
  b.node(OpCode::resize_bilinear, {slice, b.ints("bilinear/size", {6, 5})}, {bilinear},
         int8::ResizeAttributes{.half_pixel_centers = true});
  const int nearest = b.value("resize_nearest", {1, 3, 3, 16}, 0.2f, 0);
  b.node(OpCode::resize_nearest_neighbor, {bilinear, b.ints("nearest/size", {3, 3})}, {nearest},
         int8::ResizeAttributes{.align_corners = true});
  const int half0 = b.value("split:0", {1, 3, 3, 8}, 0.2f, 0);
  const int half1 = b.value("split:1", {1, 3, 3, 8}, 0.2f, 0);
  b.node(OpCode::split, {b.ints("split/axis", {3}, {}), nearest}, {half0, half1},
         int8::SplitAttributes{2});
  outputs.push_back(half1);

  const int tw = b.weights("transpose_conv/w", {4, 2, 3, 8}, 0, 0.01f);
  const int tb = b.bias("transpose_conv/b", tw, 0.2f, 4);
  const int tconv = b.value("transpose_conv", {1, 6, 3, 4}, 0.3f, 0);
  b.node(OpCode::transpose_conv, {b.ints("transpose_conv/shape", {1, 6, 3, 4}), tw, half0, tb},
         {tconv},
         int8::TransposeConvAttributes{.padding = Padding::same, .stride_h = 2, .stride_w = 1});
  const int mean = b.value("mean", {1, 1, 1, 4}, 0.25f, -3);
  b.node(OpCode::mean, {tconv, b.ints("mean/axes", {1, 2})}, {mean}, int8::MeanAttributes{true});
  const int squeeze = b.value("squeeze", {1, 4}, 0.25f, -3);
  b.node(OpCode::squeeze, {mean}, {squeeze}, int8::SqueezeAttributes{{1, 2}});
  const int reshape = b.value("reshape", {1, 2, 2}, 0.25f, -3);
  b.node(OpCode::reshape, {squeeze}, {reshape}, int8::ReshapeAttributes{{1, -1, 2}});
  const int kw = b.weights("fc_keep/w", {4, 2}, 0, 0.01f);
  const int keep = b.value("fc_keep", {1, 2, 4}, 0.05f, 7);
  b.node(OpCode::fully_connected, {reshape, kw, -1}, {keep},
         int8::FullyConnectedAttributes{.activation = Activation::relu, .keep_num_dims = true});
  const int flat = b.value("reshape_by_input", {1, 8}, 0.05f, 7);
  b.node(OpCode::reshape, {keep, b.ints("reshape/shape", {1, 8})}, {flat},
         int8::ReshapeAttributes{});
  const int fw = b.weights("fc/w", {3, 8}, -1, 0.02f);
  const int fb = b.bias("fc/b", fw, 0.05f, 3);
  const int fc = b.value("fc", {1, 3}, 0.02f, -1);
  b.node(OpCode::fully_connected, {flat, fw, fb}, {fc}, int8::FullyConnectedAttributes{});
  const int softmax = b.value("softmax", {1, 3}, 1.0f / 256, -128);
  b.node(OpCode::softmax, {fc}, {softmax}, int8::SoftmaxAttributes{0.5f});
  const int p = b.float_value("p", {1, 3});
  b.node(OpCode::dequantize, {softmax}, {p});
  outputs.push_back(p);

  b.graph.inputs = {x};
  b.graph.outputs = outputs;
  b.graph.rounding = int8::Rounding::double_rounding;
  b.graph.name = "every_op";
  b.graph.description = "octet test";
  b.graph.metadata = {{"octet.empty", ""}, {"octet.labels", "cat\ndog\n"}};
  return b.graph;
}

std::string describe(const int8::Graph& graph) {
  std::ostringstream text;
  text << graph.name << " | " << graph.description << " | rounding "
       << (graph.rounding == int8::Rounding::single_rounding ? "single" : "double") << '\n';
  for (const auto& [key, value] : graph.metadata)
    text << "metadata " << key << '=' << value << '\n';
  text << "inputs " << list(graph.inputs) << " outputs " << list(graph.outputs) << '\n';
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const int8::TensorDef& t = graph.tensors[i];
    text << "tensor " << i << ' ' << t.name << ' ' << int8::dtype_name(t.type) << ' '
         << list(t.shape) << " scale " << list(t.quantization.scale) << " zero "
         << list(t.quantization.zero_point) << " axis " << t.quantization.axis << " data "
         << (t.constant ? "" : "none") << std::hex;
    for (std::size_t k = 0; k < t.constant.size; ++k)
      text << std::setw(2) << std::setfill('0') << std::to_integer<int>(t.constant.data[k]);
    text << std::dec << '\n';
  }
  for (const int8::Node& n : graph.nodes) {
    text << "node " << static_cast<int>(n.op) << ' ' << list(n.inputs) << ' ' << list(n.outputs)
         << ' ' << text_of(n.attributes) << '\n';
  }
  return text.str();
}

}  // namespace octet::test
