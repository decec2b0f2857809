// ONNX out: what is written for which operator.
#include <limits>
#include <set>

#include "int8/engine/every_op.h"
#include "int8/graph/graph_builder.h"
#include "tests/interop/written_onnx.h"

namespace octet {
namespace {

using namespace int8;
using onnx_export::Form;
using test::WrittenOnnx;
using Dims64 = std::vector<std::int64_t>;
using Type = onnx::TensorProto;

/// Codes x [1, 4, 4, 2] through a convolution to 3 channels.
struct ConvGraph : GraphBuilder {
  explicit ConvGraph(int zero_point, Activation activation = Activation::relu) {
    x = value("x", {1, 4, 4, 2}, 0.5f, 3);
    w = weights("w", {3, 3, 2, 2}, 0, 0.25f);
    b = bias("b", 3);
    y = value("y", {1, 4, 4, 3}, 0.125f, zero_point);
    node(OpCode::conv_2d, {x, w, b}, {y},
         ConvAttributes{.padding = Padding::same, .activation = activation});
    graph.inputs = {x};
    graph.outputs = {y};
  }
  int x, w, b, y;
};

std::int8_t code(const TensorDef& t, int i) {
  return static_cast<std::int8_t>(t.constant.data[i]);
}

TEST_CASE("onnx out: a convolution and its quantizers") {
  const ConvGraph g(-128);
  const WrittenOnnx file(g.graph, {.producer_version = "1.2"});
  CHECK(file.ops() == "Conv");  // ReLU is the quantizer's range
  const onnx::NodeProto& conv = file.node("Conv");
  CHECK(WrittenOnnx::ints(conv, "pads") == Dims64{1, 0, 1, 1});
  CHECK(WrittenOnnx::ints(conv, "strides") == Dims64{1, 1});

  // Weights: int8 codes [out, in, h, w], a scale for each channel of axis 0.
  const onnx::NodeProto& w = file.maker(conv.input(1));
  CHECK(w.op_type() == "DequantizeLinear");
  CHECK(WrittenOnnx::ints(w, "axis") == Dims64{0});
  CHECK(file.tensor(w.input(0)).data_type() == Type::INT8);
  CHECK(file.dims(w.input(0)) == Dims64{3, 2, 3, 2});
  const auto codes = file.values<std::int8_t>(w.input(0));
  for (int o = 0; o < 3; ++o) {
    for (int i = 0; i < 2; ++i) {
      for (int s = 0; s < 6; ++s) {
        CHECK(codes[static_cast<std::size_t>((o * 2 + i) * 6 + s)] ==
              code(g.graph.tensors[static_cast<std::size_t>(g.w)], (o * 6 + s) * 2 + i));
      }
    }
  }
  const std::vector<float> scales =
      g.graph.tensors[static_cast<std::size_t>(g.w)].quantization.scale;
  CHECK(file.values<float>(w.input(1)) == scales);
  CHECK(file.values<std::int8_t>(w.input(2)) == std::vector<std::int8_t>{0, 0, 0});

  // The bias: int32 at the product of the scales.
  const onnx::NodeProto& b = file.maker(conv.input(2));
  CHECK(file.tensor(b.input(0)).data_type() == Type::INT32);
  CHECK(file.values<float>(b.input(1)) ==
        std::vector<float>{0.5f * scales[0], 0.5f * scales[1], 0.5f * scales[2]});

  // The result: uint8, scale and zero point scalars.
  const onnx::NodeProto& q = file.node("QuantizeLinear", 1);
  CHECK(q.input(0) == conv.output(0));
  CHECK(file.dims(q.input(1)).empty());
  CHECK(file.dims(q.input(2)).empty());
  CHECK(file.tensor(q.input(2)).data_type() == Type::UINT8);
  CHECK(file.values<std::uint8_t>(q.input(2)) == std::vector<std::uint8_t>{0});

  // The edges have the graph's type, names and order of the file.
  const auto& x = file.graph().input(0);
  CHECK(x.name() == "x");
  CHECK(x.type().tensor_type().elem_type() == Type::INT8);
  CHECK(x.type().tensor_type().shape().dim(0).dim_param() == "N");
  CHECK(x.type().tensor_type().shape().dim(1).dim_value() == 2);
  CHECK(file.graph().output(0).name() == "y");
  CHECK(file.maker("y").op_type() == "QuantizeLinear");
  CHECK(file.model.opset_import(0).version() == 13);
  CHECK(file.model.producer_name() == "octet");
  CHECK(file.model.producer_version() == "1.2");
  REQUIRE(file.model.metadata_props_size() == 1);
  CHECK(file.model.metadata_props(0).key() == "octet.rounding");
  CHECK(file.model.metadata_props(0).value() == "double");
}

TEST_CASE("onnx out: int8 activations, a float bias, floats alone") {
  const ConvGraph g(-128);
  const WrittenOnnx s8(g.graph, {.unsigned_activations = false});
  const onnx::NodeProto& q = s8.node("QuantizeLinear");
  CHECK(s8.values<std::int8_t>(q.input(2)) == std::vector<std::int8_t>{-128});
  CHECK(s8.ops(true) == "DequantizeLinear DequantizeLinear DequantizeLinear Conv QuantizeLinear");

  const WrittenOnnx real_bias(g.graph, {.float_bias = true});
  const std::string bias = real_bias.node("Conv").input(2);
  const TensorDef& b = g.graph.tensors[static_cast<std::size_t>(g.b)];
  std::int32_t first;
  std::memcpy(&first, b.constant.data, sizeof first);
  CHECK(real_bias.values<float>(bias)[0] == static_cast<float>(first) * 0.125f);

  const WrittenOnnx u8(g.graph, {.unsigned_weights = true});
  const onnx::NodeProto& weights = u8.maker(u8.node("Conv").input(1));
  CHECK(u8.tensor(weights.input(0)).data_type() == Type::UINT8);
  CHECK(u8.values<std::uint8_t>(weights.input(0))[0] ==
        code(g.graph.tensors[static_cast<std::size_t>(g.w)], 0) + 128);
  CHECK(u8.values<std::uint8_t>(weights.input(2)) == std::vector<std::uint8_t>{128, 128, 128});

  ConvGraph narrow(-128);  // no sum of two products saturates
  TensorDef& w64 = narrow.graph.tensors[static_cast<std::size_t>(narrow.w)];
  w64.constant = own_bytes(std::vector(w64.constant.size, std::byte{0xC0}));  // -64
  const WrittenOnnx s64(narrow.graph, {.unsigned_weights = true});
  CHECK(s64.tensor(s64.maker(s64.node("Conv").input(1)).input(0)).data_type() == Type::INT8);

  const WrittenOnnx floats(g.graph, {.form = Form::dequantized});
  CHECK(floats.ops(true) == "Conv Relu");
  CHECK(floats.graph().input(0).type().tensor_type().elem_type() == Type::FLOAT);
  const std::string w = floats.node("Conv").input(1);
  CHECK(floats.dims(w) == Dims64{3, 2, 3, 2});
  CHECK(floats.values<float>(w)[0] ==
        0.25f * static_cast<float>(code(g.graph.tensors[static_cast<std::size_t>(g.w)], 0)));
  CHECK(floats.maker("y").op_type() == "Relu");
}

TEST_CASE("onnx out: a clamp behind a sum, in floats, is a Clip to the codes' range") {
  // MNN makes one operator of an Add and a Relu and computes it wrongly on codes (x86).
  GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 2}, 0.5f, 3), y = b.value("y", {1, 4, 4, 2}, 0.125f, -128);
  b.node(OpCode::add, {x, x}, {y}, ElementwiseAttributes{Activation::relu});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  const WrittenOnnx file(b.graph, {.form = Form::dequantized});
  CHECK(file.ops(true) == "Add Clip");
  CHECK(file.values<float>(file.node("Clip").input(1)) == std::vector<float>{0});
  CHECK(file.values<float>(file.node("Clip").input(2)) == std::vector<float>{255 * 0.125f});
}

