#include <string>
#include <utility>
#include <vector>

#include "int8/engine/every_op.h"
#include "int8/graph/graph_builder.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

class Builder : public GraphBuilder {
 public:
  /// Ends of branches.
  std::vector<int> ends;

  int wide(const std::string& name, Dims shape, float scale, int zero_point) {
    const int t = value(name, std::move(shape), scale, zero_point);
    tensor(t).type = DType::i16;
    return t;
  }
  int float_constant(const std::string& name, Dims shape, const std::vector<float>& values) {
    const int t = float_value(name, std::move(shape));
    tensor(t).constant = own_bytes(std::as_bytes(std::span(values)));
    return t;
  }
  int wide_weights(const std::string& name, Dims shape, float scale) {
    std::vector<std::int16_t> codes(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < codes.size(); ++i)
      codes[i] = static_cast<std::int16_t>(static_cast<int>(i * 7919 % 12001) - 6000);
    const int t = wide(name, std::move(shape), scale, 0);
    tensor(t).constant = own_bytes(std::as_bytes(std::span(codes)));
    return t;
  }
  /// A state that the operator which reads it updates.
  int state(int t) {
    const TensorDef& def = tensor(t);
    const std::size_t bytes =
        static_cast<std::size_t>(element_count(def.shape)) * dtype_size(def.type);
    const int zero = is_codes(def.type) ? zero_code(def) : 0;
    graph.states.push_back({t, t, own_bytes(std::vector(bytes, static_cast<std::byte>(zero)))});
    return t;
  }
};

void add_recurrent(Builder& b, int x) {  // [1, 4, 6]
  const auto gates = [&b](const std::string& name, Dims shape) {
    std::vector<int> weights;
    for (int g = 0; g < 4; ++g) weights.push_back(b.weights(name, shape, -1, 0.004f));
    return weights;
  };
  std::vector<int> inputs{x};
  for (const int t : gates("lstm/w", {5, 6})) inputs.push_back(t);
  for (const int t : gates("lstm/r", {5, 5})) inputs.push_back(t);
  inputs.insert(inputs.end(), 3, -1);
  for (int g = 0; g < 4; ++g) inputs.push_back(b.bias("lstm/b", 5));
  inputs.insert(inputs.end(), 2, -1);
  inputs.push_back(b.state(b.value("lstm/hidden", {1, 5}, 1.0f / 127, -3)));
  inputs.push_back(b.state(b.wide("lstm/cell", {1, 5}, 0x1p-12f, 0)));
  inputs.insert(inputs.end(), 4, -1);
  const int lstm = b.value("lstm", {1, 4, 5}, 1.0f / 127, -3);
  b.node(OpCode::unidirectional_sequence_lstm, inputs, {lstm}, LstmAttributes{.cell_clip = 6.0f});

  const int flat = b.value("svdf/x", {1, 20}, 1.0f / 127, -3);
  b.node(OpCode::reshape, {lstm}, {flat}, ReshapeAttributes{{1, 20}});
  const auto svdf = [&](const std::string& name, int in, int features, int time, int state) {
    const int y = b.value(name, {1, 4}, 0.05f, 2);
    b.node(OpCode::svdf,
           {in, b.weights(name + "/w", {8, features}, -1, 0.01f), time, b.bias(name + "/b", 4),
            b.state(state)},
           {y}, SvdfAttributes{2, Activation::none});
    return y;
  };
  const int wide = svdf("svdf", flat, 20, b.wide_weights("svdf/time", {8, 3}, 1e-4f),
                        b.wide("svdf/state", {1, 24}, 0.001f, 0));
  const int y = svdf("svdf_int8", wide, 4, b.weights("svdf_int8/time", {8, 3}, -1, 0.01f),
                     b.value("svdf_int8/state", {1, 24}, 0.05f, 0));
  const int softmax = b.wide("softmax_16", {1, 4}, 1.0f / 65536, -32768);
  b.node(OpCode::softmax, {y}, {softmax}, SoftmaxAttributes{1.0f});
  const int sum = b.value("quantize_32", {1, 4}, 1.0f / 512, 0);
  b.tensor(sum).type = DType::i32;
  b.node(OpCode::quantize, {softmax}, {sum});
  const int real = b.float_value("dequantize_16", {1, 4});
  b.node(OpCode::dequantize, {softmax}, {real});
  b.ends.insert(b.ends.end(), {sum, real});
}

