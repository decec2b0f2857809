#include <doctest/doctest.h>

#include "base/error.h"
#include "compression.pb.h"
#include "int8/graph/graph_builder.h"
#include "interop/mnn/compression.h"

namespace octet {
namespace {

using int8::Activation;
using int8::OpCode;

/// PAD -> convolution with relu -> depthwise, an output; weights of the first have codes to +-50.
int8::Graph two_convs() {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 2}, 0.5f, -3);
  const int w = b.weights("w", {3, 3, 3, 2}, 0, 0.01f);
  std::vector<std::int8_t> codes(54, 50);
  codes[7] = -50;
  b.graph.tensors[static_cast<std::size_t>(w)].constant =
      int8::own_bytes(std::as_bytes(std::span(codes)));
  const int y = b.value("y", {1, 4, 4, 3}, 0.75f, -100);
  b.node(OpCode::conv_2d, {x, w, b.bias("bias", 3)}, {y},
         int8::ConvAttributes{.padding = int8::Padding::same, .activation = Activation::relu});
  const int dw = b.weights("dw", {1, 3, 3, 3}, -1, 0.02f);
  const int z = b.value("z", {1, 4, 4, 3}, 0.25f, 5);
  b.node(OpCode::depthwise_conv_2d, {y, dw, b.bias("dbias", 3)}, {z},
         int8::ConvAttributes{.padding = int8::Padding::same});
  b.graph.inputs = {x};
  b.graph.outputs = {z};
  b.graph.output_names = {"answer"};
  return b.graph;
}

::mnn::Pipeline parsed(const int8::Graph& graph) {
  const std::vector<std::byte> bytes = mnn::serialize_compression(graph);
  ::mnn::Pipeline pipeline;
  REQUIRE(pipeline.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return pipeline;
}

TEST_CASE("MNN's parameters: scales, zero points and ranges of each convolution") {
  const int8::Graph graph = two_convs();
  const ::mnn::Pipeline pipeline = parsed(graph);
  REQUIRE(pipeline.algorithm_size() == 1);
  CHECK(pipeline.algorithm(0).kind() == 0);
  const auto& layers = pipeline.algorithm(0).quantization().layer();
  REQUIRE(layers.size() == 2);

  const auto& input = layers[0].input(0);
  CHECK(input.name() == "x");
  CHECK(input.scales(0) == 0.5f);
  CHECK(input.zero_point() == -3);
  CHECK(input.clamp_min() == -128);
  CHECK(input.clamp_max() == 127);
  const auto& output = layers[0].output(0);
  CHECK(output.name() == "y");
  CHECK(output.scales(0) == 0.75f);
  CHECK(output.zero_point() == -100);
  CHECK(output.clamp_min() == -100);  // the relu's
  CHECK(output.clamp_max() == 127);
  const auto& weights = layers[0].weights(0);
  CHECK(weights.bits() == 7);
  CHECK(weights.clamp_min() == -63);
  CHECK(weights.clamp_max() == 63);
  REQUIRE(weights.scales_size() == 3);
  const auto& scales = graph.tensors[1].quantization.scale;
  for (int c = 0; c < 3; ++c) CHECK(weights.scales(c) == scales[static_cast<std::size_t>(c)]);

  CHECK(layers[1].input(0).name() == "y");
  CHECK(layers[1].output(0).name() == "answer__before_tr");
  CHECK(layers[1].output(0).clamp_min() == -128);
  REQUIRE(layers[1].weights(0).scales_size() == 3);  // one scale, of all channels
  CHECK(layers[1].weights(0).scales(2) == 0.02f);
}

TEST_CASE("MNN's parameters: the same bytes, and no two layers of one name") {
  int8::Graph graph = two_convs();
  CHECK(mnn::serialize_compression(graph) == mnn::serialize_compression(graph));
  graph.tensors[static_cast<std::size_t>(graph.outputs[0])].name = "y";
  graph.outputs.clear();
  CHECK_THROWS_WITH_AS(mnn::serialize_compression(graph),
                       "op 1 DEPTHWISE_CONV_2D ('y'): another convolution has a result of this "
                       "name, by which MNN finds layers",
                       Error);
}

}  // namespace
}  // namespace octet
