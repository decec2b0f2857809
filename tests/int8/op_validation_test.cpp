// One malformed graph for each check that an op makes: the message names the op.
#include <cmath>

#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

Builder depthwise() {
  Builder b;
  b.i8({1, 4, 4, 2});
  b.constant({1, 3, 3, 4}, Codes(36, 1), std::vector<float>(4, 0.01f), 0, 3);
  b.ints({0, 0, 0, 0});
  b.i8({1, 2, 2, 4});
  b.node(OpCode::depthwise_conv_2d, {0, 1, 2}, {3}, ConvAttributes{.depth_multiplier = 2});
  b.done({0}, {3});
  return b;
}
Builder dense() {
  Builder b;
  b.i8({2, 6});
  b.constant({4, 6}, Codes(24, 1), {0.01f});
  b.ints({0, 0, 0, 0});
  b.i8({2, 4});
  b.node(OpCode::fully_connected, {0, 1, 2}, {3}, FullyConnectedAttributes{});
  b.done({0}, {3});
  return b;
}
// Tensors 0: x, 1: y, 2: output.
Builder binary(OpCode op) {
  Builder b;
  b.i8({1, 4});
  b.i8({1, 4});
  b.i8({1, 4});
  const bool plain = op == OpCode::minimum || op == OpCode::prelu;
  b.node(op, {0, 1}, {2}, plain ? Attributes{} : Attributes{ElementwiseAttributes{}});
  b.done({0, 1}, {2});
  return b;
}
/// Like unary, with an int32 constant as tensor 2 and input 1.
Builder with_ints(OpCode op, const std::vector<std::int32_t>& values, Dims shape, Dims out,
                  Attributes a = {}, Dims ints_shape = {}) {
  Builder b = unary(op, std::move(a), std::move(shape), std::move(out));
  if (ints_shape.empty()) ints_shape = {static_cast<std::int32_t>(values.size())};
  b.graph.nodes[0].inputs = {0, b.ints(values, ints_shape)};
  return b;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("refused: convolutions") {
    check_cases(
        conv, "op 0 CONV_2D ('t3')",
        {{"rank",
          [](Builder& b) {
            b[0].shape = {4, 4, 4};
          },
          "4 dimensions"},
         {"stride", [](Builder& b) { attributes<ConvAttributes>(b).stride_h = 0; }, "stride"},
         {"dilation", [](Builder& b) { attributes<ConvAttributes>(b).dilation_w = 0; }, "dilation"},
         {"dilation overflow",
          [](Builder& b) { attributes<ConvAttributes>(b).dilation_w = 2147483647; }, "2^30"},
         {"too small",
          [](Builder& b) {
            b[0].shape = {1, 2, 4, 4};
          },
          "does not fit"},
         {"channels",
          [](Builder& b) {
            b[0].shape = {1, 4, 4, 3};
          },
          "dividing 3"},
         {"groups",
          [](Builder& b) {
            b[0].shape = {1, 4, 4, 8};
          },
          "divisible by 4"},
         {"output",
          [](Builder& b) {
            b[3].shape = {1, 2, 2, 5};
          },
          "expected shape [1,2,2,6]"},
         {"weight zero point", [](Builder& b) { b[1].quantization.zero_point = {1}; }, "got 1"},
         {"weight axis",
          [](Builder& b) {
            b[1].shape = {6, 3, 6, 2};
            set_i8(b, 1, Codes(216, 1));
            b[1].quantization.axis = 2;
            b[0].shape = {1, 4, 7, 4};
          },
          "dimension 0, got 2"},
         {"bias length",
          [](Builder& b) {
            b[2].shape = {5};
            set_i32(b, 2, Dims(5, 0));
          },
          "6 values"},
         {"bias type",
          [](Builder& b) { b.graph.nodes[0].inputs[2] = b.constant({6}, Codes(6, 0)); },
          "type i32"},
         {"accumulator",
          [](Builder& b) {
            set_i32(b, 2, {0, 0, 2147483647, 0, 0, 0});
          },
          "channel 2"},
         {"left shift", [](Builder& b) { b[1].quantization.scale[4] = 1e6f; }, "channel 4"},
         {"multiplier", [](Builder& b) { b[1].quantization.scale[4] = 1e30f; }, "multiplier"},
         {"computed weights",
          [](Builder& b) {
            b[1].constant = {};
            b[1].quantization = {{0.01f}, {0}, 0};
            b.graph.inputs = {0, 1};
          },
          "expected a constant"}});
    check_cases(
        depthwise, "DEPTHWISE_CONV_2D",
        {{"multiplier", [](Builder& b) { attributes<ConvAttributes>(b).depth_multiplier = 1; },
          "[1,h,w,2*1]"},
         {"weights",
          [](Builder& b) {
            b[1].shape = {3, 1, 3, 4};
          },
          "got [3,1,3,4]"},
         {"axis",
          [](Builder& b) {
            b[1].shape = {1, 4, 2, 4};
            b[1].quantization.axis = 1;
            set_i8(b, 1, Codes(32, 1));
            b[0].shape = {1, 5, 3, 2};
          },
          "dimension 3, got 1"}});
    check_cases(dense, "FULLY_CONNECTED",
                {{"input",
                  [](Builder& b) {
                    b[0].shape = {2, 7};
                  },
                  "multiple of 6"},
                 {"output",
                  [](Builder& b) {
                    b[3].shape = {1, 8};
                  },
                  "expected shape [2,4]"},
                 {"keep dims",
                  [](Builder& b) {
                    attributes<FullyConnectedAttributes>(b).keep_num_dims = true;
                    b[0].shape = {3, 4};
                  },
                  "last dimension of 6"},
                 {"rank",
                  [](Builder& b) {
                    b[1].shape = {4, 6, 1};
                  },
                  "2 dimensions"}});
    const auto transposed = [] {
      Builder b;
      b.i8({1, 2, 2, 3});
      b.constant({4, 3, 3, 3}, Codes(108, 1), {0.01f});
      b.ints({1, 5, 5, 4});
      b.i8({1, 5, 5, 4});
      b.node(OpCode::transpose_conv, {2, 1, 0}, {3},
             TransposeConvAttributes{.stride_h = 2, .stride_w = 2});
      b.done({0}, {3});
      return b;
    };
    check_cases(transposed, "TRANSPOSE_CONV",
                {{"output shape",
                  [](Builder& b) {
                    set_i32(b, 2, {1, 7, 5, 4});
                  },
                  "pixels"},
                 {"declared",
                  [](Builder& b) {
                    b[3].shape = {1, 5, 4, 4};
                  },
                  "expected shape"},
                 {"channels",
                  [](Builder& b) {
                    set_i32(b, 2, {1, 5, 5, 3});
                  },
                  "[1,h,w,4]"},
                 {"zero",
                  [](Builder& b) {
                    set_i32(b, 2, {1, 0, 5, 4});
                  },
                  "at least 1"},
                 {"in channels",
                  [](Builder& b) {
                    b[0].shape = {1, 2, 2, 2};
                  },
                  "input channels"}});
  }

  TEST_CASE("refused: elementwise") {
    for (const OpCode op : {OpCode::add, OpCode::sub}) {
      check_cases(
          [&] { return binary(op); }, op == OpCode::add ? "ADD" : "SUB",
          {{"output multiplier", [](Builder& b) { b[2].quantization.scale[0] = 1e-7f; }, "(0, 1)"},
           {"shapes", [](Builder& b) { b[1].shape = {3}; }, "do not fit"},
           {"output", [](Builder& b) { b[2].shape = {4}; }, "expected shape [1,4]"},
           {"rank", [](Builder& b) { b[0].shape = {1, 1, 1, 1, 1, 1, 4}; }, "at most 6"}});
    }
    check_cases([] { return binary(OpCode::mul); }, "MUL",
                {{"shift", [](Builder& b) { b[2].quantization.scale[0] = 1e-7f; }, "overflow"}});
    check_cases([] { return binary(OpCode::prelu); }, "PRELU",
                {{"alpha larger than x",
                  [](Builder& b) {
                    b[1].shape = {2, 4};
                  },
                  "shape"},
                 {"shift", [](Builder& b) { b[2].quantization.scale[0] = 1e-7f; }, "overflow"}});
    check_cases(
        [] { return binary(OpCode::minimum); }, "MINIMUM",
        {{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.25f; }, "expected scale 0.5"},
         {"zero point", [](Builder& b) { b[0].quantization.zero_point[0] = 1; }, "zero point 0"}});
    check_cases([] { return unary(OpCode::relu); }, "RELU",
                {{"shape",
                  [](Builder& b) {
                    b[1].shape = {4, 1};
                  },
                  "expected shape [1,4]"},
                 {"shift", [](Builder& b) { b[1].quantization.scale[0] = 1e-9f; }, "overflow"}});
    check_cases(
        [] { return unary(OpCode::relu6); }, "RELU6",
        {{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"}});
    check_cases(
        [] { return unary(OpCode::leaky_relu, LeakyReluAttributes{0.1f}); }, "LEAKY_RELU",
        {{"alpha", [](Builder& b) { attributes<LeakyReluAttributes>(b).alpha = NAN; }, "finite"}});
    check_cases(
        [] {
          return unary(OpCode::logistic, {}, {1, 4}, {1, 4}, 1.0f / 256, -128);
        },
        "LOGISTIC",
        {{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.004f; }, "expected scale"},
         {"input scale", [](Builder& b) { b[0].quantization.scale[0] = 1e-9f; }, "2^-27"}});
    check_cases(
        [] {
          return unary(OpCode::tanh, {}, {1, 4}, {1, 4}, 1.0f / 128, 0);
        },
        "TANH",
        {{"zero point", [](Builder& b) { b[1].quantization.zero_point[0] = 1; }, "zero point 0"}});
    check_cases(
        [] { return unary(OpCode::hard_swish); }, "HARD_SWISH",
        {{"multiplier", [](Builder& b) { b[1].quantization.scale[0] = 1e-4f; }, "below 1"}});
    check_cases(
        [] {
          return unary(OpCode::softmax, SoftmaxAttributes{}, {1, 4}, {1, 4}, 1.0f / 256, -128);
        },
        "SOFTMAX",
        {{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.004f; }, "expected scale"},
         {"beta", [](Builder& b) { attributes<SoftmaxAttributes>(b).beta = 0.0f; }, "beta"},
         {"beta nan", [](Builder& b) { attributes<SoftmaxAttributes>(b).beta = NAN; }, "beta"}});
    check_cases([] { return unary(OpCode::quantize); }, "QUANTIZE",
                {{"shift", [](Builder& b) { b[1].quantization.scale[0] = 1e-9f; }, "overflow"},
                 {"output type", [](Builder& b) { b[1].type = DType::f32; }, "type i8 or u8"}});
    check_cases(
        [] {
          Builder b;
          b.i8({1, 4});
          b.f32({1, 4});
          b.node(OpCode::dequantize, {0}, {1});
          b.done({0}, {1});
          return b;
        },
        "DEQUANTIZE",
        {{"output type",
          [](Builder& b) {
            b[1] = b[0];
            b[1].name = "t1";
          },
          "type f32"}});
  }

  TEST_CASE("refused: pools, means and resizes") {
    for (const OpCode op : {OpCode::average_pool_2d, OpCode::max_pool_2d}) {
      check_cases(
          [&] {
            return unary(op, PoolAttributes{.filter_h = 2, .filter_w = 2}, {1, 3, 3, 2},
                         {1, 2, 2, 2});
          },
          "POOL_2D",
          {{"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"},
           {"stride", [](Builder& b) { attributes<PoolAttributes>(b).stride_w = 0; }, "stride"},
           {"filter", [](Builder& b) { attributes<PoolAttributes>(b).filter_h = 0; }, "filter"},
           {"does not fit", [](Builder& b) { attributes<PoolAttributes>(b).filter_h = 4; },
            "does not fit"},
           {"sum overflow",
            [](Builder& b) {
              attributes<PoolAttributes>(b) = {
                  .padding = Padding::same, .filter_h = 1 << 20, .filter_w = 16};
              b[1].shape = {1, 3, 3, 2};
            },
            "2^23"},
           {"output",
            [](Builder& b) {
              b[1].shape = {1, 3, 3, 2};
            },
            "expected shape"}});
    }
    check_cases(
        [] {
          return with_ints(OpCode::mean, {1, 2}, {1, 3, 3, 2}, {1, 2}, MeanAttributes{});
        },
        "MEAN",
        {{"axis",
          [](Builder& b) {
            set_i32(b, 2, {1, 4});
          },
          "got 4"},
         {"axis < 0",
          [](Builder& b) {
            set_i32(b, 2, {1, -5});
          },
          "got -5"},
         {"output", [](Builder& b) { attributes<MeanAttributes>(b).keep_dims = true; },
          "[1,1,1,2]"},
         {"shift", [](Builder& b) { b[1].quantization.scale[0] = 1e-9f; }, "overflow"},
         {"axes computed",
          [](Builder& b) {
            b[2].constant = {};
            b[2].type = DType::i8;
            b[2].quantization = {{1.0f}, {0}, 0};
            b.graph.inputs = {0, 2};
          },
          "type i32"}});
    for (const OpCode op : {OpCode::resize_bilinear, OpCode::resize_nearest_neighbor}) {
      check_cases(
          [&] {
            return with_ints(op, {4, 6}, {1, 3, 3, 2}, {1, 4, 6, 2}, ResizeAttributes{});
          },
          "RESIZE",
          {{"size",
            [](Builder& b) {
              set_i32(b, 2, {0, 6});
            },
            "got [0,6]"},
           {"large",
            [](Builder& b) {
              set_i32(b, 2, {4, 2000000});
            },
            "2^20"},
           {"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"}});
    }
    // RESIZE_NEAREST_NEIGHBOR takes both: see int8/moves_test.cpp.
    check_cases(
        [&] {
          return with_ints(OpCode::resize_bilinear, {4, 6}, {1, 3, 3, 2}, {1, 4, 6, 2},
                           ResizeAttributes{});
        },
        "RESIZE_BILINEAR",
        {{"both flags",
          [](Builder& b) {
            attributes<ResizeAttributes>(b) = {true, true};
          },
          "exclude"}});
  }

  TEST_CASE("refused: byte moves") {
    check_cases(
        [] {
          return with_ints(OpCode::transpose, {1, 0}, {2, 3}, {3, 2});
        },
        "TRANSPOSE",
        {{"repeated",
          [](Builder& b) {
            set_i32(b, 2, {1, 1});
          },
          "permutation"},
         {"range",
          [](Builder& b) {
            set_i32(b, 2, {0, 2});
          },
          "permutation"},
         {"length",
          [](Builder& b) {
            b[0].shape = {2, 3, 1};
          },
          "3 dimensions"},
         {"output",
          [](Builder& b) {
            b[1].shape = {2, 3};
          },
          "expected shape [3,2]"}});
    check_cases(
        [] {
          return with_ints(OpCode::pad, {0, 1, 2, 0}, {2, 3}, {3, 5}, {}, {2, 2});
        },
        "PAD",
        {{"negative",
          [](Builder& b) {
            set_i32(b, 2, {0, -1, 2, 0});
          },
          ">= 0"},
         {"overflow",
          [](Builder& b) {
            set_i32(b, 2, {2147483647, 1, 2, 0});
          },
          "overflows"},
         {"length",
          [](Builder& b) {
            b[0].shape = {2, 3, 1};
          },
          "pair"},
         {"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"}});
    check_cases(
        [] {
          Builder b = with_ints(OpCode::padv2, {0, 1, 2, 0}, {2, 3}, {3, 5}, {}, {2, 2});
          b.graph.nodes[0].inputs.push_back(b.constant({1}, {5}));
          return b;
        },
        "PADV2",
        {{"value's scale", [](Builder& b) { b[3].quantization.scale[0] = 0.4f; }, "expected scale"},
         {"values",
          [](Builder& b) {
            b[3].shape = {2};
            set_i8(b, 3, {5, 5});
          },
          "one value"}});
    const auto slice = [] {
      Builder b =
          with_ints(OpCode::strided_slice, {0, 1}, {2, 5}, {2, 2}, StridedSliceAttributes{});
      b.graph.nodes[0].inputs.push_back(b.ints({2, 5}));
      b.graph.nodes[0].inputs.push_back(b.ints({1, 2}));
      return b;
    };
    check_cases(
        slice, "STRIDED_SLICE",
        {{"stride 0",
          [](Builder& b) {
            set_i32(b, 4, {1, 0});
          },
          "nonzero"},
         {"empty",
          [](Builder& b) {
            set_i32(b, 3, {2, 1});
          },
          "at least one"},
         {"ellipsis", [](Builder& b) { attributes<StridedSliceAttributes>(b).ellipsis_mask = 1; },
          "ellipsis"},
         {"new axis", [](Builder& b) { attributes<StridedSliceAttributes>(b).new_axis_mask = 1; },
          "new_axis"},
         {"shrink range",
          [](Builder& b) {
            attributes<StridedSliceAttributes>(b).shrink_axis_mask = 2;
            set_i32(b, 2, {0, 5});
          },
          "outside"},
         {"length",
          [](Builder& b) {
            b[0].shape = {2, 5, 1};
          },
          "one entry"},
         {"output",
          [](Builder& b) {
            b[1].shape = {2, 3};
          },
          "expected shape [2,2]"}});
    const auto concat = [] {
      Builder b = binary(OpCode::minimum);
      b[2].shape = {1, 8};
      b.graph.nodes[0] = {OpCode::concatenation, {0, 1}, {2}, ConcatenationAttributes{1}};
      return b;
    };
    check_cases(
        concat, "CONCATENATION",
        {{"axis", [](Builder& b) { attributes<ConcatenationAttributes>(b).axis = 2; }, "got 2"},
         {"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"},
         {"shape",
          [](Builder& b) {
            b[1].shape = {2, 4};
          },
          "off axis 1"},
         {"rank", [](Builder& b) { b[1].shape = {4}; }, "off axis 1"},
         {"output",
          [](Builder& b) {
            b[2].shape = {2, 4};
          },
          "expected shape [1,8]"}});
    const auto split = [] {
      Builder b = binary(OpCode::minimum);
      b[0].shape = {1, 8};
      b[1].shape = {1, 4};
      b.graph.nodes[0] = {OpCode::split, {b.ints({1}), 0}, {1, 2}, SplitAttributes{2}};
      b.done({0}, {1, 2});
      return b;
    };
    check_cases(
        split, "SPLIT",
        {{"parts", [](Builder& b) { attributes<SplitAttributes>(b).num_splits = 0; }, "got 0"},
         {"count", [](Builder& b) { attributes<SplitAttributes>(b).num_splits = 4; },
          "expected 4, got 2"},
         {"divisible",
          [](Builder& b) {
            b[0].shape = {1, 7};
          },
          "divisible by 2"},
         {"scale", [](Builder& b) { b[2].quantization.scale[0] = 0.4f; }, "expected scale"},
         {"axis", [](Builder& b) { set_i32(b, 3, {-3}); }, "got -3"}});
    const auto split_v = [] {
      Builder b = binary(OpCode::minimum);
      b[0].shape = {1, 8};
      b[1].shape = {1, 5};
      b[2].shape = {1, 3};
      b.graph.nodes[0] = {
          OpCode::split_v, {0, b.ints({5, -1}), b.ints({1})}, {1, 2}, SplitAttributes{2}};
      b.done({0}, {1, 2});
      return b;
    };
    check_cases(split_v, "SPLIT_V",
                {{"parts", [](Builder& b) { attributes<SplitAttributes>(b).num_splits = 3; },
                  "expected 3, got 2"},
                 {"two unknown",
                  [](Builder& b) {
                    set_i32(b, 3, {-1, -1});
                  },
                  "at most one -1"},
                 {"zero",
                  [](Builder& b) {
                    set_i32(b, 3, {0, 8});
                  },
                  ">= 1"},
                 {"sum",
                  [](Builder& b) {
                    set_i32(b, 3, {5, 4});
                  },
                  "add up to 8"},
                 {"no rest",
                  [](Builder& b) {
                    set_i32(b, 3, {8, -1});
                  },
                  "add up to 8"},
                 {"wraps",
                  [](Builder& b) {
                    set_i32(b, 3, {2147483647, 2147483647});
                  },
                  "add up"},
                 {"declared",
                  [](Builder& b) {
                    set_i32(b, 3, {4, 4});
                  },
                  "expected shape [1,4]"},
                 {"axis", [](Builder& b) { set_i32(b, 4, {2}); }, "got 2"}});
    check_cases(
        [] {
          Builder b = unary(OpCode::expand_dims, {}, {1, 8}, {1, 1, 8});
          b.graph.nodes[0].inputs.push_back(b.ints({1}));
          return b;
        },
        "EXPAND_DIMS",
        {{"axis", [](Builder& b) { set_i32(b, 2, {3}); }, "within -3 to 2, got [3]"},
         {"axis < 0", [](Builder& b) { set_i32(b, 2, {-4}); }, "got [-4]"},
         {"declared", [](Builder& b) { set_i32(b, 2, {-1}); }, "expected shape [1,8,1]"}});
    check_cases(
        [] {
          return unary(OpCode::reshape, ReshapeAttributes{{2, -1}}, {1, 8}, {2, 4});
        },
        "RESHAPE",
        {{"two unknown",
          [](Builder& b) {
            attributes<ReshapeAttributes>(b).new_shape = {-1, -1};
          },
          "one -1"},
         {"divisible",
          [](Builder& b) {
            attributes<ReshapeAttributes>(b).new_shape = {3, -1};
          },
          "do not divide"},
         {"count",
          [](Builder& b) {
            attributes<ReshapeAttributes>(b).new_shape = {2, 2};
            b[1].shape = {2, 2};
          },
          "8 elements"},
         {"zero",
          [](Builder& b) {
            attributes<ReshapeAttributes>(b).new_shape = {0, -1};
          },
          ">= 1"},
         {"wraps", [](Builder& b) { attributes<ReshapeAttributes>(b).new_shape = Dims(5, 65536); },
          "more than"},
         {"declared",
          [](Builder& b) {
            b[1].shape = {4, 2};
          },
          "expected shape [2,4]"},
         {"scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"}});
    check_cases(
        [] {
          return unary(OpCode::squeeze, SqueezeAttributes{{0}}, {1, 8}, {8});
        },
        "SQUEEZE",
        {{"not 1", [](Builder& b) { attributes<SqueezeAttributes>(b).dims = {1}; }, "size 1"},
         {"range", [](Builder& b) { attributes<SqueezeAttributes>(b).dims = {2}; }, "size 1"}});
  }
}
