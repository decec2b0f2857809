#include "deploy/with_io.h"

#include <doctest/doctest.h>

#include <cmath>

#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/build.h"
#include "tests/int8/graphs.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::Graph;
using int8::Rounding;
using test::Codes;

constexpr Rounding roundings[] = {Rounding::single_rounding, Rounding::double_rounding,
                                  Rounding::float_rounding};

std::vector<std::byte> run(Graph graph, Rounding rounding, std::span<const std::byte> input) {
  graph.rounding = rounding;
  const int8::Model model(std::move(graph), {.ops = &int8::all_ops()});
  int8::ExecutionContext context(model);
  test::write_input(context, 0, input);
  context.run();
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto y = context.output(static_cast<int>(i));
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

std::span<const std::byte> bytes_of(const auto& values) {
  return std::as_bytes(std::span(values));
}

/// An input that is an output too, and a value that is two outputs.
Graph crossed_graph() {
  test::Builder b;
  const int x = b.i8({1, 4}, 0.5f, 3), y = b.i8({1, 4}, 0.25f, -7), z = b.i8({1, 4}, 0.25f, -7);
  b.node(int8::OpCode::quantize, {x}, {y});
  b.node(int8::OpCode::reshape, {y}, {z}, int8::ReshapeAttributes{{1, 4}});
  return b.done({x}, {x, y, z, y});
}

}  // namespace

TEST_CASE("with_io: codes are the same in every form and rounding") {
  const Graph graph = test::small_graph();
  auto rng = std::mt19937_64(1);
  const auto& in = graph.tensors[0];
  const auto& out = graph.tensors[static_cast<std::size_t>(graph.outputs[0])];
  for (const Rounding rounding : roundings) {
    for (int sample = 0; sample < 20; ++sample) {
      const Codes x = test::random_codes(rng, test::count_of(in.shape));
      const Codes expected = test::codes_of(run(graph, rounding, bytes_of(x)));

      std::vector<std::uint8_t> bytes;
      std::vector<float> reals;
      for (const std::int8_t q : x) {
        bytes.push_back(static_cast<std::uint8_t>(q + 128));
        reals.push_back(in.quantization.scale[0] *
                        static_cast<float>(q - in.quantization.zero_point[0]));
      }
      const Codes u8 =
          test::codes_of(run(with_io(graph, Io::uint8, Io::uint8), rounding, bytes_of(bytes)));
      const auto f32 = run(with_io(graph, Io::float32, Io::float32), rounding, bytes_of(reals));
      REQUIRE(u8.size() == expected.size());
      REQUIRE(f32.size() == 4 * expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(static_cast<std::uint8_t>(u8[i]) == expected[i] + 128);
        float real = 0;
        std::memcpy(&real, f32.data() + 4 * i, 4);
        CHECK(std::lround(real / out.quantization.scale[0]) + out.quantization.zero_point[0] ==
              expected[i]);
      }
    }
  }
}

TEST_CASE("with_io: each form from each other, with the same bytes on the way back") {
  for (const Graph& graph : {test::small_graph(), crossed_graph()}) {
    const auto as_int8 = serialize_tflite(graph);
    for (const Io a : {Io::int8, Io::uint8, Io::float32}) {
      for (const Io b : {Io::int8, Io::uint8, Io::float32}) {
        const Graph there = with_io(graph, a, b);
        CHECK(has_io(there.tensors[static_cast<std::size_t>(there.inputs[0])], a));
        CHECK(has_io(there.tensors[static_cast<std::size_t>(there.outputs[0])], b));
        CHECK(serialize_tflite(with_io(there, Io::int8, Io::int8)) == as_int8);
        CHECK(serialize_tflite(with_io(there, b, a)) == serialize_tflite(with_io(graph, b, a)));
        CHECK(serialize_tflite(with_io(there, a, b)) == serialize_tflite(there));
        // And through a file.
        const auto file = std::make_shared<const std::vector<std::byte>>(serialize_tflite(there));
        CHECK(serialize_tflite(with_io(parse_tflite(*file, file), Io::int8, Io::int8)) == as_int8);
      }
    }
  }
}

TEST_CASE("with_io: names of the signature and of the edges' tensors stay") {
  Graph graph = test::small_graph();
  graph.input_names = {"picture"};
  const Graph floats = with_io(graph, Io::float32, Io::uint8);
  CHECK(input_name(floats, 0) == "picture");
  CHECK(floats.tensors[static_cast<std::size_t>(floats.inputs[0])].name == "x");
  CHECK(output_name(floats, 0) == output_name(graph, 0));
}

TEST_CASE("with_io: what has other codes or none stays as it is") {
  test::Builder b;
  const int x = b.i8({1, 4}), u = b.i8({1, 4}, 0.125f, 100), f = b.f32({1, 4}), g = b.f32({1, 4});
  b[u].type = DType::u8;
  const int y = b.i8({1, 4}, 0.25f, 1);
  b.node(int8::OpCode::quantize, {u}, {x});  // another scale: no edge
  b.node(int8::OpCode::quantize, {x}, {y});
  b.node(int8::OpCode::neg, {f}, {g});
  const Graph graph = with_io(b.done({u, f}, {y, g}), Io::int8, Io::int8);
  CHECK(graph.nodes.size() == 3);
  CHECK(graph.inputs == std::vector<int>{u, f});
  CHECK(graph.outputs == std::vector<int>{y, g});
  const Graph uint8 = with_io(graph, Io::uint8, Io::uint8);
  CHECK(uint8.nodes.size() == 4);
  CHECK(uint8.inputs == graph.inputs);
}

}  // namespace octet::deploy
