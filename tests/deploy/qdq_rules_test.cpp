// The rules of targets that take ONNX: each finds what it is for, and nothing else.
#include <doctest/doctest.h>

#include "base/error.h"
#include "deploy/target_model.h"
#include "deploy/targets.h"
#include "tests/deploy/findings.h"
#include "tests/int8/build.h"
#include "tests/int8/graphs.h"

namespace octet::deploy {
namespace {

using int8::Graph;
using int8::OpCode;
using test::findings;

/// One operator on an image [1, 4, 4, 2].
Graph unary(OpCode op, int8::Attributes attributes = {}) {
  test::Builder b;
  const int x = b.i8({1, 4, 4, 2}), y = b.i8({1, 4, 4, 2});
  b.node(op, {x}, {y}, attributes);
  return b.done({x}, {y});
}

Graph mean_over(std::vector<std::int32_t> axes, test::Dims shape) {
  test::Builder b;
  const int x = b.i8({1, 4, 4, 2}), y = b.i8(std::move(shape));
  b.node(OpCode::mean, {x, b.ints(axes)}, {y}, int8::MeanAttributes{});
  return b.done({x}, {y});
}

/// PAD of `amounts`, and a convolution with VALID behind it; `shared`: the pad is an output too.
Graph padded(bool shared) {
  test::Builder b;
  const int x = b.i8({1, 4, 4, 1}), p = b.i8({1, 6, 6, 1}), y = b.i8({1, 4, 4, 1});
  b.node(OpCode::pad, {x, b.ints({0, 0, 1, 1, 1, 1, 0, 0}, {4, 2})}, {p});
  const int w = b.constant({1, 3, 3, 1}, test::Codes(9, 3)), bias = b.ints({0});
  b[bias].quantization = {{0.25f}, {0}, 0};
  b.node(OpCode::conv_2d, {p, w, bias}, {y}, int8::ConvAttributes{});
  return shared ? b.done({x}, {y, p}) : b.done({x}, {y});
}

Graph convolution(int kernel, std::int8_t code, OpCode op = OpCode::conv_2d) {
  test::Builder b;
  const int x = b.i8({1, 4, 4, 1}), y = b.i8({1, 5 - kernel, 5 - kernel, 1});
  const auto count = static_cast<std::size_t>(kernel * kernel);
  const int w = b.constant({1, kernel, kernel, 1}, test::Codes(count, code)), bias = b.ints({0});
  b[bias].quantization = {{0.25f}, {0}, 0};
  b.node(op, {x, w, bias}, {y}, int8::ConvAttributes{.depth_multiplier = 1});
  return b.done({x}, {y});
}

Graph clamped(float scale, int zero_point, int8::Activation activation) {
  test::Builder b;
  const int x = b.i8({1, 2}), y = b.i8({1, 2}, scale, zero_point);
  b.node(OpCode::add, {x, x}, {y}, int8::ElementwiseAttributes{activation});
  return b.done({x}, {y});
}

}  // namespace

TEST_CASE("rules: what has no ONNX form is refused") {
  CHECK(findings(onnx_rule, test::small_graph()).empty());
  const auto kept = findings(onnx_rule, test::streaming_graph());
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].refused);
  CHECK(kept[0].text == "the model keeps values from run to run: ONNX has no form of it");
  test::Builder b;
  const int x = b.i8({1, 3, 1}), y = b.i8({3, 1, 1});
  b.node(OpCode::space_to_batch_nd, {x, b.ints({3}), b.ints({0, 0}, {1, 2})}, {y});
  const auto found = findings(onnx_rule, b.done({x}, {y}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].text.find("SPACE_TO_BATCH_ND") != std::string::npos);
}

TEST_CASE("rules: what a runtime computes in floats is a warning with a way out") {
  for (const OpCode op : {OpCode::tanh, OpCode::hard_swish, OpCode::gelu}) {
    CAPTURE(int8::op_name(op));
    const auto found = findings(float_operators_rule, unary(op));
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].refused);
    CHECK_FALSE(found[0].from_scales);
    CHECK(found[0].text == "operator 0 (" + std::string(int8::op_name(op)) +
                               ") \"t1\": runs in floats between quantizers: slower, and its codes "
                               "may be others");
    CHECK(found[0].fix.ends_with("in its place"));
  }
  for (const OpCode op : {OpCode::logistic, OpCode::leaky_relu, OpCode::softmax, OpCode::relu}) {
    CAPTURE(int8::op_name(op));
    CHECK(findings(float_operators_rule, unary(op)).empty());
  }
  CHECK(findings(float_operators_rule, test::small_graph()).empty());
}

