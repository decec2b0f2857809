// Every op that rescales, on scales that make ties frequent, against exact arithmetic.
#include <doctest/doctest.h>

#include <cmath>

#include "int8/reference/add.h"
#include "int8/reference/mean.h"
#include "int8/reference/mul.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/prelu.h"
#include "int8/reference/quantize.h"
#include "int8/reference/tables/relu.h"
#include "tests/int8/build.h"
#include "tests/int8/isas.h"
#include "tests/int8/reference.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

constexpr int zero_points[][3] = {{0, 0, 0}, {-128, 127, 3}, {5, -7, -128}};

/// y(a, b) over all pairs of codes, and what it should be.
template <class Got, class Expected>
void check_pairs(const Got& got, const Expected& expected) {
  int wrong = 0;
  for (int a = -128; a <= 127; ++a) {
    for (int b = -128; b <= 127; ++b) {
      const auto qa = static_cast<std::int8_t>(a), qb = static_cast<std::int8_t>(b);
      const std::int64_t g = got(qa, qb), e = expected(a, b);
      if (g == e || wrong++ > 2) continue;
      CAPTURE(a);
      CAPTURE(b);
      CHECK(g == e);
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("ADD and SUB with twice the input scale: every odd sum is a tie") {
    for (const Rounding r : both_roundings) {
      for (const auto& z : zero_points) {
        const int z1 = z[0], z2 = z[1], zo = z[2];
        for (const bool subtract : {false, true}) {
          const auto make = subtract ? make_sub_params : make_add_params;
          const AddParams p = make(0.25f, z1, 0.25f, z2, 0.5f, zo, Activation::none, r);
          check_pairs([&](std::int8_t a, std::int8_t b) { return preclamp(p, a, b); },
                      [&](int a, int b) {
                        const int sum = a - z1 + (subtract ? -(b - z2) : b - z2);
                        const Wide half =
                            r == Rounding::single_rounding ? half_up(sum, 2) : half_away(sum, 2);
                        return static_cast<std::int64_t>(half) + zo;
                      });
        }
      }
    }
  }

  TEST_CASE("ADD with input scales 1 : 2 and output scale 4") {
    for (const Rounding r : both_roundings) {
      const AddParams p = make_add_params(1.0f, 3, 2.0f, -4, 4.0f, 7, Activation::none, r);
      // M1 = 1/4, M2 = 1/2, Mo = 2^-20; the inputs hold 20 extra bits, so only the last rounds.
      check_pairs([&](std::int8_t a, std::int8_t b) { return preclamp(p, a, b); },
                  [&](int a, int b) {
                    const std::int64_t x = halved(std::int64_t{a - 3} << 20, 2, r);
                    const std::int64_t y = halved(std::int64_t{b + 4} << 20, 1, r);
                    return halved(x + y, 20, r) + 7;
                  });
    }
  }

  TEST_CASE("MUL by quarters") {
    for (const Rounding r : both_roundings) {
      for (const auto& z : zero_points) {
        const int z1 = z[0], z2 = z[1], zo = z[2];
        const MulParams p = make_mul_params(0.5f, z1, 0.5f, z2, 1.0f, zo, Activation::none, r);
        check_pairs([&](std::int8_t a, std::int8_t b) { return preclamp(p, a, b); },
                    [&](int a, int b) { return halved((a - z1) * (b - z2), 2, r) + zo; });
      }
    }
  }

  TEST_CASE("PRELU by halves and eighths") {
    for (const Rounding r : both_roundings) {
      const PreluParams p = make_prelu_params(1.0f, 5, 0.25f, -3, 2.0f, 1, r);
      check_pairs([&](std::int8_t x, std::int8_t alpha) { return prelu_preclamp(p, x, alpha); },
                  [&](int x, int alpha) {
                    const int v = x - 5;
                    return 1 + (v >= 0 ? halved(v, 1, r) : halved(v * (alpha + 3), 3, r));
                  });
    }
  }

  TEST_CASE("QUANTIZE, RELU and LEAKY_RELU tables") {
    for (const Rounding r : both_roundings) {
      for (int k = 0; k <= 4; ++k) {
        const float so = std::ldexp(1.0f, k);
        const Table requantize = make_requantize_codes(1.0f, 9, so, -5, r).table();
        const Table relu = make_relu_codes(1.0f, 9, so, -5, r).table();
        for (const float sign : {1.0f, -1.0f}) {
          const Table leaky = make_leaky_relu_codes(1.0f, 9, so, -5, sign * 0.25f, r).table();
          for (int q = -128; q <= 127; ++q) {
            const auto i = static_cast<std::size_t>(q + 128);
            const std::int64_t v = q - 9;
            CAPTURE(k);
            CAPTURE(q);
            CHECK(requantize[i] == saturated(halved(v, k, r) - 5));
            CHECK(relu[i] == saturated(halved(v, k, r) - 5, -5));
            const std::int64_t negative = static_cast<std::int64_t>(sign) * halved(v, k + 2, r);
            CHECK(leaky[i] == saturated((v >= 0 ? halved(v, k, r) : negative) - 5));
          }
        }
      }
    }
  }

  TEST_CASE("MEAN") {
    for (const Rounding r : both_roundings) {
      for (const int count : {1, 2, 4, 8, 1024}) {
        const MeanParams p = make_mean_params(0.5f, -3, 1.0f, 11, count, r);
        const int log2_count = static_cast<int>(std::log2(count));
        // M = 1/2 divided by a power of two, all in the multiplier's exponent.
        for (int sum = -600; sum <= 600; ++sum) {
          CAPTURE(count);
          CAPTURE(sum);
          CHECK(mean_preclamp(p, sum) == halved(sum + 3 * count, 1 + log2_count, r) + 11);
        }
      }
      // 3 elements: m = 2^30, e = 1 for M = 1; t = 1; m' = trunc(2^31 / 3), e' = 0.
      const MeanParams thirds = make_mean_params(1.0f, 2, 1.0f, 0, 3, r);
      for (int sum = -384; sum <= 381; ++sum) {
        CHECK(mean_preclamp(thirds, sum) == rescaled(sum - 6, 715827882, 0, r));
      }
    }
  }

  // What the wheel of TFLite Micro of 23 October 2026 gives: with quotients in float32 each of
  // these is the neighbouring code.
  TEST_CASE("multipliers are quotients in double") {
    const Rounding r = Rounding::double_rounding;
    const auto code = [](const UnaryCodes& codes, int q) {
      return int{codes.table()[static_cast<std::size_t>(q + 128)]};
    };
    const UnaryCodes relu = make_relu_codes(3.0f, 8, 0.4f, 25, r);
    CHECK(code(relu, 9) == 32);
    CHECK(code(relu, 13) == 62);
    CHECK(code(make_relu_codes(0.9f, -41, 0.12f, -95, r), -40) == -88);
    const UnaryCodes leaky = make_leaky_relu_codes(0.1f, 111, 0.004f, -38, 0.3f, r);
    CHECK(code(leaky, 100) == -121);
    CHECK(code(leaky, 104) == -91);
    const AddParams sub = make_sub_params(3.0f, 18, 0.4f, 78, 8.0f, -1, Activation::none, r);
    CHECK(preclamp(sub, -122, -102) == -45);
    CHECK(preclamp(sub, -106, -102) == -39);

    const auto dense = [](float s_in, int z_in, float s_w, float s_out, int z_out, int x, int w) {
      Builder b;
      b.i8({1, 1}, s_in, z_in);
      b.constant({1, 1}, {static_cast<std::int8_t>(w)}, {s_w});
      b.i8({1, 1}, s_out, z_out);
      b.node(OpCode::fully_connected, {0, 1}, {2}, FullyConnectedAttributes{});
      const Codes input{static_cast<std::int8_t>(x)};
      return int{run_graph(b.done({0}, {2}, Rounding::double_rounding), {input}).at(0)};
    };
    CHECK(dense(2.5f, 101, 0.3f, 0.8f, 26, -51, 1) == -117);
    CHECK(dense(6.0f, 86, 0.1f, 0.4f, -20, 87, -3) == -24);
    CHECK(dense(5.0f, -118, 0.3f, 0.8f, -21, -127, -4) == 47);
  }

  TEST_CASE("CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED on power-of-two scales") {
    const Codes x = all_codes();
    for (const Rounding r : both_roundings) {
      for (const int w : {1, -1, 3, -127}) {
        for (const int bias : {0, 1, -2}) {
          const Codes weight{static_cast<std::int8_t>(w)};
          const auto expect = [&](Graph graph) {
            graph.rounding = r;
            for (const Isa isa : octet::test::isas_under_test()) {
              const Codes y = run_graph(graph, {x}, {.batch = 256}, {.isa = isa});
              for (int q = -128; q <= 127; ++q) {
                const std::int64_t acc = std::int64_t{w} * (q - 17) + bias;
                CAPTURE(std::string(isa_name(isa)));
                CAPTURE(w);
                CAPTURE(q);
                CHECK(y[static_cast<std::size_t>(q + 128)] == saturated(halved(acc, 2, r) - 6));
              }
            }
          };
          Builder fc;
          {
            const int in = fc.i8({1, 1}, 0.5f, 17), out = fc.i8({1, 1}, 1.0f, -6);
            fc.node(OpCode::fully_connected,
                    {in, fc.constant({1, 1}, weight, {0.5f}), fc.ints({bias})}, {out},
                    FullyConnectedAttributes{});
            expect(fc.done({in}, {out}));
          }
          for (const OpCode op : {OpCode::conv_2d, OpCode::depthwise_conv_2d}) {
            Builder conv;
            const int in = conv.i8({1, 1, 1, 1}, 0.5f, 17), out = conv.i8({1, 1, 1, 1}, 1.0f, -6);
            conv.node(op, {in, conv.constant({1, 1, 1, 1}, weight, {0.5f}), conv.ints({bias})},
                      {out}, ConvAttributes{});
            expect(conv.done({in}, {out}));
          }
          Builder transposed;
          {
            const int in = transposed.i8({1, 1, 1, 1}, 0.5f, 17);
            const int out = transposed.i8({1, 1, 1, 1}, 1.0f, -6);
            transposed.node(
                OpCode::transpose_conv,
                {transposed.ints({1, 1, 1, 1}), transposed.constant({1, 1, 1, 1}, weight, {0.5f}),
                 in, transposed.ints({bias})},
                {out}, TransposeConvAttributes{});
            expect(transposed.done({in}, {out}));
          }
        }
      }
    }
  }

  TEST_CASE("QUANTIZE of floats rounds half away, saturates, and takes NaN") {
    CHECK(quantize_one(0.25f, 0.5f, 3) == 4);
    CHECK(quantize_one(-0.25f, 0.5f, 3) == 2);
    CHECK(quantize_one(0.2499f, 0.5f, 3) == 3);
    CHECK(quantize_one(1e30f, 0.5f, 3) == 127);
    CHECK(quantize_one(-1e30f, 0.5f, 3) == -128);
    CHECK(quantize_one(INFINITY, 0.5f, -128) == 127);
    CHECK(quantize_one(-INFINITY, 0.5f, 127) == -128);
    CHECK(quantize_one(NAN, 0.5f, 127) == -128);
    CHECK(dequantize_one(-3, 0.1f, 4) == static_cast<float>(-7.0 * double{0.1f}));
  }
}
