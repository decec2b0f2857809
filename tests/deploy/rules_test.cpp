#include "deploy/rules/rules.h"

#include <doctest/doctest.h>

#include "deploy/tflm/resolver_names.h"
#include "tests/deploy/findings.h"
#include "tests/int8/build.h"
#include "tests/int8/graphs.h"

namespace octet::deploy {
namespace {

using int8::Graph;
using int8::OpCode;
using test::findings;

Graph fully_connected(float weight_scale) {
  test::Builder b;
  const int x = b.i8({1, 2}, 0.5f), w = b.constant({2, 2}, {1, 2, 3, 4}, {0.01f, weight_scale});
  const int y = b.i8({1, 2}, 0.25f);
  b[w].quantization.zero_point = {0, 0};
  b.node(OpCode::fully_connected, {x, w}, {y}, int8::FullyConnectedAttributes{});
  return b.done({x}, {y});
}

}  // namespace

TEST_CASE("XNNPACK: a multiplier of 256 and more is refused, naming node and channel") {
  CHECK(findings(xnnpack_rule, fully_connected(127.9f)).empty());
  const auto found = findings(xnnpack_rule, fully_connected(128.0f));
  REQUIRE(found.size() == 1);
  CHECK(found[0].refused);
  CHECK(found[0].text.starts_with("operator 0 (FULLY_CONNECTED) \"t2\": "));
  CHECK(found[0].text.find("256") != std::string::npos);
}

TEST_CASE("XNNPACK: factors of ADD, and moves between different params") {
  for (const float scale : {255.0f, 256.0f}) {
    test::Builder b;
    const int x = b.i8({1, 2}, scale), y = b.i8({1, 2}, 1.0f), z = b.i8({1, 2}, 1.0f);
    b.node(OpCode::add, {x, y}, {z}, int8::ElementwiseAttributes{});
    CHECK(findings(xnnpack_rule, b.done({x, y}, {z})).size() == (scale < 256 ? 0 : 1));
  }
  for (const float scale : {0.5f, 0.25f}) {
    test::Builder b;
    const int x = b.i8({1, 2, 3}), y = b.i8({1, 3, 2}, scale), order = b.ints({0, 2, 1});
    b.node(OpCode::transpose, {x, order}, {y});
    CHECK(findings(xnnpack_rule, b.done({x}, {y})).size() == (scale == 0.5f ? 0 : 1));
  }
  CHECK(findings(xnnpack_rule, test::small_graph()).empty());
}

TEST_CASE("TFLite Micro: operators that it does not have are refused") {
  test::Builder b;
  const int x = b.i8({1, 2}), y = b.i8({1, 2}), z = b.i8({1, 2});
  b.node(OpCode::relu, {x}, {y});
  b.node(OpCode::gelu, {y}, {z});
  const auto found = findings(micro_operators_rule, b.done({x}, {z}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].refused);
  CHECK(found[0].text == "operator 1 (GELU) \"t2\": TFLite Micro has no kernel of it");
}

TEST_CASE("TFLite Micro: tables of codes that it computes of floats only are refused") {
  for (const OpCode op : {OpCode::exp, OpCode::log, OpCode::sqrt, OpCode::rsqrt, OpCode::elu}) {
    CAPTURE(int8::op_name(op));
    test::Builder b;
    const int x = b.i8({1, 2}), y = b.i8({1, 2});
    b.node(op, {x}, {y});
    const auto found = findings(micro_operators_rule, b.done({x}, {y}));
    const bool has = op == OpCode::rsqrt || op == OpCode::elu;
    REQUIRE(found.size() == (has ? 0 : 1));
    if (has) continue;
    CHECK(found[0].refused);
    CHECK(found[0].text == "operator 0 (" + std::string(int8::op_name(op)) +
                               ") \"t1\": TFLite Micro's kernel takes float32 only, got i8");
    test::Builder f;
    const int v = f.f32({1, 2}), w = f.f32({1, 2});
    f.node(op, {v}, {w});
    CHECK(findings(micro_operators_rule, f.done({v}, {w})).empty());
  }
}

TEST_CASE("TFLite Micro: pads of SPACE_TO_BATCH_ND are a warning") {
  for (const int pad : {0, 1}) {
    test::Builder b;
    const int x = b.i8({1, 3, 1}, 0.5f, 3), y = b.i8({3, 1 + pad, 1}, 0.5f, 3);
    b.node(OpCode::space_to_batch_nd, {x, b.ints({3}), b.ints({0, 3 * pad}, {1, 2})}, {y});
    const auto found = findings(micro_operators_rule, b.done({x}, {y}));
    REQUIRE(found.size() == static_cast<std::size_t>(pad));
    if (pad == 1) CHECK_FALSE(found[0].refused);
  }
}

TEST_CASE("TFLite Micro: names of MicroMutableOpResolver's functions") {
  const std::pair<OpCode, const char*> names[] = {
      {OpCode::conv_2d, "AddConv2D"},
      {OpCode::max_pool_2d, "AddMaxPool2D"},
      {OpCode::relu6, "AddRelu6"},
      {OpCode::l2_normalization, "AddL2Normalization"},
      {OpCode::padv2, "AddPadV2"},
      {OpCode::batch_matmul, "AddBatchMatMul"},
      {OpCode::split_v, "AddSplitV"},
      {OpCode::batch_to_space_nd, "AddBatchToSpaceNd"},
      {OpCode::unidirectional_sequence_lstm, "AddUnidirectionalSequenceLSTM"},
      {OpCode::resize_nearest_neighbor, "AddResizeNearestNeighbor"},
  };
  for (const auto& [op, name] : names)
    CHECK(resolver_name(static_cast<std::int32_t>(op)) == std::string(name));
  CHECK(resolver_name(129) == std::string("AddCallOnce"));
  for (const OpCode op : {OpCode::gelu, OpCode::tile, OpCode::pow, OpCode::relu_n1_to_1})
    CHECK_FALSE(resolver_name(static_cast<std::int32_t>(op)));
  CHECK_FALSE(resolver_name(9999));
}

TEST_CASE("floats between codes are a warning, edges are not") {
  test::Builder b;
  const int x = b.f32({1, 2}), q = b.i8({1, 2}), f = b.f32({1, 2}), g = b.f32({1, 2});
  b.node(OpCode::quantize, {x}, {q});
  b.node(OpCode::dequantize, {q}, {f});
  CHECK(findings(floats_rule, b.done({x}, {f})).empty());
  b.node(OpCode::neg, {f}, {g});
  const auto found = findings(floats_rule, b.done({x}, {g}));
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].refused);
}

}  // namespace octet::deploy