TEST_CASE("onnx out: an activation that takes away codes is written") {
  // ONNX Runtime keeps the convolution integer only with the pair in front of the Relu.
  CHECK(WrittenOnnx(ConvGraph(0).graph)
            .ops(true)
            .ends_with("Conv QuantizeLinear DequantizeLinear Relu QuantizeLinear DequantizeLinear "
                       "QuantizeLinear"));
  CHECK(WrittenOnnx(ConvGraph(0).graph, {.unsigned_activations = false})
            .ops(true)
            .ends_with("Conv Relu QuantizeLinear"));
  const WrittenOnnx clip(ConvGraph(-128, Activation::relu6).graph);
  CHECK(clip.ops() == "Conv Clip");  // 6 is code -80 of 127
  CHECK(clip.node("Clip").input(1).empty());
  CHECK(clip.values<float>(clip.node("Clip").input(2)) == std::vector<float>{6});
}

TEST_CASE("onnx out: pads are part of the convolution, and of a pool where they are its own") {
  GraphBuilder b;
  const int pads = b.ints("pads", {0, 0, 1, 2, 0, 1, 0, 0}, {4, 2});
  SUBCASE("convolution") {
    const int x = b.value("x", {1, 4, 4, 2}, 0.5f, 3), p = b.value("p", {1, 7, 5, 2}, 0.5f, 3);
    const int y = b.value("y", {1, 5, 4, 2}, 0.5f, 0);
    b.node(OpCode::pad, {x, pads}, {p});
    b.node(OpCode::depthwise_conv_2d, {p, b.weights("w", {1, 3, 2, 2}, 3, 0.1f)}, {y},
           ConvAttributes{});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    const WrittenOnnx file(b.graph);
    CHECK(file.ops() == "Conv");
    CHECK(WrittenOnnx::ints(file.node("Conv"), "pads") == Dims64{1, 0, 2, 1});
    CHECK(WrittenOnnx::ints(file.node("Conv"), "group") == Dims64{2});
    CHECK(file.dims("w_quantized") == Dims64{2, 1, 3, 2});
  }
  for (const int zero_point : {-128, 5}) {
    CAPTURE(zero_point);
    const int x = b.value("x", {1, 4, 4, 2}, 0.5f, zero_point);
    const int p = b.value("p", {1, 7, 5, 2}, 0.5f, zero_point);
    const int y = b.value("y", {1, 5, 4, 2}, 0.5f, zero_point);
    b.graph.nodes.clear();
    b.node(OpCode::pad, {x, pads}, {p});
    b.node(OpCode::max_pool_2d, {p}, {y}, PoolAttributes{.filter_h = 3, .filter_w = 2});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    // Pads of MaxPool are less than every value; of codes that begin at zero that is the same.
    CHECK(WrittenOnnx(b.graph).ops() == (zero_point == -128 ? "MaxPool" : "Pad MaxPool"));
  }
}

