// Weights in codes: one scale for each output channel, or one for all.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "quant/weights/weight_quantizer.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

namespace {

WeightCodes quantize(Context& ctx, const Tensor& w, const char* layer = "layer") {
  return make_weight_quantizer(QuantSpec::per_channel())->quantize(ctx, w, {.layer = layer});
}

}  // namespace

TEST_CASE("weights: symmetric per channel, half away from zero") {
  Context ctx(2);
  // Channel 0: largest 1.27 -> scale 0.01; channel 1: all zero -> floor; channel 2: one value.
  const float w[] = {1.27f, -0.005f, 0.015f, 0, 0, 0, -3, 3, 1.5f};
  const WeightCodes q = quantize(ctx, Tensor::from<float>({3, 3}, w));
  const auto codes = q.codes.span<std::int8_t>();
  CHECK(q.scale[0] == 1.27f / 127);
  CHECK(q.scale[1] == weight_scale_floor);
  CHECK(q.scale[2] == 3.0f / 127);
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    const float r = w[i] / q.scale[static_cast<std::size_t>(i / 3)];
    CHECK(int(codes[static_cast<std::size_t>(i)]) == int(std::round(r)));
  }
  CHECK(codes[6] == -127);
  const float nan[] = {1, std::nanf("")};
  CHECK_THROWS_WITH_AS(quantize(ctx, Tensor::from<float>({1, 2}, nan), "conv1"),
                       doctest::Contains("conv1"), Error);
  // 33,156 weights of +-127 reach 2^30 / 255.
  CHECK_THROWS_WITH_AS(quantize(ctx, Tensor::full({1, 33156}, 1.0f), "wide"),
                       doctest::Contains("2^30"), Error);
  CHECK_NOTHROW(quantize(ctx, Tensor::full({1, 33155}, 1.0f), "wide"));
}

TEST_CASE("weights with one scale: the largest of all channels, batch norm's factor in the codes") {
  Context ctx(2);
  const WeightQuantizerPtr quantizer = make_weight_quantizer(QuantSpec::per_tensor());
  CHECK(quantizer->folds_first());
  const float w[] = {1.27f, -0.635f, 0.02f, 0, 0.05f, -0.05f};
  const Tensor weight = Tensor::from<float>({3, 2}, w);
  const auto codes = [&](const WeightUse& use) {
    const WeightCodes q = quantizer->quantize(ctx, weight, use);
    for (const float s : q.scale) CHECK(s == q.scale[0]);
    return std::pair{q.codes.clone(), q.scale[0]};
  };
  const auto check = [&](const WeightUse& use, float scale) {
    const auto [q, s] = codes(use);
    CHECK(s == scale);
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(i);
      const float f = use.factor.empty() ? 1.0f : static_cast<float>(use.factor[i / 2]);
      CHECK(int(q.span<std::int8_t>()[i]) == int(std::round(w[i] * f / s)));
    }
  };
  check({.layer = "layer"}, 1.27f / 127);
  const double factor[] = {-0.5, 2, 100};
  check({.layer = "layer", .factor = factor}, 0.05f * 100 / 127);
  check({.layer = "layer", .factor = factor, .min_scale = 0.5f}, 0.5f);
  const double nothing[] = {0, 0, 0};
  CHECK(codes({.layer = "layer", .factor = nothing}).second == weight_scale_floor);

  const double huge[] = {1, 1e300, 1};
  CHECK_THROWS_WITH_AS(quantizer->quantize(ctx, weight, {.layer = "conv1", .factor = huge}),
                       doctest::Contains("conv1: weight of output channel 1 is not finite"), Error);
  const Tensor wide = Tensor::full({2, 33156}, 1.0f);
  CHECK_THROWS_WITH_AS(quantizer->quantize(ctx, wide, {.layer = "wide"}),
                       doctest::Contains("output channel 0 has 33156 weights"), Error);
  const double halved[] = {0.5, 0.5};
  CHECK_NOTHROW(
      quantizer->quantize(ctx, wide, {.layer = "wide", .factor = halved, .min_scale = 1.0f / 127}));
}

TEST_CASE("weights of fewer bits, and specifications that no kernel has") {
  Context ctx;
  for (int bits = 2; bits <= 8; ++bits) {
    CAPTURE(bits);
    const auto quantizer = make_weight_quantizer({.bits = bits});
    const int top = (1 << (bits - 1)) - 1;
    const float w[] = {-1, 0.5f, 1, 0.01f};
    const WeightCodes q = quantizer->quantize(ctx, Tensor::from<float>({1, 4}, w), {});
    CHECK(q.scale[0] == 1.0f / static_cast<float>(top));
    CHECK(int(q.codes.span<std::int8_t>()[0]) == -top);
    CHECK(int(q.codes.span<std::int8_t>()[2]) == top);
  }
  CHECK_THROWS_WITH_AS(make_weight_quantizer({.bits = 9}), doctest::Contains("bits, got 9"), Error);
  CHECK_THROWS_WITH_AS(make_weight_quantizer({.bits = 1}), doctest::Contains("bits, got 1"), Error);
  CHECK_THROWS_WITH_AS(make_weight_quantizer({.symmetric = false}), doctest::Contains("symmetric"),
                       Error);
  CHECK_THROWS_WITH_AS(make_weight_quantizer({.axis = 3}), doctest::Contains("got axis 3"), Error);
}
