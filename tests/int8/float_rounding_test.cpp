// Float rounding: files of one operator each against bytes of LiteRT's default interpreter
// (tests/golden/make_float_golden.py), on every ISA, and what is not in such files.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "int8/engine/every_op.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "interop/tflite/reader.h"
#include "tests/int8/from_hex.h"
#include "tests/int8/isas.h"
#include "tests/int8/last_sample.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

namespace octet::test {
namespace {

using namespace int8;

std::size_t bytes_of(std::span<const ValueInfo> values) {
  std::size_t bytes = 0;
  for (const ValueInfo& v : values) bytes += v.bytes;
  return bytes;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("float rounding gives the bytes of LiteRT's default interpreter") {
    std::ifstream file(source_dir() / "tests" / "golden" / "float_rounding.txt");
    REQUIRE(file);
    std::set<std::string> ops;
    int number = 0;
    for (std::string line; std::getline(file, line); ++number) {
      if (line[0] == '#') continue;
      std::istringstream words(line);
      std::string name, by, content, inputs, expected;
      words >> name >> by >> content >> inputs >> expected;
      CAPTURE(name);
      CAPTURE(number);
      const std::vector<std::byte> bytes = from_hex(content);
      const std::vector<std::byte> x = from_hex(inputs), y = from_hex(expected);
      const Graph graph = parse_tflite(bytes, nullptr);
      for (const Isa isa : octet::test::isas_under_test()) {
        const Model model(graph,
                          {.rounding = Rounding::float_rounding, .isa = isa, .ops = &all_ops()});
        const std::size_t in = bytes_of(model.inputs()), out = bytes_of(model.outputs());
        REQUIRE(x.size() / in == y.size() / out);
        for (std::size_t s = 0; s < x.size() / in; ++s) {
          const auto sample = std::span(x).subspan(s * in, in);
          const auto want = std::span(y).subspan(s * out, out);
          for (const int batch : {1, 3})
            CHECK(std::ranges::equal(last_sample(model, sample, batch), want));
        }
      }
      ops.insert(name);
    }
    CHECK(ops.size() == 18);
  }

  TEST_CASE("every operator in float rounding: the same bytes on every ISA, in batches") {
    for (const Graph& graph : {every_op_graph(), every_other_op_graph()}) {
      const auto model = [&](Isa isa) {
        return Model(graph, {.rounding = Rounding::float_rounding, .isa = isa, .ops = &all_ops()});
      };
      const Model portable = model(Isa::portable);
      std::vector<std::byte> x(bytes_of(portable.inputs()));
      for (std::size_t i = 0; i + 3 < x.size(); i += 4) {
        const float v = static_cast<float>(static_cast<int>(i * 7919 % 1001) - 500) / 250;
        std::memcpy(x.data() + i, &v, sizeof v);
      }
      const std::vector<std::byte> expected = last_sample(portable, x, 1);
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(isa_name(isa));
        CHECK(last_sample(model(isa), x, 1) == expected);
        CHECK(last_sample(model(isa), x, 3) == expected);
      }
    }
  }

  TEST_CASE("float rounding: QUANTIZE between types of codes, and from floats to uint8") {
    const auto run = [](DType from, int z_in, DType to, int z_out, float s_out,
                        std::vector<int> x) {
      Builder b;
      b.i8({1, 4}, 0.5f, z_in);
      b.i8({1, 4}, s_out, z_out);
      b[0].type = from;
      b[1].type = to;
      if (from == DType::f32) b[0].quantization = {};
      b.node(OpCode::quantize, {0}, {1});
      const Model model(b.done({0}, {1}, Rounding::float_rounding), {.ops = &all_ops()});
      std::vector<std::byte> in;
      for (const int v : x) {
        const float real = static_cast<float>(v) / 4;
        const auto code = static_cast<std::uint8_t>(v);
        const auto bytes = from == DType::f32 ? std::as_bytes(std::span(&real, 1))
                                              : std::as_bytes(std::span(&code, 1));
        in.insert(in.end(), bytes.begin(), bytes.end());
      }
      std::vector<int> y;
      for (const std::byte code : last_sample(model, in, 1))
        y.push_back(to == DType::u8 ? static_cast<int>(code) : static_cast<std::int8_t>(code));
      return y;
    };
    using Ints = std::vector<int>;
    CHECK(run(DType::i8, -3, DType::u8, 125, 0.5f, {-128, -3, 0, 127}) == Ints{0, 125, 128, 255});
    CHECK(run(DType::u8, 125, DType::i8, -3, 0.5f, {0, 125, 128, 255}) == Ints{-128, -3, 0, 127});
    CHECK(run(DType::u8, 10, DType::u8, 7, 1.0f, {9, 10, 11, 13}) == Ints{7, 7, 8, 9});  // half up
    CHECK(run(DType::f32, 0, DType::u8, 7, 0.5f, {1, 2, 3, -99}) == Ints{7, 8, 9, 0});   // to even
  }

  TEST_CASE("float rounding: to nearest, ties to even, and saturated") {
    CHECK(nearest_even(0.5f) == 0);
    CHECK(nearest_even(1.5f) == 2);
    CHECK(nearest_even(-0.5f) == 0);
    CHECK(nearest_even(-2.5f) == -2);
    CHECK(nearest_even(1e30f) == 32767);
    CHECK(nearest_even(-1e30f) == -32767);
    CHECK(scale_in_float(16777217, 1.0f / 65536) == 256);
    // A bound is rounded after the zero point is added: 12.5 steps and an odd zero point.
    CHECK(float_clamp_range(Activation::relu6, 0.48f, 1) == ClampRange{1, 14});
    CHECK(clamp_range(Activation::relu6, 0.48f, 1) == ClampRange{1, 14});
    CHECK(float_clamp_range(Activation::relu6, 0.48f, 0) == ClampRange{0, 12});
    CHECK(clamp_range(Activation::relu6, 0.48f, 0) == ClampRange{0, 13});
  }

  TEST_CASE("float rounding is of the set of all operators, with factors that LiteRT takes") {
    Graph graph = every_op_graph();
    graph.rounding = Rounding::float_rounding;
    std::string message;
    try {
      const Model model(std::move(graph));
    } catch (const Error& e) {
      message = e.what();
    }
    CHECK(message.find("not of the operators of convolutional networks") != std::string::npos);
    Builder large = conv();
    large.graph.rounding = Rounding::float_rounding;
    CHECK(refusal(large.graph) == "");
    large[1].quantization.scale[3] = 256;
    CHECK(refusal(large.graph).find("expected below 256, got 256") != std::string::npos);
    CHECK(rounding_name(Rounding::float_rounding) == "float");
    CHECK(parse_rounding("float") == Rounding::float_rounding);
    CHECK(!parse_rounding("floats"));
  }
}

}  // namespace octet::test
