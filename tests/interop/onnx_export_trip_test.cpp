// ONNX out and in again: every network of the zoo.
#include <algorithm>
#include <cmath>

#include "deploy/with_io.h"
#include "interop/onnx/import_onnx.h"
#include "quant/floats/lower_float.h"
#include "tests/interop/onnx_builder.h"
#include "tests/interop/written_onnx.h"
#include "tests/interop/zoo_graph.h"

namespace octet {
namespace {

using onnx_export::OnnxExportOptions;

OnnxNetwork read_back(const int8::Graph& graph, const OnnxExportOptions& options) {
  return import_onnx(onnx_export::serialize_onnx(graph, options), "model.onnx");
}

/// The integer model that a file with scales and zero points is.
int8::Model converted(const OnnxNetwork& network, int8::Rounding rounding) {
  quant::QConfig config;
  config.rounding = rounding;
  config.stored = network.stored;
  config.stored_use = quant::StoredUse::keep;
  const quant::QatModelPtr model = quant::prepare_ptq(*network.graph, config);
  model->finish_calibration();
  Context context;
  return quant::convert(*model, context);
}

/// Untrained: a hard swish that never was negative, which is read as one with a ReLU behind it.
bool has_hard_swish_from_zero(const int8::Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const int8::Node& n) {
    const auto& y = graph.tensors[static_cast<std::size_t>(n.outputs[0])].quantization;
    return n.op == int8::OpCode::hard_swish && y.zero_point[0] == -128;
  });
}

TEST_CASE("onnx out: the zoo, quantized, and read again: the same codes") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    const int8::Graph codes = test::quantized_zoo(name);
    const int8::Graph graph = deploy::with_io(codes, deploy::Io::float32, deploy::Io::float32);
    const std::uint64_t expected = int8::signature(int8::Model(codes));
    for (const bool is_unsigned : {true, false}) {
      const OnnxNetwork network = read_back(graph, {.unsigned_activations = is_unsigned,
                                                    .unsigned_weights = is_unsigned,
                                                    .requantize_before_add = is_unsigned});
      if (has_hard_swish_from_zero(codes)) continue;
      CHECK(int8::signature(converted(network, codes.rounding)) == expected);
    }
  }
}

TEST_CASE("onnx out: the zoo in floats, and read again: the same outputs") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    const auto [model, o] = test::small_zoo(name);
    Tensor x = Tensor::empty({1, o.in_h, o.in_w, o.in_c});
    Random random(6);
    for (real& v : x.span<real>()) v = static_cast<real>(random.below(256)) / real(255);
    const std::shared_ptr<GraphModule> graph = trace(model, x);
    graph->eval();
    Context context;
    Tape tape(context, GradMode::off);
    const Tensor expected = (*graph)(tape.input(x)).value();
    const auto largest = [](const Tensor& t) {
      real most = 0;
      for (const real v : t.span<real>()) most = std::max(most, std::abs(v));
      return most;
    };
    for (const bool half : {false, true}) {
      const OnnxNetwork network = read_back(quant::lower_float(*graph), {.half = half});
      const Tensor y = (*network.graph)(tape.input(x)).value();
      REQUIRE(y.numel() == expected.numel());
      real most = 0;
      for (std::int64_t i = 0; i < y.numel(); ++i) {
        most = std::max(most, std::abs(y.r()[i] - expected.r()[i]));
      }
      CHECK(most <= (half ? 2e-2 : 1e-4) * largest(expected));
    }
  }
}

}  // namespace
}  // namespace octet
