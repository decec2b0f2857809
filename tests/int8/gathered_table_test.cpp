// CAST, ADD of 128 and GATHER of 256 codes are one table, in every set of operators.
#include <doctest/doctest.h>

#include "tests/int8/banded.h"
#include "tests/int8/isas.h"
#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

// Tensors.
enum : int { codes_in, number, shift, position, table, codes_out };

Codes some_codes() {
  Codes codes(256);
  for (int i = 0; i < 256; ++i)
    codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>((i * 7 + 3) % 251 - 125);
  return codes;
}

Builder gathered() {
  Builder b;
  const Dims shape{1, 3, 5, 7};
  b.i8(shape, 0.05f, 3);
  b[b.f32(shape)].type = DType::i32;
  b.ints({128});
  b[b.f32(shape)].type = DType::i32;
  b.constant({256}, some_codes(), {0.1f}, -7);
  b.i8(shape, 0.1f, -7);
  b.node(OpCode::cast, {codes_in}, {number});
  b.node(OpCode::add, {shift, number}, {position}, ElementwiseAttributes{});
  b.node(OpCode::gather, {table, position}, {codes_out}, GatherAttributes{});
  b.done({codes_in}, {codes_out});
  return b;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("a table that is gathered is one step") {
    const Codes codes = some_codes();
    for (const Isa isa : octet::test::isas_under_test()) {
      for (const bool fuse : {true, false}) {
        const Model model(gathered().graph, {.isa = isa, .fuse = fuse});
        CHECK(model.steps().size() == 1);
        const auto in = input_bytes(model, 4);
        const auto out = run_alone(model, in);
        REQUIRE(out.size() == in[0].size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < out.size(); ++i)
          different += static_cast<std::int8_t>(out[i]) !=
                       codes[static_cast<std::size_t>(static_cast<std::int8_t>(in[0][i]) + 128)];
        CHECK(different == 0);
      }
    }
  }

  TEST_CASE("what is no such table is refused as before") {
    check_cases(
        gathered, "op ",
        {{"another shift", [](Builder& b) { set_i32(b, shift, {127}); }, "ADD"},
         {"the numbers are an output",
          [](Builder& b) {
            b.done({codes_in}, {codes_out, position});
          },
          "ADD"},
         {"an axis",
          [](Builder& b) { std::get<GatherAttributes>(b.graph.nodes[2].attributes).axis = 1; },
          "ADD"},
         {"another shape",
          [](Builder& b) {
            b[codes_out].shape = {1, 3, 5, 6};
          },
          "ADD"}});
  }
}
