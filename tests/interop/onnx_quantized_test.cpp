// ONNX in: files with QuantizeLinear and DequantizeLinear as float networks, and what is kept of
// them.
#include <doctest/doctest.h>

#include "base/error.h"
#include "core/ops/ops.h"
#include "tests/interop/onnx_builder.h"

namespace octet {
namespace {

using test::OnnxBuilder;
using test::op_names;
using Floats = std::vector<float>;
using Value = StoredQuantization::Value;
using Type = onnx::TensorProto;

std::string refusal(const OnnxBuilder& b) {
  try {
    b.import();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// The first output for one sample.
Floats run(const OnnxNetwork& net, const Floats& x) {
  return test::run_onnx(net, {x}, 1)[0];
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// x [N, 2, 1, 1] through a 1x1 convolution to 3 channels, all quantized.
OnnxBuilder conv_net(int zero_point_of_result = 100) {
  OnnxBuilder b(13);
  b.input("x", {0, 2, 1, 1}).quantize("x", 0.5f, 120);
  b.codes("c.weight_quantized", Type::INT8, {3, 2, 1, 1}, {1, -2, 3, 4, -5, 127});
  b.floats("ws", {3}, {0.5f, 0.25f, 2}).codes("wz", Type::INT8, {3}, {0, 0, 0});
  b.node("DequantizeLinear", {"c.weight_quantized", "ws", "wz"}, {"w"}).with("axis", 0);
  b.codes("b_q", Type::INT32, {3}, {4, -8, 1}).floats("bs", {3}, {0.25f, 0.125f, 1});
  b.node("DequantizeLinear", {"b_q", "bs"}, {"bias"}).with("axis", 0);
  b.node("Conv", {"x_dq", "w", "bias"}, {"y"}).quantize("y", 0.125f, zero_point_of_result);
  return b.output("y_dq");
}

TEST_CASE("onnx: a quantized convolution in float, and what is kept of it") {
  const OnnxNetwork net = conv_net().import();
  CHECK(op_names(net) == "conv2d");
  CHECK(run(net, {2, 10}) == Floats{2 * 0.5f - 10 + 1, 2 * 0.75f + 10 - 1, -20 + 2540 + 1});
  CHECK(net.stored.values == std::map<std::string, Value>{{"x", {0.5f, -8}}, {"c", {0.125f, -28}}});
  CHECK(net.stored.weights == std::map<std::string, Floats>{{"c.weight", Floats{0.5f, 0.25f, 2}}});
}

TEST_CASE("onnx: constants are not folded over a quantizer") {
  for (const char* op : {"Add", "Mul"}) {
    OnnxBuilder b = conv_net();
    b.graph().clear_output();
    b.floats("t", {3, 1, 1}, {1, 2, 3}).node(op, {"y_dq", "t"}, {"a"}).output("a");
    CHECK(op_names(b.import()) == (*op == 'A' ? "conv2d add" : "conv2d mul"));
  }
}

TEST_CASE("onnx: int8 and uint8, zero points left out, scales of one element") {
  for (const int opset : {10, 13, 19, 21, 23, 25, 28}) {
    OnnxBuilder b(opset);
    b.input("x", {0, 3}).floats("s", {1}, {0.25f});
    b.node("QuantizeLinear", {"x", "s"}, {"q"});
    if (opset >= 13) b.with("axis", -1);
    b.node("DequantizeLinear", {"q", "s"}, {"d"}).node("Tanh", {"d"}, {"t"});
    b.quantize("t", 0.125f, 5, Type::INT8).output("t_dq");
    const OnnxNetwork net = b.import();
    CHECK(net.stored.values ==
          std::map<std::string, Value>{{"x", {0.25f, -128}}, {"t", {0.125f, 5}}});
  }
}

TEST_CASE("onnx: a quantizer whose lowest code is zero is the ReLU that was left out") {
  CHECK(op_names(conv_net(0).import()) == "conv2d relu");
  OnnxNetwork net = conv_net(0).import();
  CHECK(run(net, {2, 10}) == Floats{0, 10.5f, 2521});
  CHECK(net.stored.values.at("c.relu") == Value{0.125f, -128});
  CHECK(!net.stored.values.contains("c"));

  const auto ops = [](float scale, const char* between) {
    OnnxBuilder b(13);
    b.input("x", {0, 3}).quantize("x", 0.1f, 0).node("Add", {"x_dq", "x_dq"}, {"a"});
    std::string from = "a";
    if (*between) b.node(between, {from}, {"r"}), from = "r";
    b.quantize(from, scale, 0).node("Identity", {from + "_dq"}, {"y"});
    return op_names(b.output("y").import());
  };
  CHECK(ops(0.01f, "") == "add");  // of a value that is not negative
  CHECK(ops(0.01f, "Tanh") == "add tanh relu");
  CHECK(ops(6.0f / 255, "Tanh") == "add tanh relu6");
  CHECK(ops(0.01f, "Sigmoid") == "add sigmoid");
  CHECK(ops(0.01f, "Relu") == "add relu");
}

TEST_CASE("onnx: several quantizers of one value, one behind the other or side by side") {
  OnnxBuilder b(13);
  b.input("x", {0, 3}).node("Tanh", {"x"}, {"t"}).quantize("t", 0.5f, 3, Type::INT8);
  b.node("QuantizeLinear", {"t_dq", "t_s", "t_z"}, {"again"});
  b.node("DequantizeLinear", {"again", "t_s", "t_z"}, {"u"}).node("Abs", {"u"}, {"v"});
  b.node("DequantizeLinear", {"again", "t_s", "t_z"}, {"u2"}).node("Elu", {"u2"}, {"w"});
  b.output("v").output("w");
  OnnxNetwork net = b.import();
  CHECK(op_names(net) == "tanh abs elu");
  CHECK(net.stored.values == std::map<std::string, Value>{{"t", {0.5f, 3}}});

  OnnxBuilder c(13);
  c.input("x", {0, 3}).node("Tanh", {"x"}, {"t"}).quantize("t", 0.5f, 3, Type::INT8);
  c.quantize("t_dq", 0.25f, 1, Type::INT8).output("t_dq_dq").output("t_dq");
  net = c.import();
  CHECK(op_names(net) == "tanh reshape");
  CHECK(net.stored.values ==
        std::map<std::string, Value>{{"t", {0.5f, 3}}, {"t.quantize", {0.25f, 1}}});
  CHECK(run(net, {0, 0, 0}) == Floats{0, 0, 0});
}

TEST_CASE("onnx: Clip between the two, quantizers of fewer bits; Clip of constants") {
  OnnxBuilder b(13);
  b.input("x", {0, 2}).floats("s", {}, {0.5f}).codes("z", Type::UINT8, {}, {0});
  b.codes("lo", Type::UINT8, {}, {0}).codes("hi", Type::UINT8, {}, {15});
  b.node("QuantizeLinear", {"x", "s", "z"}, {"q"}).node("Clip", {"q", "lo", "hi"}, {"c"});
  b.node("DequantizeLinear", {"c", "s", "z"}, {"d"});
  b.codes("wq", Type::INT8, {2, 1}, {-100, 3}).codes("m", Type::INT8, {}, {-7});
  b.codes("n", Type::INT8, {}, {7}).floats("ws", {}, {0.25f});
  b.codes("wz", Type::INT8, {}, {0}).node("Clip", {"wq", "m", "n"}, {"wc"});
  b.node("DequantizeLinear", {"wc", "ws", "wz"}, {"w"})
      .node("MatMul", {"d", "w"}, {"y"})
      .output("y");
  const OnnxNetwork net = b.import();
  CHECK(net.stored.values.at("x") == Value{0.5f, -128, -128, -113});
  CHECK(net.stored.weights.at("wq") == Floats{0.25f});
  CHECK(run(net, {4, 8}) == Floats{4 * -1.75f + 8 * 0.75f});
}

TEST_CASE("onnx: weights that are quantized by the file's own operators, and moved") {
  OnnxBuilder b(13);
  b.input("x", {0, 2}).quantize("x", 1, 128);
  b.floats("f", {3, 2}, {0.26f, -0.13f, 1, 0.625f, -100, 2}).floats("s", {3}, {0.25f, 0.25f, 0.5f});
  b.codes("z", Type::INT8, {3}, {0, 0, 0});
  b.node("QuantizeLinear", {"f", "s", "z"}, {"q"}).with("axis", 0);
  b.node("DequantizeLinear", {"q", "s", "z"}, {"d"}).with("axis", 0);
  b.node("Transpose", {"d"}, {"t"}).node("MatMul", {"x_dq", "t"}, {"y"}).output("y");
  const OnnxNetwork net = b.import();
  // 1.04 -> 1, -0.52 -> -1, 4, 2.5 -> 2 (to even), -200 -> -128, 4
  CHECK(run(net, {1, 0}) == Floats{0.25f, 1, -64});
  CHECK(run(net, {0, 1}) == Floats{-0.25f, 0.5f, 2});
  CHECK(net.stored.weights.at("f") == Floats{0.25f, 0.25f, 0.5f});
}

TEST_CASE("onnx: scales of weights are kept where they are those of output channels") {
  const auto weights = [](const char* op, const OnnxBuilder::Ints& dims, int axis, int zero,
                          std::size_t scales) {
    std::int64_t n = 1;
    for (const auto d : dims) n *= d;
    OnnxBuilder b(13);
    b.input("x", dims.size() == 2 ? OnnxBuilder::Ints{0, dims[0]} : OnnxBuilder::Ints{0, 2, 2, 2});
    b.codes("w", Type::UINT8, dims, std::vector<int>(static_cast<std::size_t>(n), 130));
    Floats s;
    for (std::size_t i = 0; i < scales; ++i) s.push_back(1 + static_cast<float>(i));
    const auto count = static_cast<std::int64_t>(scales);
    b.floats("s", {count}, s).codes("z", Type::UINT8, {count}, std::vector<int>(scales, zero));
    b.node("DequantizeLinear", {"w", "s", "z"}, {"d"}).with("axis", axis);
    return b.node(op, {"x", "d"}, {"y"}).output("y").import().stored.weights;
  };
  using Weights = std::map<std::string, Floats>;
  CHECK(weights("MatMul", {2, 3}, 1, 128, 3) == Weights{{"w", {1, 2, 3}}});
  CHECK(weights("MatMul", {2, 3}, 0, 128, 2) == Weights{});
  CHECK(weights("MatMul", {2, 3}, 0, 128, 1) == Weights{{"w", {1}}});
  CHECK(weights("MatMul", {2, 3}, 1, 127, 3) == Weights{});  // not symmetric
  CHECK(weights("ConvTranspose", {2, 3, 1, 1}, 1, 128, 3) == Weights{{"w", {1, 2, 3}}});
  CHECK(weights("ConvTranspose", {2, 3, 1, 1}, 0, 128, 2) == Weights{});
  CHECK(weights("Conv", {3, 2, 1, 1}, 0, 128, 3) == Weights{{"w", {1, 2, 3}}});
}

TEST_CASE("onnx: codes that are moved, inputs and outputs of codes, constants") {
  OnnxBuilder b(13);
  b.input("x", {0, 4, 2, 2});
  b.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(Type::UINT8);
  b.floats("s", {}, {0.5f}).codes("z", Type::UINT8, {}, {3});
  b.node("MaxPool", {"x"}, {"p"}).with("kernel_shape", {2, 2});
  b.node("Flatten", {"p"}, {"f"}).node("DequantizeLinear", {"f", "s", "z"}, {"d"});
  b.codes("k_q", Type::INT8, {4}, {1, 2, 3, 4}).floats("ks", {}, {0.25f});
  b.codes("kz", Type::INT8, {}, {-1}).node("DequantizeLinear", {"k_q", "ks", "kz"}, {"k"});
  b.node("Mul", {"d", "k"}, {"m"}, "m").quantize("m", 2, 7, Type::INT8).output("m_q");
  const OnnxNetwork net = b.import();
  CHECK(net.stored.values ==
        std::map<std::string, Value>{{"m.constant", {0.25f, -1}},
                                     {"m", {2, 7}},
                                     {net.graph->nodes()[1].name, {0.5f, -125}}});
  Floats x(16, 0);
  x[5] = 4;
  CHECK(run(net, x) == Floats{0, 3, 0, 0});
}

/// The operator-oriented form of conv_net(), with a sum, an average and a product behind it.
OnnxBuilder operator_net() {
  OnnxBuilder b(13);
  const auto scale = [&](const std::string& name, float s, int z,
                         Type::DataType type = Type::UINT8) {
    b.floats(name + "s", {}, {s}).codes(name + "z", type, {}, {z});
  };
  scale("x", 0.5f, 120), scale("y", 0.125f, 100), scale("a", 0.25f, 90), scale("g", 0.25f, 80);
  scale("m", 0.5f, 3, Type::INT8), scale("w2", 0.5f, 0, Type::INT8);
  b.input("x", {0, 2, 1, 1}).node("QuantizeLinear", {"x", "xs", "xz"}, {"xq"});
  b.codes("c.weight_quantized", Type::INT8, {3, 2, 1, 1}, {1, -2, 3, 4, -5, 127});
  b.floats("ws", {3}, {0.5f, 0.25f, 2}).codes("wz", Type::INT8, {3}, {0, 0, 0});
  b.codes("b_q", Type::INT32, {3}, {4, -8, 1});
  b.node("QLinearConv", {"xq", "xs", "xz", "c.weight_quantized", "ws", "wz", "ys", "yz", "b_q"},
         {"yq"}, "conv");
  b.node("QLinearAdd", {"yq", "ys", "yz", "yq", "ys", "yz", "as", "az"}, {"aq"}, "sum");
  b.node("QLinearGlobalAveragePool", {"aq", "as", "az", "gs", "gz"}, {"gq"}, "mean");
  b.with("channels_last", 0).node("Flatten", {"gq"}, {"fq"});
  b.codes("w2_quantized", Type::INT8, {3, 1}, {2, 4, 1});
  b.node("QLinearMatMul", {"fq", "gs", "gz", "w2_quantized", "w2s", "w2z", "ms", "mz"}, {"mq"},
         "product");
  for (int i = 1; i < b.graph().node_size(); ++i) {
    if (b.graph().node(i).op_type() != "Flatten" && i != 1)
      b.graph().mutable_node(i)->set_domain("com.microsoft");
  }
  return b.node("DequantizeLinear", {"mq", "ms", "mz"}, {"m"}).output("m");
}

TEST_CASE("onnx: operators on codes are float operators between quantizers") {
  const OnnxNetwork net = operator_net().import();
  CHECK(op_names(net) == "conv2d add global_avg_pool reshape linear");
  const Floats y{2 * 0.5f - 10 + 1, 2 * 0.75f + 10 - 1, -20 + 2540 + 1};
  CHECK(run(net, {2, 10}) == Floats{2 * (y[0] + 2 * y[1] + 0.5f * y[2])});
  CHECK(net.stored.values == std::map<std::string, Value>{{"x", {0.5f, -8}},
                                                          {"c", {0.125f, -28}},
                                                          {"sum", {0.25f, -38}},
                                                          {"mean", {0.25f, -48}},
                                                          {"product_1", {0.5f, 3}}});
  CHECK(net.stored.weights.at("c.weight") == Floats{0.5f, 0.25f, 2});
  CHECK(net.stored.weights.at("w2") == Floats{0.5f});
}

TEST_CASE("onnx: a clamp is in front of the ops that move its codes") {
  OnnxBuilder b(13);
  b.input("x", {0, 1, 2, 2}).node("Tanh", {"x"}, {"t"}).quantize("t", 0.5f, 0);
  b.node("MaxPool", {"t_q"}, {"p"}).with("kernel_shape", {2, 2});
  b.node("DequantizeLinear", {"p", "t_s", "t_z"}, {"y"}).output("y");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "tanh relu max_pool2d");
  CHECK(net.stored.values ==
        std::map<std::string, Value>{{"t.relu", {0.5f, -128}}, {"p", {0.5f, -128}}});
}

TEST_CASE("onnx: quantized forms that are not read, by name") {
  const auto unary = [](const char* op, const char* domain = "") {
    OnnxBuilder b(13);
    b.input("x", {0, 2}).node(op, {"x"}, {"y"}, "n").output("y");
    b.graph().mutable_node(0)->set_domain(domain);
    return refusal(b);
  };
  CHECK(has(unary("QAttention", "com.microsoft"), "QAttention 'n': this operator on codes is not"));
  CHECK(has(unary("QLinearWhere", "com.microsoft"), "QuantFormat.QDQ"));
  CHECK(has(unary("ConvInteger"), "dynamic quantization"));
  CHECK(has(unary("DynamicQuantizeLSTM", "com.microsoft"), "dynamic quantization"));
  CHECK(has(unary("Quant", "qonnx.custom_op.general"), "QCDQ"));

  const auto quantizer = [](Type::DataType type, const OnnxBuilder::Ints& dims, const Floats& s) {
    OnnxBuilder b(21);
    b.input("x", {0, 2}).floats("s", dims, s);
    b.codes("z", type, dims, std::vector<int>(s.size(), 0));
    return b.node("QuantizeLinear", {"x", "s", "z"}, {"q"}, "Q").output("q");
  };
  CHECK(has(refusal(quantizer(Type::INT16, {}, {1})),
            "expected codes of type int8 or uint8, got int16"));
  CHECK(has(refusal(quantizer(static_cast<Type::DataType>(22), {}, {1})), "got int4"));
  CHECK(has(refusal(quantizer(static_cast<Type::DataType>(17), {}, {1})), "got float8e4m3fn"));
  CHECK(has(refusal(quantizer(Type::INT8, {2}, {1, 2})),
            "QuantizeLinear 'Q': per-channel activation"));
  CHECK(refusal(quantizer(Type::INT8, {2}, {1, 1})) == "nothing thrown");
  CHECK(has(refusal(quantizer(Type::INT8, {3}, {1, 1, 1})), "expected one number, or 2"));
  CHECK(has(refusal(quantizer(Type::INT8, {}, {0})), "scale: expected finite numbers > 0, got 0"));
  CHECK(has(refusal(quantizer(Type::INT8, {}, {1}).with("block_size", 2)), "block_size"));

  OnnxBuilder b(13);
  b.input("x", {0, 2}).quantize("x", 1, 0).node("Relu", {"x_q"}, {"y"}, "r").output("y");
  CHECK(has(refusal(b), "Relu 'r': operand 0 is codes: expected DequantizeLinear in front"));
  OnnxBuilder c(13);
  c.input("x", {0, 2}).quantize("x", 1, 0).floats("t", {}, {2});
  c.node("DequantizeLinear", {"x_q", "t", "x_z"}, {"y"}, "r").output("y");
  CHECK(has(refusal(c), "expected the scale and zero point of the QuantizeLinear"));
  OnnxBuilder d(13);
  d.input("x", {0, 2})
      .node("Exp", {"x"}, {"e"})
      .node("QuantizeLinear", {"x", "e"}, {"y"})
      .output("y");
  CHECK(has(refusal(d), "scale: expected a constant"));
  OnnxBuilder e(13);
  e.input("x", {0, 2}).codes("w", static_cast<Type::DataType>(21), {2}, {1, 2});
  e.node("DequantizeLinear", {"w", "x"}, {"y"}).output("y");
  CHECK(has(refusal(e), "tensor 'w': expected elements of a float or integer type, got uint4"));
}

}  // namespace
}  // namespace octet