void add_codes(Builder& b, int x) {
  const int squares = b.value("squared_difference", {1, 4, 6}, 0.1f, -128);
  b.node(OpCode::squared_difference, {x, b.weights("squared_difference/c", {6}, -1, 0.01f)},
         {squares});
  const int logs = b.value("log_softmax", {1, 4, 6}, 16.0f / 256, 127);
  b.node(OpCode::log_softmax, {squares}, {logs});
  b.ends.push_back(logs);
  const int product = b.value("batch_matmul", {1, 6, 6}, 0.02f, 11);
  b.node(OpCode::batch_matmul, {x, logs}, {product}, BatchMatMulAttributes{true, false});
  const int by = b.weights("batch_matmul/by", {1, 4, 6}, -1, 0.02f);
  const int again = b.value("batch_matmul_constant", {1, 6, 4}, 0.02f, -1);
  b.node(OpCode::batch_matmul, {product, by}, {again}, BatchMatMulAttributes{false, true});
  b.ends.push_back(again);
  const int unit = b.value("l2_normalization", {1, 4, 6}, 1.0f / 128, 0);
  b.node(OpCode::l2_normalization, {x}, {unit}, ElementwiseAttributes{});
  b.ends.push_back(unit);
}

void add_moves(Builder& b, int x) {  // [1, 4, 6]
  const auto like = [&](const std::string& name, Dims shape) {
    const Quantization q = b.tensor(x).quantization;
    return b.value(name, std::move(shape), q.scale[0], q.zero_point[0]);
  };
  const int mirror = like("mirror_pad", {1, 7, 8});
  b.node(OpCode::mirror_pad, {x, b.ints("mirror_pad/amounts", {0, 0, 1, 2, 2, 0}, {3, 2})},
         {mirror}, MirrorPadAttributes{true});
  const int tile = like("tile", {1, 14, 24});
  b.node(OpCode::tile, {mirror, b.ints("tile/multiples", {1, 2, 3})}, {tile});
  const int gather = like("gather", {1, 14, 5});
  b.node(OpCode::gather, {tile, b.ints("gather/indices", {7, 0, 1, 23, 7}, {1, 5})}, {gather},
         GatherAttributes{2, 1});
  const int batch = like("space_to_batch", {3, 5, 5});
  b.node(OpCode::space_to_batch_nd,
         {gather, b.ints("space_to_batch/block", {3}),
          b.ints("space_to_batch/paddings", {1, 0}, {1, 2})},
         {batch});
  const int space = like("batch_to_space", {1, 12, 5});
  b.node(
      OpCode::batch_to_space_nd,
      {batch, b.ints("batch_to_space/block", {3}), b.ints("batch_to_space/crops", {1, 2}, {1, 2})},
      {space});
  std::vector<int> parts;
  for (int i = 0; i < 5; ++i) parts.push_back(like("unpack:" + std::to_string(i), {1, 12}));
  b.node(OpCode::unpack, {space}, parts, PackAttributes{5, 2});
  b.ends.insert(b.ends.end(), parts.begin() + 2, parts.end());
  const int pack = like("pack", {1, 3, 12});
  b.node(OpCode::pack, {parts[0], parts[1], parts[0]}, {pack}, PackAttributes{3, -2});
  const int row = like("reshape", {1, 36, 1});
  b.node(OpCode::reshape, {pack}, {row}, ReshapeAttributes{{1, 36, 1}});
  const int broadcast = like("broadcast_to", {1, 36, 7});
  b.node(OpCode::broadcast_to, {row, b.ints("broadcast_to/shape", {1, 36, 7})}, {broadcast});
  const int first = b.index_value("arg_max", {1, 12});
  b.node(OpCode::arg_max, {pack, b.ints("arg_max/axis", {1}, {})}, {first}, ArgAttributes{});
  const int last = b.index_value("arg_min", {1, 3});
  b.node(OpCode::arg_min, {pack, b.ints("arg_min/axis", {-1}, {})}, {last}, ArgAttributes{});
  b.ends.insert(b.ends.end(), {broadcast, first, last});
}

