// Constants in FLOAT16: written behind DEQUANTIZE, read as the FLOAT32 numbers that they are.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "base/error.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/build.h"
#include "tests/interop/file_builder.h"

using namespace octet;
using test::Builder;

namespace {

using Floats = std::vector<float>;

int constant(Builder& b, test::Dims shape, const Floats& values, const char* name) {
  const int t = b.f32(std::move(shape));
  b[t].name = name;
  b[t].constant = int8::own_bytes(std::as_bytes(std::span(values)));
  return t;
}

/// x [1, 2] W^T + b, plus 1/3.
int8::Graph small(const Floats& weight, const Floats& bias) {
  Builder b;
  const int x = b.f32({1, 2}), y = b.f32({1, 2}), z = b.f32({1, 2});
  const int w = constant(b, {2, 2}, weight, "w"), v = constant(b, {2}, bias, "b"),
            one = constant(b, {1}, {1.0f / 3}, "third");
  b.node(int8::OpCode::fully_connected, {x, w, v}, {y}, int8::FullyConnectedAttributes{});
  b.node(int8::OpCode::add, {y, one}, {z}, int8::ElementwiseAttributes{});
  return b.done({x}, {z});
}

Floats values_of(const int8::TensorDef& t) {
  Floats values(t.constant.size / sizeof(float));
  std::memcpy(values.data(), t.constant.data, t.constant.size);
  return values;
}

std::string refusal(const int8::Graph& graph) {
  try {
    serialize_tflite(graph, {.half_constants = true});
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("float16 constants: the file as converters write it") {
  const auto bytes =
      serialize_tflite(small({1, 1.0f / 3, -2, 65504}, {0.1f, 1e-8f}), {.half_constants = true});
  const auto file = test::fbs::UnPackModel(bytes.data());
  const auto& graph = *file->subgraphs[0];
  std::string codes;
  for (const auto& op : graph.operators)
    codes +=
        std::to_string(static_cast<int>(file->operator_codes[op->opcode_index]->builtin_code)) +
        " ";
  CHECK(codes == "6 6 9 0 ");  // DEQUANTIZE twice, FULLY_CONNECTED, ADD
  CHECK(file->operator_codes[0]->version == 3);
  const auto& dequantize = *graph.operators[0];
  const auto &half = *graph.tensors[static_cast<std::size_t>(dequantize.inputs[0])],
             &value = *graph.tensors[static_cast<std::size_t>(dequantize.outputs[0])];
  CHECK(static_cast<int>(half.type) == 1);
  CHECK(static_cast<int>(value.type) == 0);
  CHECK(half.name == "w");
  CHECK(value.name == "w.dequantize");
  CHECK(file->buffers[half.buffer]->data.size() == 8);
  CHECK(value.buffer == 0);
}

TEST_CASE("float16 constants: read back, they are the nearest halves; one element stays") {
  const auto bytes =
      serialize_tflite(small({1, 1.0f / 3, -2, 65504}, {0.1f, 1e-8f}), {.half_constants = true});
  const auto owner = std::make_shared<const std::vector<std::byte>>(bytes);
  const int8::Graph read = parse_tflite(*owner, owner);
  REQUIRE(read.nodes.size() == 2);
  const auto operand = [&](std::size_t node, std::size_t i) {
    return values_of(read.tensors[static_cast<std::size_t>(read.nodes[node].inputs[i])]);
  };
  CHECK(operand(0, 1) == Floats{1, 0x1.554p-2f, -2, 65504});
  CHECK(operand(0, 2) == Floats{0x1.998p-4f, 0});
  CHECK(operand(1, 1) == Floats{1.0f / 3});
  const int8::Model model(read, {.ops = &int8::all_ops()});
  int8::ExecutionContext context(model, {.batch = 1});
  const Floats x{3, 6};
  std::memcpy(context.input(0).data(), x.data(), 8);
  context.run();
  Floats y(2);
  std::memcpy(y.data(), context.output(0).data(), 8);
  CHECK(y[0] == 3 + 6 * 0x1.554p-2f + 0x1.998p-4f + 1.0f / 3);
  // What is written of what was read is the same file.
  CHECK(serialize_tflite(small({1, 0x1.554p-2f, -2, 65504}, {0.1f, 1e-8f}),
                         {.half_constants = true}) == bytes);
}

TEST_CASE("float16 constants: numbers that they do not hold") {
  CHECK(refusal(small({1, 2, 3, 65520}, {1, 2})) ==
        "\"w\": 65520 is more than FLOAT16 holds (65504)");
  CHECK(refusal(small({1, 2, 3, 4}, {-1e9f, 2})) ==
        "\"b\": -1e+09 is more than FLOAT16 holds (65504)");
  CHECK(refusal(small({1, 2, 3, 65519}, {std::numeric_limits<float>::infinity(), 2})).empty());
}

TEST_CASE("float16 values that are no constants are refused") {
  test::FileBuilder f;
  constexpr auto half = static_cast<test::FileType>(1);
  const int x = f.tensor(half, {1, 2}), y = f.tensor(test::FLOAT32, {1, 2});
  f.op(/*DEQUANTIZE*/ 6, {x}, {y});
  f.graph().inputs = {x};
  f.graph().outputs = {y};
  CHECK_THROWS_AS(f.parse(), Error);
}
