// libFuzzer target (clang): arbitrary bytes as an ONNX file. Whatever they are, there is an
// octet::Error or a network that runs, with a batch of two, and gives results of the shapes that it
// says. What it says of the file's quantization may be none that can be kept; else the integer
// model computes what it should. `fuzz_onnx --seeds FOLDER` writes a corpus to begin with.
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "tests/interop/fuzz_network.h"
#include "tests/interop/onnx_builder.h"

namespace {

using octet::OnnxNetwork;

using octet::test::numbers;
using octet::test::OnnxBuilder;
using Type = onnx::TensorProto;

OnnxBuilder quantized_seed() {
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).quantize("x", 0.25f, 128);
  b.codes("w_q", Type::INT8, {3, 2, 1, 1}, {1, -2, 3, 4, -5, 127})
      .floats("s", {3}, {0.5f, 0.25f, 2});
  b.codes("z", Type::INT8, {3}, {0, 0, 0});
  b.node("DequantizeLinear", {"w_q", "s", "z"}, {"w"}).with("axis", 0);
  b.node("Conv", {"x_dq", "w"}, {"c"}).quantize("c", 0.5f, 0);
  b.node("MaxPool", {"c_dq"}, {"p"}).with("kernel_shape", {2, 2}).quantize("p", 0.5f, 0);
  b.node("GlobalAveragePool", {"p_dq"}, {"g"}).quantize("g", 0.125f, 3, Type::INT8);
  b.node("Flatten", {"g_q"}, {"f"}).node("DequantizeLinear", {"f", "g_s", "g_z"}, {"d"});
  b.floats("v", {3, 2}, numbers(6)).floats("vs", {}, {0.01f});
  b.node("QuantizeLinear", {"v", "vs"}, {"vq"}).with("output_dtype", 3);
  b.codes("lo", Type::INT8, {}, {-7}).codes("hi", Type::INT8, {}, {7});
  b.node("Clip", {"vq", "lo", "hi"}, {"vc"}).node("DequantizeLinear", {"vc", "vs"}, {"vd"});
  b.node("MatMul", {"d", "vd"}, {"m"}).quantize("m", 1, -1, Type::INT8);
  b.node("Softmax", {"m_dq"}, {"y"}).quantize("y", 1.0f / 256, 0).output("y_dq").output("p_dq");
  return b;
}

