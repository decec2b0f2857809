// Products of a value and a table of it are one step, with the bytes of two.
#include <doctest/doctest.h>

#include "tests/int8/banded.h"
#include "tests/int8/isas.h"
#include "tests/int8/nets.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

struct Gated {
  NetBuilder b{31};
  int x, y, z;
  explicit Gated(OpCode op, bool value_first, Dims shape = {1, 5, 7, 9})
      : x(b.i8(shape, 0.03f, -11)), y(b.table(op, x)), z(b.i8(shape, 0.02f, 5)) {
    b.node(OpCode::mul, value_first ? std::vector<int>{x, y} : std::vector<int>{y, x}, {z},
           ElementwiseAttributes{Activation::relu6});
  }
};

/// Steps of the model, which gives the bytes of the portable one that is as written.
std::size_t steps_of(const Graph& graph) {
  std::size_t steps = 0;
  for (const Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
    const Model plain(graph, {.rounding = rounding, .isa = Isa::portable, .fuse = false});
    for (const Isa isa : octet::test::isas_under_test()) {
      const Model model(graph, {.rounding = rounding, .isa = isa});
      for (const unsigned seed : {1u, 2u, 3u}) {
        const auto in = input_bytes(model, seed);
        CHECK(run_alone(model, in) == run_alone(plain, in));
      }
      steps = model.steps().size();
    }
  }
  return steps;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("a value times a table of itself is one table") {
    for (const OpCode op : {OpCode::logistic, OpCode::hard_swish}) {
      for (const bool value_first : {false, true}) {
        Gated g(op, value_first);
        CHECK(steps_of(g.b.done({g.x}, {g.z})) == 1);
        Gated last(op, value_first);
        CHECK(steps_of(last.b.done({last.x}, {last.b.max_pool(last.z, 3, 2), last.x})) == 2);
      }
    }
  }

  TEST_CASE("tables with other uses, and of other values, are not fused") {
    Gated output(OpCode::logistic, true);
    CHECK(steps_of(output.b.done({output.x}, {output.z, output.y})) == 2);
    Gated twice(OpCode::logistic, true);
    const int sum = twice.b.add(twice.y, twice.z);
    CHECK(steps_of(twice.b.done({twice.x}, {sum})) == 3);

    NetBuilder b(32);
    const int x = b.i8({1, 4, 4, 8}, 0.03f, -11), other = b.i8({1, 4, 4, 8}, 0.03f, -11);
    const int gate = b.table(OpCode::logistic, other), square = b.table(OpCode::logistic, x);
    const int y = b.i8({1, 4, 4, 8}, 0.02f, 5), z = b.i8({1, 4, 4, 8}, 0.02f, 5);
    b.node(OpCode::mul, {x, gate}, {y}, ElementwiseAttributes{});
    b.node(OpCode::mul, {square, square}, {z}, ElementwiseAttributes{});
    CHECK(steps_of(b.done({x, other}, {y, z})) == 4);
  }
}
