// One malformed graph for each check of the ops that pick, repeat, reduce and multiply along axes.
#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

/// Tensors 0: x, 1: y, 2 and on: int32 constants.
Builder with(OpCode op, Dims x, Dims y, const std::vector<Dims>& operands, Attributes a = {},
             float scale = 0.5f) {
  Builder b = unary(op, std::move(a), std::move(x), std::move(y), scale);
  for (const Dims& values : operands) b.graph.nodes[0].inputs.push_back(b.ints(values));
  return b;
}
Case ints(const char* name, int t, const Dims& values, const char* says) {
  return {name, [=](Builder& b) { set_i32(b, t, values); }, says};
}
Case shape(const char* name, int t, const Dims& dims, const char* says) {
  return {name, [=](Builder& b) { b[t].shape = dims; }, says};
}
const Case scale{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"};

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("refused: reductions and indices") {
    for (const OpCode op : {OpCode::reduce_max, OpCode::reduce_min}) {
      check_cases(
          [&] {
            return with(op, {1, 3, 4}, {1, 4}, {{1}}, MeanAttributes{});
          },
          "REDUCE_M",
          {scale, ints("axis", 2, {3}, "within -3 to 2, got 3"),
           shape("output", 1, {1, 1, 4}, "expected shape [1,4]")});
    }
    check_cases(
        [] {
          return with(OpCode::sum, {1, 3, 4}, {1, 4}, {{1}}, MeanAttributes{});
        },
        "SUM",
        {{"multiplier", [](Builder& b) { b[1].quantization.scale[0] = 1e-9f; }, "overflow"},
         ints("axis", 2, {-4}, "got -4")});
    for (const OpCode op : {OpCode::arg_max, OpCode::arg_min}) {
      const auto make = [&] {
        Builder b = with(op, {2, 3, 4}, {2, 4}, {{1}}, ArgAttributes{});
        b[1].type = DType::i32;
        b[1].quantization = {};
        return b;
      };
      check_cases(make, "ARG_M",
                  {ints("axis", 2, {3}, "got 3"),
                   shape("output", 1, {2, 3}, "expected shape [2,4]"),
                   {"type", [](Builder& b) { b[1] = b[0]; }, "expected type i32"}});
    }
    check_cases(
        [] {
          return unary(OpCode::l2_normalization, ElementwiseAttributes{}, {1, 4}, {1, 4},
                       1.0f / 128, 0);
        },
        "L2_NORMALIZATION",
        {scale,
         {"activation",
          [](Builder& b) { attributes<ElementwiseAttributes>(b).activation = Activation::relu; },
          "activation"},
         {"scalar", [](Builder& b) { b[0].shape = b[1].shape = {}; }, "one dimension"}});
    check_cases(
        [] {
          Builder b;
          b.i8({2, 3, 4});
          b.i8({4, 5});
          b.i8({2, 3, 5});
          b.node(OpCode::batch_matmul, {0, 1}, {2}, BatchMatMulAttributes{});
          b.done({0, 1}, {2});
          return b;
        },
        "BATCH_MATMUL",
        {shape("rank", 1, {4}, "at least 2 dimensions"),
         shape("depth", 1, {5, 5}, "matrices of 4 rows"),
         shape("batch", 1, {3, 4, 5}, "broadcasts"),
         shape("output", 2, {2, 5, 3}, "expected shape [2,3,5]"),
         {"overflow",
          [](Builder& b) {
            b[0].shape = {1, 33026};
            b[1].shape = {33026, 1};
            b[2].shape = {1, 1};
          },
          "at most 33025"},
         {"multiplier", [](Builder& b) { b[2].quantization.scale[0] = 1e-9f; }, "overflow"}});
  }

  TEST_CASE("refused: repeated, picked and mirrored elements") {
    check_cases(
        [] {
          return with(OpCode::tile, {2, 3}, {4, 3}, {{2, 1}});
        },
        "TILE",
        {scale, ints("zero", 2, {0, 1}, ">= 1"), ints("large", 2, {1 << 30, 1}, "2^31"),
         shape("rank", 0, {2, 3, 1}, "expected 3 multiples"),
         shape("output", 1, {2, 3}, "expected shape [4,3]")});
    check_cases(
        [] {
          return with(OpCode::broadcast_to, {1, 3}, {4, 3}, {{4, 3}});
        },
        "BROADCAST_TO",
        {scale, ints("other", 2, {4, 2}, "broadcasts to, got [4,2]"),
         shape("fewer", 0, {1, 1, 1, 3}, "broadcasts to"),
         shape("output", 1, {1, 3}, "expected shape [4,3]")});
    check_cases(
        [] {
          return with(OpCode::slice, {4, 5}, {2, 4}, {{1, 1}, {2, -1}});
        },
        "SLICE",
        {scale, ints("begin", 2, {4, 1}, "from 4"), ints("negative", 2, {-1, 1}, "from -1"),
         ints("size", 3, {4, -1}, "got 4 from 1"), ints("none", 3, {0, -1}, "at least one"),
         shape("rank", 0, {4, 5, 1}, "one entry for each"),
         shape("output", 1, {2, 5}, "expected shape [2,4]")});
    check_cases(
        [] {
          return with(OpCode::gather, {2, 5}, {2, 3}, {{4, 0, 4}}, GatherAttributes{1});
        },
        "GATHER",
        {scale,
         ints("index", 2, {5, 0, 1}, "0 to 4, got 5"),
         ints("negative", 2, {-1, 0, 1}, "got -1"),
         {"axis", [](Builder& b) { attributes<GatherAttributes>(b).axis = 2; }, "got 2"},
         {"batch", [](Builder& b) { attributes<GatherAttributes>(b).batch_dims = 1; },
          "first 1 dimensions"},
         {"batch large", [](Builder& b) { attributes<GatherAttributes>(b).batch_dims = 2; },
          "batch_dims"},
         shape("output", 1, {2, 4}, "expected shape [2,3]"),
         {"computed", [](Builder& b) { b.graph.nodes[0].inputs[1] = 0; }, "type i32"}});
    check_cases(
        [] {
          return with(OpCode::mirror_pad, {2, 3}, {3, 6}, {{1, 0, 2, 1}}, MirrorPadAttributes{});
        },
        "MIRROR_PAD",
        {scale, ints("negative", 2, {1, -1, 2, 1}, "0 to 1 in dimension 0"),
         ints("beyond", 2, {1, 0, 3, 1}, "0 to 2 in dimension 1"),
         shape("rank", 0, {2, 3, 1}, "a pair"),
         shape("output", 1, {3, 5}, "expected shape [3,6]")});
  }

  TEST_CASE("refused: blocks and parts") {
    check_cases(
        [] {
          return unary(OpCode::depth_to_space, BlockAttributes{2}, {1, 2, 3, 8}, {1, 4, 6, 2});
        },
        "DEPTH_TO_SPACE",
        {scale,
         shape("rank", 0, {2, 3, 8}, "4 dimensions"),
         shape("channels", 0, {1, 2, 3, 6}, "divisible by 4"),
         {"block", [](Builder& b) { attributes<BlockAttributes>(b).size = 0; }, "block_size"},
         {"large", [](Builder& b) { attributes<BlockAttributes>(b).size = 1 << 16; }, "block_size"},
         shape("output", 1, {1, 4, 6, 3}, "expected shape [1,4,6,2]")});
    check_cases(
        [] {
          return unary(OpCode::space_to_depth, BlockAttributes{2}, {1, 4, 6, 2}, {1, 2, 3, 8});
        },
        "SPACE_TO_DEPTH",
        {scale, shape("size", 0, {1, 4, 5, 2}, "divisible by 2"),
         shape("output", 1, {1, 2, 3, 4}, "expected shape [1,2,3,8]")});
    check_cases(
        [] {
          return with(OpCode::space_to_batch_nd, {1, 3, 2}, {2, 2, 2}, {{2}, {1, 0}});
        },
        "SPACE_TO_BATCH_ND",
        {scale, ints("block", 2, {0}, "block sizes >= 1"), ints("negative", 3, {-1, 0}, ">= 0"),
         ints("divides", 3, {0, 0}, "divisible by its block"),
         shape("rank", 0, {1}, "fewer entries"),
         shape("output", 1, {2, 3, 2}, "expected shape [2,2,2]")});
    check_cases(
        [] {
          return with(OpCode::batch_to_space_nd, {2, 2, 2}, {1, 3, 2}, {{2}, {1, 0}});
        },
        "BATCH_TO_SPACE_ND",
        {scale, ints("crops", 3, {2, 2}, "something left"),
         shape("batch", 0, {3, 2, 2}, "divisible by 2, got 3"),
         ints("large", 2, {2147483647}, "overflows"),
         shape("output", 1, {1, 4, 2}, "expected shape [1,3,2]")});
    check_cases(
        [] {
          Builder b;
          for (int i = 0; i < 2; ++i) b.i8({3});
          b.i8({2, 3});
          b.node(OpCode::pack, {0, 1}, {2}, PackAttributes{2, 0});
          b.done({0, 1}, {2});
          return b;
        },
        "PACK",
        {{"count", [](Builder& b) { attributes<PackAttributes>(b).count = 3; }, "got 3"},
         {"axis", [](Builder& b) { attributes<PackAttributes>(b).axis = 2; }, "got 2"},
         {"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"},
         shape("shapes", 1, {4}, "expected shape [3]"),
         shape("output", 2, {3, 2}, "expected shape [2,3]")});
    check_cases(
        [] {
          Builder b;
          b.i8({2, 3});
          for (int i = 0; i < 2; ++i) b.i8({3});
          b.node(OpCode::unpack, {0}, {1, 2}, PackAttributes{2, 0});
          b.done({0}, {1, 2});
          return b;
        },
        "UNPACK",
        {{"count", [](Builder& b) { attributes<PackAttributes>(b).count = 3; }, "got 3"},
         {"axis", [](Builder& b) { attributes<PackAttributes>(b).axis = -3; }, "got -3"},
         scale,
         shape("output", 2, {2}, "expected shape [3]"),
         {"outputs", [](Builder& b) { b.graph.nodes[0].outputs = b.graph.outputs = {1}; },
          "expected 2, got 1"}});
  }
}
