#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "quant/constant_channels.h"
#include "quant/fold.h"
#include "quant/params.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

TEST_CASE("activation params: zero is exact, the range is covered") {
  const struct {
    double min, max;
    std::int32_t zero_point;
  } rows[] = {{0, 1, -128}, {-1, 0, 127}, {-1, 1, -1}, {2, 5, -128}, {-5, -2, 127}, {-1, 3, -64}};
  for (const auto& row : rows) {
    CAPTURE(row.min);
    CAPTURE(row.max);
    const QuantParams p = activation_params(row.min, row.max);
    CHECK(p.zero_point == row.zero_point);
    const double lo = std::min(row.min, 0.0), hi = std::max(row.max, 0.0);
    CHECK(p.scale == static_cast<float>((hi - lo) / 255.0));
    // Both ends are within half a step of a code.
    CHECK(double(p.scale) * (127 - p.zero_point) >= hi - 0.51 * double(p.scale));
    CHECK(double(p.scale) * (-128 - p.zero_point) <= lo + 0.51 * double(p.scale));
  }
}

TEST_CASE("activation params: floors and refusals") {
  CHECK(activation_params(0, 0).scale == activation_scale_floor);
  CHECK(activation_params(-1e-12, 1e-12).scale == activation_scale_floor);
  CHECK_THROWS_AS(activation_params(1, 0), Error);
  CHECK_THROWS_AS(activation_params(0, std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_AS(activation_params(std::nan(""), 1), Error);
}

TEST_CASE("symmetric params: zero point 0, codes to +-127") {
  const QuantSpec symmetric = QuantSpec::per_tensor();
  CHECK(activation_params(-1, 0.5, symmetric) == QuantParams{static_cast<float>(1.0 / 127), 0});
  CHECK(activation_params(0, 6, symmetric) == QuantParams{static_cast<float>(6.0 / 127), 0});
  CHECK(activation_params(0, 0, symmetric) == QuantParams{activation_scale_floor, 0});
  CHECK(constant_params(-3, 1, symmetric) == QuantParams{static_cast<float>(3.0 / 127), 0});
  CHECK(spec_params(symmetric, {-1, 0.5}).scale == activation_params(-1, 0.5, symmetric).scale);
  CHECK_THROWS_AS(activation_params(1, 0, symmetric), Error);
  const float mean[] = {0}, std_255[] = {255}, mean_128[] = {128}, std_64[] = {64};
  CHECK(input_params(mean, std_255, symmetric) == QuantParams{static_cast<float>(1.0 / 127), 0});
  CHECK(input_params(mean_128, std_64, symmetric) == QuantParams{static_cast<float>(2.0 / 127), 0});
}

TEST_CASE("input params: code = pixel - 128 where the normalization allows it") {
  const float mean[] = {0}, std_255[] = {255};
  CHECK(input_params(mean, std_255) == QuantParams{static_cast<float>(1.0 / 255), -128});
  const float mean_128[] = {128}, std_64[] = {64};
  CHECK(input_params(mean_128, std_64) == QuantParams{1.0f / 64, 0});
  const float mean_rgb[] = {123.7f, 116.3f, 103.5f}, std_rgb[] = {58.4f, 57.1f, 57.4f};
  const QuantParams p = input_params(mean_rgb, std_rgb);
  CHECK(double(p.scale) == doctest::Approx((255 - 103.5) / 57.4 / 255 + 123.7 / 58.4 / 255));
  // Not raised to the activations' floor.
  const float mean_half[] = {0.5f}, std_large[] = {1e7f};
  CHECK(double(input_params(mean_half, std_large).scale) == doctest::Approx(1e-7));
  const float bad[] = {0};
  CHECK_THROWS_AS(input_params(mean, bad), Error);
}

namespace {

struct FoldCase {
  std::vector<float> scale{0.01f}, gamma{1}, beta{0};
  std::vector<double> mean{0}, var{1};
  Folded run() const {
    FoldInput in;
    in.input_scale = 0.5f;
    in.output = {0.1f, 3};
    in.weight_scale = scale;
    in.gamma = gamma;
    in.beta = beta;
    in.mean = mean;
    in.var = var;
    in.eps = 1e-3;
    return fold(in);
  }
};

}  // namespace

TEST_CASE("fold: scale, sign, bias and multiplier of a channel") {
  FoldCase c;
  c.gamma = {-2};
  c.beta = {0.7f};
  c.mean = {0.3};
  c.var = {4};
  const Folded f = c.run();
  const double sigma = std::sqrt(4 + 1e-3), factor = -2 / sigma;
  CHECK(f.sigma[0] == sigma);
  CHECK(f.f[0] == factor);
  CHECK(f.sign[0] == -1);
  CHECK(f.scale[0] == static_cast<float>(double(0.01f) * std::fabs(factor)));
  const double b = double(0.7f) - 0.3 * factor;
  CHECK(f.bias[0] == std::lround(b / (0.5 * double(f.scale[0]))));
  const int8::Multiplier m = f.multiplier[0];
  const double real_m = double(m.m) * std::ldexp(1.0, m.shift - 31);
  CHECK(real_m == doctest::Approx(0.5 * double(f.scale[0]) / double(0.1f)).epsilon(1e-9));
}

TEST_CASE("fold: without batch norm the bias alone") {
  const float scale[] = {0.01f, 0.02f}, bias[] = {1.0f, -1.0f};
  FoldInput in;
  in.input_scale = 0.5f;
  in.weight_scale = scale;
  in.bias = bias;
  const Folded f = fold(in);
  CHECK(f.scale == PoolVector<float>{0.01f, 0.02f});
  CHECK(f.sign == PoolVector<std::int32_t>{1, 1});
  CHECK(f.bias[0] == std::lround(1.0 / (0.5 * double(0.01f))));
  CHECK(f.bias[1] == std::lround(-1.0 / (0.5 * double(0.02f))));
}

TEST_CASE("fold: a scale far below 2^-26 is as good as any") {
  FoldCase c;
  c.var = {1e16};  // f = 1e-8: inputs of 1e8
  c.beta = {0.025f};
  const Folded f = c.run();
  CHECK(f.sign[0] == 1);
  CHECK(f.scale[0] == static_cast<float>(double(0.01f) / std::sqrt(1e16 + 1e-3)));
  CHECK(f.bias[0] == std::lround(double(0.025f) / (0.5 * double(f.scale[0]))));
  // The bias scale that goes into the file is a normal number for every input and weight.
  CHECK(std::isnormal(weight_scale_floor * input_scale_floor));
  CHECK(std::isnormal(weight_scale_floor * activation_scale_floor));
}

TEST_CASE("fold: what is not finite names the layer") {
  FoldInput in;
  in.layer = "block.conv";
  in.input_scale = 0.5f;
  const float scale[] = {0.01f}, bias[] = {std::numeric_limits<float>::infinity()};
  in.weight_scale = scale;
  in.bias = bias;
  CHECK_THROWS_WITH_AS(fold(in), doctest::Contains("layer block.conv: output channel 0"), Error);
  const float finite[] = {0}, huge[] = {1e38f};
  in.bias = finite;
  in.weight_scale = huge;
  in.output.scale = 1e-10f;
  CHECK_THROWS_WITH_AS(fold(in), doctest::Contains("layer block.conv: input scale"), Error);
}

TEST_CASE("fold: codes that hold the factor keep their scale, and beta and mean go into the bias") {
  FoldInput in;
  in.input_scale = 0.5f;
  in.output = {0.1f, 3};
  in.factor_in_codes = true;
  const float scale[] = {0.01f, 0.01f}, gamma[] = {-2, 0}, beta[] = {0.7f, 1.5f};
  const double mean[] = {0.3, 3}, var[] = {4, 1};
  in.weight_scale = scale;
  in.gamma = gamma;
  in.beta = beta;
  in.mean = mean;
  in.var = var;
  const Folded f = fold(in);
  CHECK(f.scale == PoolVector<float>{0.01f, 0.01f});
  CHECK(f.sign == PoolVector<std::int32_t>{1, 1});
  CHECK(f.bias[0] == std::lround((double(0.7f) - 0.3 * (-2 / 2.0)) / (0.5 * double(0.01f))));
  CHECK(f.bias[1] == std::lround(1.5 / (0.5 * double(0.01f))));
}

TEST_CASE("the scale of weights beside a bias: the bias code just fits") {
  for (const double b : {0.0, 1e-3, 1.0, -7e20, 3.3333333}) {
    CAPTURE(b);
    Affine affine;
    affine.b = {b, b / 2};
    const float s = min_scale_beside(affine, 0.03f);
    CHECK(s >= weight_scale_floor);
    CHECK(std::fabs(std::round(b / (double(0.03f) * double(s)))) <= 0x1p30);
    if (b == 0) continue;
    CHECK(std::fabs(b / (double(0.03f) * double(s))) > 0x1p30 * (1 - 1e-6));
  }
}

TEST_CASE("channels with one code, whatever the input") {
  const QuantParams x{0.5f, 3}, y{0.1f, -5};
  const auto count = [&](std::vector<std::int8_t> codes, const FoldInput& in) {
    const auto channels = static_cast<std::int64_t>(in.weight_scale.size());
    return constant_channels(
        Tensor::from<std::int8_t>({channels, std::ssize(codes) / channels}, codes), fold(in), x, y,
        {.lo = -5, .hi = 127}, int8::Rounding::single_rounding);
  };
  FoldInput in;
  in.input_scale = x.scale;
  in.output = y;
  // One that works; all weights 0; a multiplier of 0; a bias far below the ReLU.
  const float scale[] = {0.01f, 0.01f, 1e-30f, 0.01f}, bias[] = {0, 1, 0, -100};
  in.weight_scale = scale;
  in.bias = bias;
  CHECK(count({1, -2, 0, 0, 127, 127, 1, 2}, in) == 3);
}

TEST_CASE("fold: dead and near-dead channels become constants of the right value (line 9)") {
  const struct {
    float gamma, beta;
    double mean;
  } rows[] = {{0, 1.5f, 0},      // gamma 0
              {0, -2.25f, 3},    //
              {1e-12f, 100, 0},  // bias out of reach of the scale
              {0, 0, 0}};
  for (const auto& row : rows) {
    CAPTURE(row.gamma);
    CAPTURE(row.beta);
    FoldCase c;
    c.gamma = {row.gamma};
    c.beta = {row.beta};
    c.mean = {row.mean};
    const Folded f = c.run();
    CHECK(f.sign[0] == 0);
    CHECK(f.scale[0] >= weight_scale_floor);
    CHECK(std::abs(std::int64_t{f.bias[0]}) <= std::int64_t{1} << 30);
    const double value = 0.5 * double(f.scale[0]) * f.bias[0];
    CHECK(value == doctest::Approx(double(row.beta)).epsilon(1e-6));
  }
}
