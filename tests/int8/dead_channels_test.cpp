// Output channels that batch norm or pruning has switched off: their multiplier is 0, so they hold
// the output's zero point, whatever scales, weights and biases a converter left in them.
#include <doctest/doctest.h>

#include <limits>

#include "tests/int8/build.h"
#include "tests/int8/isas.h"
#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
constexpr int channels = 6, dead_channel = 2, z_out = -9;

struct Channel {
  float scale;  ///< of the weights
  std::int32_t bias;
};
// Multipliers of 0: exactly, a denormal, below 2^-32.
const Channel dead[] = {{0.0f, 0},         {0.0f, highest},    {1e-40f, lowest},
                        {1e-22f, highest}, {3.7e-22f, lowest}, {-0.0f, 77}};

/// Tensors 0: x, 1: weights, 2: bias, 3: y. The weights of all channels are large.
Builder layer(OpCode op, std::vector<float> scales, std::vector<std::int32_t> bias) {
  Builder b;
  const bool depthwise = op == OpCode::depthwise_conv_2d, dense = op == OpCode::fully_connected;
  const int in_c = depthwise ? channels : 4;
  if (dense) {
    b.i8({25, in_c}, 0.05f, 3);
    b.constant({channels, in_c}, Codes(std::size_t{channels} * 4, 119), std::move(scales));
  } else {
    b.i8({1, 5, 5, in_c}, 0.05f, 3);
    const Dims shape = depthwise ? Dims{1, 3, 3, channels} : Dims{channels, 3, 3, in_c};
    b.constant(shape, Codes(static_cast<std::size_t>(count_of(shape)), 119), std::move(scales), 0,
               depthwise ? 3 : 0);
  }
  b.ints(bias);
  b.i8(dense ? Dims{25, channels} : Dims{1, 5, 5, channels}, 0.9f, z_out);
  if (dense) {
    b.node(op, {0, 1, 2}, {3}, FullyConnectedAttributes{});
  } else if (op == OpCode::transpose_conv) {
    b.node(op, {b.ints({1, 5, 5, channels}), 1, 0, 2}, {3},
           TransposeConvAttributes{.padding = Padding::same});
  } else {
    b.node(op, {0, 1, 2}, {3}, ConvAttributes{.padding = Padding::same});
  }
  b.done({0}, {3});
  return b;
}