TEST_CASE("onnx out: float pads by the lowest number are those of MaxPool") {
  for (const int pad : {1, 2}) {
    GraphBuilder b;
    const int x = b.float_value("x", {1, 4, 4, 2}), low = b.float_value("low", {});
    const float lowest = std::numeric_limits<float>::lowest();
    b.tensor(low).constant = own_bytes(std::as_bytes(std::span(&lowest, 1)));
    const int p = b.float_value("p", {1, 4 + pad, 4, 2});
    const int y = b.float_value("y", {1, 3 + pad, 3, 2});
    b.node(OpCode::padv2, {x, b.ints("pads", {0, 0, pad, 0, 0, 0, 0, 0}, {4, 2}), low}, {p});
    b.node(OpCode::max_pool_2d, {p}, {y}, PoolAttributes{.filter_h = 2, .filter_w = 2});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    // Pads as large as the window are no MaxPool of ONNX.
    CHECK(WrittenOnnx(b.graph).ops() == (pad == 1 ? "MaxPool" : "Pad MaxPool"));
  }
}

TEST_CASE("onnx out: flattened images and global means") {
  GraphBuilder b;
  const int x = b.value("x", {1, 2, 2, 3}, 0.5f, 0), flat = b.value("flat", {1, 12}, 0.5f, 0);
  const int y = b.value("y", {1, 2}, 0.5f, 0), mean = b.value("mean", {1, 3}, 0.25f, 0);
  const int w = b.weights("w", {2, 12}, 0, 0.1f);
  b.node(OpCode::reshape, {x}, {flat}, ReshapeAttributes{{1, 12}});
  b.node(OpCode::fully_connected, {flat, w}, {y}, FullyConnectedAttributes{});
  b.node(OpCode::mean, {x, b.ints("axes", {1, 2})}, {mean}, MeanAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y, mean};
  const WrittenOnnx file(b.graph);
  CHECK(file.ops() == "Flatten Gemm GlobalAveragePool Flatten");
  // Its own quantizer stands behind each of them.
  CHECK(file.maker(file.node("Flatten", 1).input(0)).op_type() == "DequantizeLinear");
  // Columns [h, w, c] have become [c, h, w].
  const auto codes = file.values<std::int8_t>("w_quantized");
  const TensorDef& t = b.tensor(w);
  for (int o = 0; o < 2; ++o) {
    for (int c = 0; c < 3; ++c) {
      for (int s = 0; s < 4; ++s) {
        CHECK(codes[static_cast<std::size_t>(o * 12 + c * 4 + s)] == code(t, o * 12 + s * 3 + c));
      }
    }
  }
  CHECK(WrittenOnnx::ints(file.node("Gemm"), "transB") == Dims64{1});

  // If others read the flattened image, too, it has the graph's order.
  b.graph.outputs = {y, flat};
  b.graph.nodes.pop_back();
  const WrittenOnnx plain(b.graph);
  CHECK(plain.ops() == "Transpose Flatten Gemm");
  CHECK(plain.values<std::int8_t>("w_quantized")[1] == code(t, 1));
}

