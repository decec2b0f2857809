// ONNX out: what cannot be written.
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "int8/engine/every_op.h"
#include "int8/graph/graph_builder.h"
#include "tests/interop/written_onnx.h"
#include "tests/support.h"

namespace octet {
namespace {

using namespace int8;

std::string refusal(const Graph& graph, const onnx_export::OnnxExportOptions& options = {}) {
  try {
    onnx_export::serialize_onnx(graph, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

/// x [1, 3] plus three numbers.
Graph sum(float number) {
  GraphBuilder b;
  const int x = b.float_value("x", {1, 3}), c = b.float_value("c", {3});
  const int y = b.float_value("y", {1, 3});
  const std::vector<float> numbers{0, number, 1};
  b.tensor(c).constant = own_bytes(std::as_bytes(std::span(numbers)));
  b.node(OpCode::add, {x, c}, {y}, ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  return b.graph;
}

TEST_CASE("onnx out: nodes without a form are named, all of them") {
  CHECK(has(refusal(every_other_op_graph()), "no ONNX form: op "));
  CHECK(has(refusal(every_other_op_graph()), "UNIDIRECTIONAL_SEQUENCE_LSTM ('lstm')"));
  CHECK(has(refusal(every_other_op_graph()), "SPACE_TO_BATCH_ND ('space_to_batch')"));
}

TEST_CASE("onnx out: a table of codes is named") {
  GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 0), y = b.value("y", {1, 4}, 0.5f, 0);
  const int number = b.index_value("number", {1, 4}), index = b.index_value("index", {1, 4});
  const int table = b.weights("table", {256}, -1, 0.5f);
  b.node(OpCode::cast, {x}, {number});
  b.node(OpCode::add, {number, b.ints("128", {128})}, {index}, ElementwiseAttributes{});
  b.node(OpCode::gather, {table, index}, {y}, GatherAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  CHECK(has(refusal(b.graph), "no ONNX form: op 2 GATHER ('y'), a table of codes (FunctionOp)"));
}

TEST_CASE("onnx out: states, codes of 16 bits, codes as numbers") {
  Graph kept = sum(1);
  kept.states.push_back({.input = 0, .output = 2, .initial = {}});
  const std::vector<float> zeros(3);
  kept.states[0].initial = own_bytes(std::as_bytes(std::span(zeros)));
  kept.inputs.clear();
  kept.tensors.push_back(kept.tensors[0]);
  kept.tensors.back().name = "other";
  kept.inputs = {3};
  CHECK(has(refusal(kept), "keeps values from run to run"));

  GraphBuilder b;
  const int x = b.value("x", {1, 3}, 0.5f, 0), y = b.float_value("y", {1, 3});
  b.tensor(x).type = DType::i16;
  b.node(OpCode::dequantize, {x}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  CHECK(has(refusal(b.graph), "tensor 'x': codes of 16 bits"));

  b.tensor(x).type = DType::i8;
  b.graph.nodes[0].op = OpCode::cast;
  CHECK(has(refusal(b.graph), "op 0 CAST ('y'): codes as numbers"));
}

TEST_CASE("onnx out: a bias code that runtimes lose") {
  GraphBuilder b;
  const int x = b.value("x", {1, 2}, 0.5f, 0), y = b.value("y", {1, 2}, 0.5f, 0);
  const int w = b.weights("w", {2, 2}, 0, 1e-4f);
  b.node(OpCode::fully_connected, {x, w, b.ints("b", {5, std::numeric_limits<int>::min() + 70000})},
         {y}, FullyConnectedAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  CHECK(refusal(b.graph) == "nothing thrown");
  const std::vector<std::int32_t> worst{5, std::numeric_limits<int>::min()};
  b.tensor(b.graph.nodes[0].inputs[2]).constant = own_bytes(std::as_bytes(std::span(worst)));
  CHECK(refusal(b.graph) != "nothing thrown");
}

TEST_CASE("onnx out: float16 of codes, and of what it does not hold; nothing is left") {
  CHECK(has(refusal(sum(70000), {.half = true}), "'c': 70000 is more than FLOAT16 holds (65504)"));
  CHECK(refusal(sum(70000)) == "nothing thrown");
  CHECK(has(refusal(every_op_graph(), {.half = true}), "FLOAT16 is for models of floats"));

  const test::TempDir dir;
  CHECK_THROWS_AS(onnx_export::write_onnx(sum(70000), dir / "m.onnx", {.half = true}), Error);
  CHECK(std::filesystem::is_empty(dir.path()));
  onnx_export::write_onnx(sum(7), dir / "m.onnx", {.half = true});
  CHECK(std::filesystem::file_size(dir / "m.onnx") > 100);
}

}  // namespace
}  // namespace octet