constexpr OpCode ops[] = {OpCode::conv_2d, OpCode::depthwise_conv_2d, OpCode::fully_connected,
                          OpCode::transpose_conv};

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("the scale of a channel of zeros is not looked at") {
    Builder b;
    b.i8({1, 1, 1, 2}, 0.05f, 3);
    b.constant({2, 1, 1, 2}, {0, 0, 50, -50}, {3e38f, 0.01f});
    b.ints({0, 7});
    b.i8({1, 1, 1, 2}, 0.9f, z_out);
    b.node(OpCode::conv_2d, {0, 1, 2}, {3}, ConvAttributes{.padding = Padding::same});
    b.done({0}, {3});
    const Model model(b.graph);
    ExecutionContext context(model);
    context.run();
    CHECK(static_cast<std::int8_t>(context.output(0)[0]) == z_out);
  }

  TEST_CASE("a bias of -2^31 is one where nothing is added to it") {
    Builder b;
    b.i8({1, 1, 1, 2}, 0.05f, 3);
    b.constant({1, 1, 1, 2}, Codes(2, 0), {0.01f});
    b.ints({lowest});
    b.i8({1, 1, 1, 1}, 0.9f, z_out);
    b.node(OpCode::conv_2d, {0, 1, 2}, {3}, ConvAttributes{.padding = Padding::same});
    b.done({0}, {3});
    for (const Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
      const Model model(b.graph, {.rounding = rounding});
      ExecutionContext context(model);
      context.run();
      CHECK(static_cast<std::int8_t>(context.output(0)[0]) == -128);
    }
  }

  TEST_CASE("a channel whose multiplier is 0 holds the zero point, the others what they did") {
    std::mt19937_64 rng(5);
    for (const OpCode op : ops) {
      const std::vector<float> scales(channels, 0.01f);
      const std::vector<std::int32_t> bias{5, -700, 0, 1, 300, -2};
      Builder plain = layer(op, scales, bias);
      const Codes x = random_codes(rng, count_of(plain[0].shape));
      for (const Channel& c : dead) {
        std::vector<float> dead_scales = scales;
        std::vector<std::int32_t> dead_bias = bias;
        dead_scales[dead_channel] = c.scale;
        dead_bias[dead_channel] = c.bias;
        const Builder b = layer(op, dead_scales, dead_bias);
        for (const Rounding r : {Rounding::single_rounding, Rounding::double_rounding}) {
          Codes expected = run_graph(plain.graph, {x}, {}, {.rounding = r});
          for (std::size_t i = dead_channel; i < expected.size(); i += channels)
            expected[i] = z_out;
          for (const Isa isa : octet::test::isas_under_test()) {
            CAPTURE(std::string(op_name(op)));
            CAPTURE(c.scale);
            CAPTURE(std::string(isa_name(isa)));
            CHECK(run_graph(b.graph, {x}, {}, {.rounding = r, .isa = isa}) == expected);
          }
        }
      }
    }
  }

  TEST_CASE("a channel whose large bias leaves one code, beside others: the portable bytes") {
    std::mt19937_64 rng(6);
    for (const OpCode op : ops) {
      // Codes within and beyond the range, constant or, with the larger scales, not quite.
      for (const float scale : {1e-9f, 3e-8f, 2.5e-7f, 1.2e-6f, 1.7e-6f, 2e-5f}) {
        for (const std::int32_t large : {-(1 << 30), -(1 << 30) + 64, (1 << 30) + 128}) {
          const Builder b = layer(op, {0.01f, scale, 0.01f, 3.4366e-7f, scale, 0.01f},
                                  {5, large, 0, 1 << 30, -large, -2});
          const Codes x = random_codes(rng, count_of(b.graph.tensors[0].shape));
          for (const Rounding r : {Rounding::single_rounding, Rounding::double_rounding}) {
            const Codes expected =
                run_graph(b.graph, {x}, {}, {.rounding = r, .isa = Isa::portable});
            for (const Isa isa : octet::test::isas_under_test()) {
              CAPTURE(std::string(op_name(op)));
              CAPTURE(scale);
              CAPTURE(large);
              CAPTURE(std::string(isa_name(isa)));
              CHECK(run_graph(b.graph, {x}, {}, {.rounding = r, .isa = isa}) == expected);
            }
          }
        }
      }
    }
  }

  TEST_CASE("a layer whose one scale is 0 is its zero point") {
    for (const OpCode op : ops) {
      Builder b = layer(op, {0.0f}, std::vector<std::int32_t>(channels, highest));
      const Codes x(static_cast<std::size_t>(count_of(b[0].shape)), 127);
      for (const std::int8_t y : run_graph(b.graph, {x})) CHECK(y == z_out);
    }
  }

  TEST_CASE("refused: a saturated bias in a channel that lives, scales without a meaning") {
    for (const OpCode op : ops) {
      std::vector<float> scales(channels, 0.01f);
      std::vector<std::int32_t> bias(channels, 0);
      bias[4] = highest;
      CHECK(refusal(layer(op, scales, bias).graph).find("channel 4: int32") != std::string::npos);
      bias[4] = 0;
      for (const float scale : {-0.01f, std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN()}) {
        scales[1] = scale;
        CHECK(refusal(layer(op, scales, bias).graph).find("scales >= 0") != std::string::npos);
      }
    }
  }

  TEST_CASE("constants of scale 0 in MUL and PRELU; a computed value has none") {
    for (const OpCode op : {OpCode::mul, OpCode::prelu}) {
      Builder b;
      b.i8({1, 256}, 0.5f, 0);
      b.constant({1, 256}, Codes(256, 77), {0.0f});
      b.i8({1, 256}, 0.5f, -4);
      b.node(op, {0, 1}, {2},
             op == OpCode::mul ? Attributes{ElementwiseAttributes{}} : Attributes{});
      const Codes y = run_graph(b.done({0}, {2}), {all_codes()});
      for (std::size_t i = 0; i < 128; ++i) CHECK(y[i] == -4);
      b[0].quantization.scale[0] = 0.0f;
      CHECK(refusal(b.graph).find("normal range, got 0") != std::string::npos);
    }
  }
}