TEST_CASE("rules: a kind of operator is one finding") {
  test::Builder b;
  const int x = b.i8({1, 2}), y = b.i8({1, 2}), z = b.i8({1, 2}), u = b.i8({1, 2});
  b.node(OpCode::sub, {x, x}, {y}, int8::ElementwiseAttributes{});
  b.node(OpCode::tanh, {y}, {z});
  b.node(OpCode::sub, {z, x}, {u}, int8::ElementwiseAttributes{});
  const auto found = findings(float_operators_rule, b.done({x}, {u}));
  REQUIRE(found.size() == 2);
  CHECK(found[0].text.starts_with("operator 1 (TANH) \"t2\": "));
  CHECK(found[1].text.starts_with("operator 0 (SUB) \"t1\" and 1 more: "));
}

TEST_CASE("rules: only the mean over height and width is a pool") {
  CHECK(findings(float_operators_rule, mean_over({1, 2}, {1, 2})).empty());
  CHECK(findings(float_operators_rule, mean_over({-2, 1}, {1, 2})).empty());
  CHECK(findings(float_operators_rule, mean_over({3}, {1, 4, 4})).size() == 1);
  CHECK(findings(float_operators_rule, mean_over({1}, {1, 4, 2})).size() == 1);
}

TEST_CASE("rules: a PAD that a convolution does is none") {
  CHECK(findings(float_operators_rule, padded(false)).empty());
  const auto found = findings(float_operators_rule, padded(true));
  REQUIRE(found.size() == 1);
  CHECK(found[0].text.starts_with("operator 0 (PAD)"));
  CHECK(found[0].fix == "padding in the convolution or pool behind it");
}

TEST_CASE("rules: activations that end where the codes do need no Clip") {
  using int8::Activation;
  CHECK(findings(clamp_rule, clamped(6.0f / 255, -128, Activation::relu6)).empty());
  CHECK(findings(clamp_rule, clamped(0.5f, -128, Activation::relu)).empty());
  CHECK(findings(clamp_rule, clamped(0.5f, 0, Activation::none)).empty());
  for (const Graph& graph :
       {clamped(7.0f / 255, -128, Activation::relu6), clamped(0.5f, 0, Activation::relu),
        clamped(0.5f, 0, Activation::relu_n1_to_1)}) {
    const auto found = findings(clamp_rule, graph);
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].refused);
    CHECK(found[0].text.starts_with("operator 0 (ADD)"));
  }
}

TEST_CASE("rules: moves between different params") {
  for (const float scale : {0.5f, 0.25f}) {
    test::Builder b;
    const int x = b.i8({1, 2, 3}), y = b.i8({1, 3, 2}, scale), order = b.ints({0, 2, 1});
    b.node(OpCode::transpose, {x, order}, {y});
    CHECK(findings(moves_rule, b.done({x}, {y})).size() == (scale == 0.5f ? 0 : 1));
    test::Builder c;  // that takes other scales
    const int u = c.i8({1, 2}), v = c.i8({1, 4}, scale);
    c.node(OpCode::concatenation, {u, u}, {v}, int8::ConcatenationAttributes{1});
    CHECK(findings(moves_rule, c.done({u}, {v})).empty());
  }
}

TEST_CASE("rules: zero points other than 0") {
  CHECK(findings(zero_points_rule, unary(OpCode::relu)).empty());
  const auto found = findings(zero_points_rule, clamped(0.5f, -128, int8::Activation::relu));
  REQUIRE(found.size() == 1);
  CHECK(found[0].refused);
  CHECK(found[0].text == "value \"t1\": zero point -128, expected 0");
  CHECK(found[0].fix.starts_with("train with quant.target tensorrt"));
}

TEST_CASE("rules: zero points that the format fixes have another way out") {
  test::Builder b;
  const int x = b.i8({1, 4}), p = b.i8({1, 4}, 1.0f / 256, -128);
  const int y = b.i8({4, 1}, 1.0f / 256, -128), shape = b.ints({4, 1});
  b.node(OpCode::softmax, {x}, {p}, int8::SoftmaxAttributes{});
  b.node(OpCode::reshape, {p, shape}, {y}, int8::ReshapeAttributes{});
  const auto found = findings(zero_points_rule, b.done({x}, {y}));
  REQUIRE(found.size() == 1);  // the reshape only moves it
  CHECK(found[0].refused);
  CHECK(found[0].text == "operator 0 (SOFTMAX) \"t1\": zero point -128 by the format, expected 0");
  CHECK(found[0].fix == "leave the layer in floats: quant.float_layers");
}

TEST_CASE("rules: weights of more than 7 bits in kernels larger than 1x1") {
  for (const OpCode op : {OpCode::conv_2d, OpCode::depthwise_conv_2d}) {
    CHECK(findings(mnn_weights_rule, convolution(3, 63, op)).empty());
    CHECK(findings(mnn_weights_rule, convolution(3, -63, op)).empty());
    CHECK(findings(mnn_weights_rule, convolution(1, 127, op)).empty());
    const auto found = findings(mnn_weights_rule, convolution(3, -64, op));
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].refused);
    CHECK(found[0].fix.starts_with("quant.weight_bits: 7"));
  }
}

