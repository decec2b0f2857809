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

/// Two layers 1024 -> 258 -> 10, weights with a scale for each channel, and a softmax.
int8::Graph two_layers() {
  test::GraphBuilder b;
  const auto layer = [&](int x, int in, int out) {
    const int w = b.weights("w", {out, in}, 0, 0.01f), bias = b.bias("b", out);
    const int y = b.value("y", {1, out}, 1, 0);
    b.node(OpCode::fully_connected, {x, w, bias}, {y}, int8::FullyConnectedAttributes{});
    return y;
  };
  const int x = b.value("x", {1, 1024}, 1, 0), p = b.value("p", {1, 10}, 1.0f / 256, -128);
  b.node(OpCode::softmax, {layer(layer(x, 1024, 258), 258, 10)}, {p}, int8::SoftmaxAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {p};
  return b.graph;
}

TEST_CASE("tflm_arena: while a layer by channel is prepared its zero points are copied") {
  const TflmArena arena = tflm_arena(two_layers());
  constexpr std::size_t least = 5888;  // in the tflite-micro package of October 2026
  CHECK(arena.values == 1024 + 272);
  CHECK(arena.bytes() >= least);
  CHECK(arena.bytes() <= least + least / 4);
}

TEST_CASE("tflm_arena: what kernels compute in") {
  test::GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 16}, 1, 0), y = b.value("y", {1, 1, 1, 16}, 1, 0);
  b.node(OpCode::mean, {x, b.ints("axes", {1, 2})}, {y}, int8::MeanAttributes{true});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  // Sums of int32, the rank's counters and the axes.
  CHECK(tflm_arena(b.graph).values == 256 + 16 + 64 + 16 + 16);
}

}  // namespace
}  // namespace octet::deploy
