#include "int8/engine/every_op.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "int8/graph/graph_builder.h"
#include "int8/ops/catalogue.h"
#include "int8/reference/scales.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {

namespace {

/// Of x [1, 4, 4, 16].
void add_moves_and_reductions(GraphBuilder& b, int x, std::vector<int>& outputs) {
  const auto like = [&](const std::string& name, std::vector<std::int32_t> shape) {
    const Quantization q = b.tensor(x).quantization;
    return b.value(name, std::move(shape), q.scale[0], q.zero_point[0]);
  };
  const int deep = like("space_to_depth", {1, 2, 2, 64});
  b.node(OpCode::space_to_depth, {x}, {deep}, BlockAttributes{2});
  const int wide = like("depth_to_space", {1, 8, 8, 4});
  b.node(OpCode::depth_to_space, {deep}, {wide}, BlockAttributes{4});
  const int slice = like("slice", {1, 6, 7, 3});
  b.node(OpCode::slice,
         {wide, b.ints("slice2/begin", {0, 1, 1, 1}), b.ints("slice2/size", {1, 6, -1, 3})},
         {slice});
  const int largest = like("reduce_max", {1, 6, 7, 1});
  b.node(OpCode::reduce_max, {slice, b.ints("reduce_max/axes", {-1})}, {largest},
         MeanAttributes{true});
  const int smallest = like("reduce_min", {1, 16});
  b.node(OpCode::reduce_min, {x, b.ints("reduce_min/axes", {1, 2})}, {smallest}, MeanAttributes{});
  const int pooled = like("reduce_max_pool", {1, 16});
  b.node(OpCode::reduce_max, {x, b.ints("reduce_max_pool/axes", {2, 1})}, {pooled},
         MeanAttributes{});
  const int sum = b.value("sum", {1, 4, 1, 16}, 0.5f, -4);
  b.node(OpCode::sum, {x, b.ints("sum/axes", {2})}, {sum}, MeanAttributes{true});
  outputs.insert(outputs.end(), {largest, smallest, pooled, sum});
}

}  // namespace