TEST_CASE("onnx out: the pair stands twice between a convolution and a residual addition") {
  ConvGraph g(-20, Activation::none);
  const int r = g.value("r", {1, 4, 4, 3}, 0.5f, 1), y = g.value("sum", {1, 4, 4, 3}, 0.5f, 7);
  g.node(OpCode::add, {g.y, r}, {y}, ElementwiseAttributes{});
  g.graph.inputs = {g.x, r};
  g.graph.outputs = {y};
  const WrittenOnnx once(g.graph), twice(g.graph, {.requantize_before_add = true});
  CHECK(twice.count("QuantizeLinear") == once.count("QuantizeLinear") + 1);
  CHECK(twice.ops(true).find("Conv QuantizeLinear DequantizeLinear QuantizeLinear") !=
        std::string::npos);
}

TEST_CASE("onnx out: axes and constants in the file's order") {
  GraphBuilder b;
  const int x = b.float_value("x", {1, 2, 3, 4}), y = b.float_value("y", {1, 2, 3, 8});
  const int c = b.float_value("c", {4}), s = b.float_value("s", {1, 2, 3, 4});
  const std::vector<float> numbers{1, 2, 3, 4};
  b.tensor(c).constant = own_bytes(std::as_bytes(std::span(numbers)));
  b.node(OpCode::mul, {x, c}, {s}, ElementwiseAttributes{Activation::relu6});
  b.node(OpCode::concatenation, {x, s}, {y}, ConcatenationAttributes{3});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  const WrittenOnnx file(b.graph);
  CHECK(file.ops(true) == "Mul Clip Concat");
  CHECK(WrittenOnnx::ints(file.node("Concat"), "axis") == Dims64{1});
  CHECK(file.dims(file.node("Mul").input(1)) == Dims64{1, 4, 1, 1});
}

TEST_CASE("onnx out: outputs that are inputs, constants, or the same value twice") {
  GraphBuilder b;
  const int x = b.float_value("x", {1, 3}), y = b.float_value("y", {1, 3});
  b.node(OpCode::tanh, {x}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y, y, x};
  b.graph.output_names = {"first", "second", "third"};
  const WrittenOnnx file(b.graph);
  CHECK(file.ops() == "Tanh Identity Identity");
  CHECK(file.maker("first").op_type() == "Tanh");
  CHECK(file.maker("second").input(0) == "first");
  CHECK(file.maker("third").input(0) == "x");
}

TEST_CASE("onnx out: float16") {
  GraphBuilder b;
  const int x = b.float_value("x", {1, 3}), c = b.float_value("c", {3}),
            y = b.float_value("y", {1, 3});
  std::vector<float> numbers{1, -2, 0.1f};
  b.tensor(c).constant = own_bytes(std::as_bytes(std::span(numbers)));
  b.node(OpCode::add, {x, c}, {y}, ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  const WrittenOnnx file(b.graph, {.half = true});
  CHECK(file.ops() == "Cast Add Cast");
  CHECK(file.graph().input(0).type().tensor_type().elem_type() == Type::FLOAT);
  CHECK(file.graph().output(0).type().tensor_type().elem_type() == Type::FLOAT);
  CHECK(file.tensor("c").data_type() == Type::FLOAT16);
  CHECK(file.values<std::uint16_t>("c") == std::vector<std::uint16_t>{0x3c00, 0xc000, 0x2e66});
  CHECK(file.maker("y").op_type() == "Cast");
}

TEST_CASE("onnx out: every operator has a form but those of streams and of batches inside") {
  std::set<std::string> known, missing;
  for (const auto& op : onnx_export::written_operators()) {
    known.insert(std::string(op.tflite));
    CHECK_FALSE(op.onnx.empty());
  }
#define OCTET_INT8_OP(op, code, name, create) \
  if (!known.contains(name)) missing.insert(name);
#include "int8/graph/ops.inc"
  CHECK(missing == std::set<std::string>{"BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "SVDF",
                                         "UNIDIRECTIONAL_SEQUENCE_LSTM"});
}

TEST_CASE("onnx out: every operator in one file, the same bytes again") {
  const Graph graph = every_op_graph();
  const auto bytes = onnx_export::serialize_onnx(graph);
  CHECK(bytes == onnx_export::serialize_onnx(graph));
  const WrittenOnnx file(graph);
  std::set<std::string> values;
  for (const auto& t : file.graph().initializer()) CHECK(values.insert(t.name()).second);
  for (const auto& x : file.graph().input()) CHECK(values.insert(x.name()).second);
  for (const auto& n : file.graph().node()) {
    for (const std::string& x : n.input()) CHECK((x.empty() || values.contains(x)));
    for (const std::string& y : n.output()) CHECK(values.insert(y).second);
  }
  for (const auto& y : file.graph().output()) CHECK(values.contains(y.name()));
}

}  // namespace
}  // namespace octet