TEST_CASE("rules: weights of more than 7 bits, of any product") {
  for (const int kernel : {1, 3}) {
    CHECK(findings(wide_weights_rule, convolution(kernel, 63)).empty());
    const auto found = findings(wide_weights_rule, convolution(kernel, 64));
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].refused);
    CHECK(found[0].text.ends_with("saturate on x86-64 CPUs without VNNI"));
    CHECK(check_target(find_target("openvino"), convolution(kernel, 64)).size() == 1);
    CHECK(check_target(find_target("onnxruntime"), convolution(kernel, 64)).empty());
  }
}

TEST_CASE("rules: OpenVINO multiplies activations as codes at two zero points alone") {
  const auto product = [](int of_x, int of_y) {
    test::Builder b;
    const int x = b.i8({1, 2, 2}, 0.5f, of_x), y = b.i8({1, 2, 2}, 0.5f, of_y), z = b.i8({1, 2, 2});
    b.node(OpCode::batch_matmul, {x, y}, {z}, int8::BatchMatMulAttributes{});
    return b.done({x, y}, {z});
  };
  CHECK(findings(openvino_products_rule, product(-128, 0)).empty());
  CHECK(findings(openvino_products_rule, product(-128, 5)).size() == 1);
  const auto found = check_target(find_target("openvino"), product(0, 0));
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].refused);
  CHECK(found[0].from_scales);
  CHECK(found[0].text.starts_with("operator 0 (BATCH_MATMUL) \"t2\": runs in floats"));
  CHECK(check_target(find_target("onnxruntime"), product(0, 0)).empty());
}

TEST_CASE(
    "rules: MNN computes matrix products in floats, which is said where another layer reads them") {
  test::Builder b;
  const int x = b.i8({1, 2}), y = b.i8({1, 2}), z = b.i8({1, 2});
  for (const auto& [from, to] : {std::pair{x, y}, {y, z}})
    b.node(OpCode::fully_connected, {from, b.constant({2, 2}, test::Codes(4, 3)), -1}, {to},
           int8::FullyConnectedAttributes{});
  const auto found = findings(mnn_operators_rule, b.done({x}, {z}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].text ==
        "operator 0 (FULLY_CONNECTED) \"t1\": runs in floats there, its codes may be others");
}

TEST_CASE("rules: what MNN computes wrongly on x86") {
  CHECK(findings(mnn_operators_rule, convolution(3, 63)).empty());
  Graph graph = clamped(0.5f, 0, int8::Activation::none);
  CHECK(findings(mnn_operators_rule, graph).empty());
  graph.nodes[0].op = OpCode::maximum;
  graph.nodes[0].attributes = {};
  const auto found = findings(mnn_operators_rule, graph);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].refused);
  CHECK(found[0].text.starts_with("operator 0 (MAXIMUM) \"t1\": MNN's kernels of codes for x86"));
}

TEST_CASE("rules: a finding says node, fix and rule") {
  const Graph graph = unary(OpCode::tanh);
  const auto found = check_target(find_target("onnxruntime"), graph);
  REQUIRE(found.size() == 1);
  CHECK(finding_text(found[0]) ==
        "operator 0 (TANH) \"t1\": runs in floats between quantizers: slower, and its codes may be "
        "others; fix: sigmoid in its place (rule float_operators)");
  CHECK(check_target(find_target("openvino"), graph).size() == 1);
  CHECK(check_target(find_target("tensorrt"), graph).empty());
}

TEST_CASE("targets of ONNX: what stands at the edges") {
  ExportOptions codes;
  codes.inputs = Io::uint8;
  const Graph graph = unary(OpCode::relu);
  CHECK_NOTHROW(make_target_model(graph, find_target("onnxruntime"), codes));
  CHECK_THROWS_WITH_AS(make_target_model(graph, find_target("tensorrt"), codes),
                       "tensorrt: inputs: expected int8 or float32, got uint8", Error);
  CHECK_THROWS_WITH_AS(make_target_model(graph, find_target("mnn"), codes),
                       "mnn: inputs: expected float32, got uint8", Error);
  const TargetModel model = make_target_model(graph, find_target("tensorrt"), {});
  CHECK(model.graph.tensors[static_cast<std::size_t>(model.graph.inputs[0])].type ==
        int8::DType::f32);
  codes.inputs = Io::int8;
  const auto notes = make_target_model(graph, find_target("onnxruntime"), codes).notes;
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note.find("uint8 and float32 keep them in integers") != std::string::npos;
  }));
  CHECK_THROWS_WITH_AS(
      make_target_model(clamped(0.5f, -128, int8::Activation::relu), find_target("tensorrt"), {}),
      doctest::Contains("tensorrt does not take the model: value \"t1"), Error);
}

}  // namespace octet::deploy