/// Operators on codes.
OnnxBuilder operator_seed() {
  OnnxBuilder b;
  b.input("x", {0, 2, 2, 2}).floats("s", {}, {0.25f}).codes("z", Type::UINT8, {}, {100});
  b.codes("w", Type::INT8, {3, 2, 1, 1}, {1, -2, 3, 4, -5, 127}).floats("ws", {3}, {0.5f, 1, 2});
  b.codes("wz", Type::INT8, {3}, {0, 0, 0}).codes("b", Type::INT32, {3}, {4, -8, 1});
  b.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  b.node("QLinearConv", {"q", "s", "z", "w", "ws", "wz", "s", "z", "b"}, {"c"})
      .with("strides", {1, 1});
  b.node("QLinearConcat", {"s", "z", "c", "s", "z", "q", "s", "z"}, {"k"}).with("axis", 1);
  b.node("QLinearAdd", {"k", "s", "z", "k", "s", "z", "s", "z"}, {"a"});
  b.node("QLinearGlobalAveragePool", {"a", "s", "z", "s", "z"}, {"g"}).with("channels_last", 0);
  b.node("Flatten", {"g"}, {"f"}).codes("v", Type::INT8, {5, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  b.codes("vz", Type::INT8, {}, {0});
  b.node("QGemm", {"f", "s", "z", "v", "s", "vz", "", "s", "z"}, {"m"}).with("transB", 0);
  b.node("QLinearSigmoid", {"m", "s", "z", "s", "z"}, {"y"});
  b.node("DequantizeLinear", {"y", "s", "z"}, {"r"}).output("r");
  return b;
}

OnnxBuilder conv_seed() {
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).floats("w", {3, 2, 3, 3}, numbers(54)).floats("v", {3}, {1, 2, 3});
  b.node("Conv", {"x", "w", "v"}, {"c"}).with("pads", {1, 1, 1, 1}).with("strides", {1, 1});
  b.node("BatchNormalization", {"c", "v", "v", "v", "v"}, {"n"}).with("epsilon", 0.1f);
  b.node("Relu", {"n"}, {"r"}).node("MaxPool", {"r"}, {"p"}).with("kernel_shape", {2, 2});
  b.node("AveragePool", {"p"}, {"q"}).with("kernel_shape", {2, 2}).with("ceil_mode", 1);
  b.floats("g", {12, 2}, numbers(24)).node("Flatten", {"q"}, {"f"});
  b.node("Gemm", {"f", "g"}, {"y"}).node("Softmax", {"y"}, {"z"}).output("z").output("r");
  return b;
}

OnnxBuilder shape_seed() {
  OnnxBuilder b;
  b.input("x", {0, 4, 2, 2}).ints("zero", {1}, {0}).ints("t", {3}, {2, 2, 4});
  b.node("Shape", {"x"}, {"s"}).node("Gather", {"s", "zero"}, {"n"});
  b.node("Concat", {"n", "t"}, {"to"}).with("axis", 0).node("Reshape", {"x", "to"}, {"r"});
  b.node("Transpose", {"r"}, {"u"}).with("perm", {0, 2, 1, 3});
  b.node("Slice", {"u", "zero", "two", "two"}, {"v"}).ints("two", {1}, {2});
  b.node("Split", {"v"}, {"a", "b"}).with("axis", 1);
  b.node("Concat", {"b", "a"}, {"c"}).with("axis", 1).node("Add", {"c", "v"}, {"d"});
  b.node("ReduceMean", {"d"}, {"m"}).with("axes", {1, 2}).with("keepdims", 0);
  b.node("Unsqueeze", {"m", "two"}, {"y"}).output("y");
  return b;
}

OnnxBuilder image_seed() {
  OnnxBuilder b;
  b.input("x", {1, 4, 3, 3}).floats("k", {4, 2, 2, 2}, numbers(32)).floats("h", {1}, {0.5f});
  b.node("ConvTranspose", {"x", "k"}, {"c"}).with("strides", {2, 2});
  b.node("PRelu", {"c", "h"}, {"p"}).floats("s", {4}, {1, 1, 2, 2});
  b.node("Resize", {"p", "", "s"}, {"r"}).with("mode", std::string("linear"));
  b.ints("pads", {8}, {0, 0, 1, 1, 0, 1, 0, 0}).node("Pad", {"r", "pads"}, {"q"});
  b.node("Clip", {"q"}, {"d"}).node("Mul", {"d", "h"}, {"e"}).node("Div", {"e", "h"}, {"y"});
  b.output("y");
  return b;
}

OnnxBuilder attention_seed() {
  OnnxBuilder b;
  b.input("x", {0, 3, 4}).floats("w", {4, 4}, numbers(16)).floats("g", {4}, numbers(4));
  b.node("LayerNormalization", {"x", "g", "g"}, {"n"}).node("MatMul", {"n", "w"}, {"q"});
  b.node("Transpose", {"n"}, {"k"}).with("perm", {0, 2, 1}).node("MatMul", {"q", "k"}, {"s"});
  b.node("Softmax", {"s"}, {"p"}).node("MatMul", {"p", "q"}, {"o"}).node("Erf", {"o"}, {"e"});
  b.ints("one", {1}, {1}).node("Gather", {"e", "one"}, {"a"}).with("axis", 1);
  b.ints("to", {3}, {1, 2, 4}).node("Expand", {"a", "to"}, {"y"}).output("y");
  return b;
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int index = 0;
  for (const OnnxBuilder& b : {conv_seed(), shape_seed(), image_seed(), attention_seed(),
                               quantized_seed(), operator_seed()}) {
    b.import();  // a seed that is refused stops here
    std::ofstream(folder / (std::to_string(index++) + ".onnx"), std::ios::binary) << b.bytes();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::optional<OnnxNetwork> network;
  try {
    network = octet::import_onnx(std::as_bytes(std::span(data, size)), "fuzz/net.onnx");
  } catch (const octet::Error&) {
    return 0;
  }
  if (octet::test::work(*network->graph) > 1e6) return 0;
  const auto results = octet::test::checked_results(*network->graph);
  for (std::size_t i = 0; i < results.size(); ++i)
    octet::graph_to_onnx(network->outputs[i], results[i]);
  octet::test::keep_quantization(*network->graph, network->stored);
  return 0;
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return octet::test::write_seeds_if_asked(*argc, *argv, write_seeds);
}