Graph every_op_graph() {
  GraphBuilder b;
  std::vector<int> outputs;
  const int x = b.float_value("x", {1, 8, 8, 4});
  const int q = b.value("quantize", {1, 8, 8, 4}, 0.05f, 3);
  b.node(OpCode::quantize, {x}, {q});

  const int cw = b.weights("conv/w", {8, 3, 3, 4}, 0, 0.01f);
  const int cb = b.bias("conv/b", 8);
  const int c = b.value("conv", {1, 8, 8, 8}, 0.1f, -128);
  b.node(OpCode::conv_2d, {q, cw, cb}, {c},
         ConvAttributes{.padding = Padding::same, .activation = Activation::relu});
  const int gw = b.weights("grouped/w", {6, 1, 2, 4}, 0, 0.01f);
  const int gb = b.bias("grouped/b", 6);
  const int g = b.value("grouped", {1, 8, 4, 6}, 0.2f, 0);
  b.node(OpCode::conv_2d, {c, gw, gb}, {g},
         ConvAttributes{.padding = Padding::same, .stride_h = 1, .stride_w = 2});
  outputs.push_back(g);
  const int dw = b.weights("depthwise/w", {1, 3, 2, 16}, 3, 0.02f);
  const int db = b.bias("depthwise/b", 16);
  const int d = b.value("depthwise", {1, 4, 4, 16}, 0.06f, -128);
  // Heights: 8 - (3 - 1) * 2 = 4. Widths: 8 - (2 - 1) * 4 = 4.
  b.node(OpCode::depthwise_conv_2d, {c, dw, db}, {d},
         ConvAttributes{.dilation_h = 2,
                        .dilation_w = 4,
                        .depth_multiplier = 2,
                        .activation = Activation::relu6});
  // Wide enough for the kernels that need many channels.
  const int ww = b.weights("wide/w", {24, 3, 3, 16}, 0, 0.01f);
  const int wb = b.bias("wide/b", 24);
  const int wide = b.value("wide", {1, 4, 4, 24}, 0.1f, 5);
  b.node(OpCode::conv_2d, {d, ww, wb}, {wide}, ConvAttributes{.padding = Padding::same});

  const int mp = b.value("max_pool", {1, 2, 3, 16}, 0.06f, -128);
  b.node(OpCode::max_pool_2d, {d}, {mp},
         PoolAttributes{.stride_h = 2, .stride_w = 1, .filter_h = 2, .filter_w = 2});
  outputs.push_back(mp);
  outputs.push_back(wide);
  const int ap = b.value("average_pool", {1, 4, 4, 16}, 0.06f, -128);
  b.node(OpCode::average_pool_2d, {d}, {ap},
         PoolAttributes{.padding = Padding::same,
                        .stride_h = 1,
                        .stride_w = 1,
                        .filter_h = 2,
                        .filter_w = 3,
                        .activation = Activation::relu_n1_to_1});

  const auto like = [&b](const std::string& name, float scale, int zero_point) {
    return b.value(name, {1, 4, 4, 16}, scale, zero_point);
  };
  const int add = like("add", 0.12f, -100);
  b.node(OpCode::add, {ap, d}, {add}, ElementwiseAttributes{Activation::relu});
  const int term = b.weights("sub/term", {1, 1, 1, 16}, -1, 0.01f);
  const int sub = like("sub", 0.1f, 0);
  b.node(OpCode::sub, {add, term}, {sub}, ElementwiseAttributes{Activation::relu6});
  const int mul = like("mul", 0.2f, 0);
  b.node(OpCode::mul, {sub, sub}, {mul}, ElementwiseAttributes{Activation::none});
  const int big = like("mul_big", 0.009f, 0);  // 0.1 * 0.1 / 0.009 >= 1
  b.node(OpCode::mul, {sub, sub}, {big}, ElementwiseAttributes{Activation::relu_n1_to_1});
  outputs.push_back(big);

  const auto unary = [&](OpCode op, const std::string& name, float scale, int zero_point,
                         Attributes attributes = {}) {
    const int y = like(name, scale, zero_point);
    b.node(op, {mul}, {y}, std::move(attributes));
    outputs.push_back(y);
    return y;
  };
  unary(OpCode::logistic, "logistic", logistic_params.scale, logistic_params.zero_point);
  unary(OpCode::tanh, "tanh", tanh_params.scale, tanh_params.zero_point);
  unary(OpCode::relu, "relu", 0.15f, -128);
  const int relu6 = unary(OpCode::relu6, "relu6", 0.2f, 0);
  unary(OpCode::leaky_relu, "leaky_relu", 0.2f, 5, LeakyReluAttributes{0.125f});
  unary(OpCode::hard_swish, "hard_swish", 0.2f, -10);
  const int alpha = b.weights("prelu/alpha", {1, 1, 16}, -1, 0.01f);
  const int prelu = like("prelu", 0.2f, 1);
  b.node(OpCode::prelu, {mul, alpha}, {prelu});
  outputs.push_back(prelu);

  const int concat = b.value("concatenation", {1, 4, 4, 48}, 0.2f, 0);
  b.node(OpCode::concatenation, {mul, relu6, mul}, {concat}, ConcatenationAttributes{3});
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
         {slice}, StridedSliceAttributes{.begin_mask = 1, .end_mask = 9});
  const int bilinear = b.value("resize_bilinear", {1, 6, 5, 16}, 0.2f, 0);
  b.node(OpCode::resize_bilinear, {slice, b.ints("bilinear/size", {6, 5})}, {bilinear},
         ResizeAttributes{.half_pixel_centers = true});
  const int nearest = b.value("resize_nearest", {1, 3, 3, 16}, 0.2f, 0);
  b.node(OpCode::resize_nearest_neighbor, {bilinear, b.ints("nearest/size", {3, 3})}, {nearest},
         ResizeAttributes{.align_corners = true});
  const int half0 = b.value("split:0", {1, 3, 3, 8}, 0.2f, 0);
  const int half1 = b.value("split:1", {1, 3, 3, 8}, 0.2f, 0);
  b.node(OpCode::split, {b.ints("split/axis", {3}, {}), nearest}, {half0, half1},
         SplitAttributes{2});
  const int wider = b.value("expand_dims", {1, 3, 1, 3, 8}, 0.2f, 0);
  b.node(OpCode::expand_dims, {half1, b.ints("expand_dims/axis", {-3}, {})}, {wider});
  const int first = b.value("split_v:0", {1, 3, 1, 3, 5}, 0.2f, 0);
  const int second = b.value("split_v:1", {1, 3, 1, 3, 3}, 0.2f, 0);
  b.node(OpCode::split_v,
         {wider, b.ints("split_v/sizes", {5, -1}), b.ints("split_v/axis", {4}, {})},
         {first, second}, SplitAttributes{2});
  outputs.insert(outputs.end(), {first, second});

  const int tw = b.weights("transpose_conv/w", {16, 2, 3, 8}, 0, 0.01f);
  const int tb = b.bias("transpose_conv/b", 16);
  const int tconv = b.value("transpose_conv", {1, 6, 3, 16}, 0.3f, 0);
  b.node(OpCode::transpose_conv, {b.ints("transpose_conv/shape", {1, 6, 3, 16}), tw, half0, tb},
         {tconv}, TransposeConvAttributes{.padding = Padding::same, .stride_h = 2, .stride_w = 1});
  const int mean = b.value("mean", {1, 1, 1, 16}, 0.25f, -3);
  b.node(OpCode::mean, {tconv, b.ints("mean/axes", {1, 2})}, {mean}, MeanAttributes{true});
  const int squeeze = b.value("squeeze", {1, 16}, 0.25f, -3);
  b.node(OpCode::squeeze, {mean}, {squeeze}, SqueezeAttributes{{1, 2}});
  const int reshape = b.value("reshape", {1, 8, 2}, 0.25f, -3);
  b.node(OpCode::reshape, {squeeze}, {reshape}, ReshapeAttributes{{1, -1, 2}});
  const int kw = b.weights("fc_keep/w", {4, 2}, 0, 0.01f);
  const int keep = b.value("fc_keep", {1, 8, 4}, 0.05f, 7);
  b.node(OpCode::fully_connected, {reshape, kw, -1}, {keep},
         FullyConnectedAttributes{.activation = Activation::relu, .keep_num_dims = true});
  const int flat = b.value("reshape_by_input", {1, 32}, 0.05f, 7);
  b.node(OpCode::reshape, {keep, b.ints("reshape/shape", {1, 32})}, {flat}, ReshapeAttributes{});
  const int fw = b.weights("fc/w", {3, 32}, -1, 0.02f);
  const int fb = b.bias("fc/b", 3);
  const int fc = b.value("fc", {1, 3}, 0.02f, -1);
  b.node(OpCode::fully_connected, {flat, fw, fb}, {fc}, FullyConnectedAttributes{});
  const int softmax = b.value("softmax", {1, 3}, softmax_params.scale, softmax_params.zero_point);
  b.node(OpCode::softmax, {fc}, {softmax}, SoftmaxAttributes{0.5f});
  const int p = b.float_value("p", {1, 3});
  b.node(OpCode::dequantize, {softmax}, {p});
  outputs.push_back(p);

  add_moves_and_reductions(b, mul, outputs);
  unary(OpCode::gelu, "gelu", 0.15f, -90, GeluAttributes{true});
  // Every other op that is a table and has no attributes.
  for (const OpEntry& entry : op_catalogue()) {
    const auto here = [&](const Node& n) { return n.op == entry.op; };
    const UnaryOp* table = find_unary_op(entry.op);
    if (!table || std::any_of(b.graph.nodes.begin(), b.graph.nodes.end(), here)) continue;
    const QuantParams out = table->fixed_output.value_or(
        table->keeps_params ? QuantParams{0.2f, 0} : QuantParams{0.15f, -40});
    unary(entry.op, std::string(entry.name), out.scale, out.zero_point);
  }

  b.graph.inputs = {x};
  b.graph.outputs = outputs;
  b.graph.rounding = Rounding::double_rounding;
  b.graph.name = "every_op";
  b.graph.description = "every operator";
  b.graph.metadata = {{"octet.empty", ""}, {"octet.labels", "cat\ndog\n"}};
  return b.graph;
}

}  // namespace octet::int8
