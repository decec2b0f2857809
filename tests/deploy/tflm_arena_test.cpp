// tests/clients/deploy.py compares the sum with what TFLite Micro needs.
#include "deploy/folder/tflm_arena.h"

#include <doctest/doctest.h>

#include "tests/int8/graphs.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

TEST_CASE("tflm_arena: the largest values first, each at the lowest place that is free") {
  test::GraphBuilder b;
  const auto add = [&](int x, int y) {
    b.node(OpCode::add, {x, x}, {y}, int8::ElementwiseAttributes{});
  };
  const int x = b.value("x", {1, 100}, 1, 0), y = b.value("y", {1, 100}, 1, 0);
  const int z = b.value("z", {1, 100}, 1, 0), w = b.value("w", {1, 100}, 1, 0);
  add(x, y);
  add(y, z);
  add(z, w);
  b.graph.inputs = {x};
  b.graph.outputs = {w};
  CHECK(tflm_arena(b.graph).values == 2 * 112);  // two live at a time, of 100 bytes in steps of 16
  b.graph.outputs = {w, y};
  CHECK(tflm_arena(b.graph).values == 3 * 112);
  const TflmArena arena = tflm_arena(test::small_graph());
  CHECK(arena.bytes() == arena.values + arena.structures);
  CHECK(arena.values == 32 + 16);
}

}  // namespace
}  // namespace octet::deploy