void add_floats(Builder& b, int x) {  // codes [1, 4, 6]
  const auto like = [&b](const std::string& name) { return b.float_value(name, {1, 4, 6}); };
  const int real = like("real");
  b.node(OpCode::dequantize, {x}, {real});
  const auto to_codes = [&b](int t) {
    const int y = b.value("codes of " + b.tensor(t).name, b.tensor(t).shape, 0.03f, 5);
    b.node(OpCode::quantize, {t}, {y});
    b.ends.push_back(y);
  };
  const auto unary = [&](OpCode op, int from, Attributes attributes = {},
                         const std::string& suffix = {}) {
    const int y = like("float " + std::string(op_name(op)) + suffix);
    b.node(op, {from}, {y}, std::move(attributes));
    to_codes(y);
    return y;
  };
  const int positive = unary(OpCode::square, unary(OpCode::exp, real));
  for (const OpCode op : {OpCode::log, OpCode::sqrt, OpCode::rsqrt}) unary(op, positive);
  for (const OpCode op : {OpCode::abs, OpCode::neg, OpCode::floor, OpCode::ceil, OpCode::round,
                          OpCode::relu, OpCode::relu6, OpCode::relu_n1_to_1, OpCode::logistic,
                          OpCode::tanh, OpCode::elu, OpCode::hard_swish, OpCode::log_softmax})
    unary(op, real);
  unary(OpCode::softmax, real, SoftmaxAttributes{0.5f});
  unary(OpCode::leaky_relu, real, LeakyReluAttributes{0.125f});
  unary(OpCode::gelu, real, GeluAttributes{true}, " by tanh");
  unary(OpCode::gelu, real, GeluAttributes{false});

  const int row = b.float_constant("row", {6}, {1, 2, -0.5f, 0.25f, -3, 1.5f});
  const auto binary = [&](OpCode op, int left, int right, Attributes attributes = {}) {
    const int y = like("float " + std::string(op_name(op)));
    b.node(op, {left, right}, {y}, std::move(attributes));
    to_codes(y);
    return y;
  };
  for (const OpCode op : {OpCode::add, OpCode::sub, OpCode::mul, OpCode::div})
    binary(op, real, row, ElementwiseAttributes{Activation::relu6});
  for (const OpCode op : {OpCode::maximum, OpCode::minimum, OpCode::squared_difference})
    binary(op, row, real);
  binary(OpCode::pow, positive, row);
  const int slopes = b.float_value("slopes", {6});
  b.node(OpCode::dequantize, {b.weights("slopes/codes", {6}, 0, 0.01f)}, {slopes});
  binary(OpCode::prelu, real, slopes);

  const int mean = b.float_value("float MEAN", {1, 1, 6});
  b.node(OpCode::mean, {real, b.ints("mean/axes", {1})}, {mean}, MeanAttributes{true});
  to_codes(mean);
  const int both = b.float_value("float CONCATENATION", {1, 5, 6});
  b.node(OpCode::concatenation, {real, mean}, {both}, ConcatenationAttributes{1});
  const int padded = b.float_value("float PADV2", {1, 6, 6});
  b.node(OpCode::padv2,
         {both, b.ints("padv2/amounts", {0, 0, 0, 1, 0, 0}, {3, 2}),
          b.float_constant("padv2/value", {}, {0.75f})},
         {padded});
  const int turned = b.float_value("float TRANSPOSE", {1, 6, 6});
  b.node(OpCode::transpose, {padded, b.ints("transpose/perm", {0, 2, 1})}, {turned});
  to_codes(turned);
  b.ends.push_back(turned);
}

void add_integers(Builder& b, int x) {  // codes [1, 4, 6]
  const int largest = b.index_value("largest", {1, 4});
  b.tensor(largest).type = DType::i64;
  b.node(OpCode::arg_max, {x, b.ints("largest/axis", {2}, {})}, {largest}, ArgAttributes{});
  const int narrow = b.index_value("cast", {1, 4});
  b.node(OpCode::cast, {largest}, {narrow});
  const int real = b.float_value("float CAST", {1, 4, 6});
  b.node(OpCode::cast, {x}, {real});
  const int least = b.index_value("float ARG_MIN", {1, 6});
  b.node(OpCode::arg_min, {real, b.ints("least/axis", {1}, {})}, {least}, ArgAttributes{});
  const int wide = b.wide("cast_16", {1, 6}, 1.0f, 0);
  b.node(OpCode::cast, {least}, {wide});
  b.ends.insert(b.ends.end(), {largest, narrow, least, wide});
}

void add_constants(Builder& b) {
  const int tile = b.value("tile of a constant", {1, 4, 6}, 0.01f, 0);
  b.node(OpCode::tile, {b.weights("anchors", {1, 2, 6}, -1, 0.01f), b.ints("times", {1, 2, 1})},
         {tile});
  const int real = b.float_value("reshape of a constant", {3, 2});
  b.node(OpCode::reshape, {b.float_constant("row of floats", {6}, {1, 2, 3, -4, 5, -6})}, {real},
         ReshapeAttributes{{3, 2}});
  b.ends.insert(b.ends.end(), {tile, real});
}

}  // namespace

Graph every_other_op_graph() {
  Builder b;
  const int x = b.wide("x", {1, 4, 6}, 0x1p-13f, 0);
  const int q = b.value("quantize", {1, 4, 6}, 0.03f, 2);
  b.node(OpCode::quantize, {x}, {q});
  add_recurrent(b, q);
  add_codes(b, q);
  add_moves(b, q);
  add_floats(b, q);
  add_integers(b, q);
  add_constants(b);
  b.graph.inputs = {x};
  b.graph.outputs = b.ends;
  b.graph.rounding = Rounding::double_rounding;
  b.graph.name = "every_other_op";
  b.graph.description = "every other operator";
  return b.graph;
}

}  // namespace octet::int8
