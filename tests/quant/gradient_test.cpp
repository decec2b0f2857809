// The forward of quantized ops against plain loops over the written arithmetic, and their backward
// against autograd of the float function with the same (dequantized) operands: docs/numerics.md,
// lines 4 to 13 and 23 to 27.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "int8/reference/activation_range.h"
#include "int8/reference/add.h"
#include "int8/reference/xnnpack/float_add.h"
#include "quant/qops/qadd.h"
#include "quant/qops/qconv.h"
#include "quant/qops/qpool.h"
#include "quant/qops/qtable.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

namespace {

Tensor random_real(std::mt19937_64& rng, const Shape& shape, float lo, float hi) {
  Tensor t = Tensor::empty(shape);
  std::uniform_real_distribution<float> draw(lo, hi);
  for (real& v : t.span<real>()) v = draw(rng);
  return t;
}

Tensor random_codes(std::mt19937_64& rng, const Shape& shape) {
  Tensor t = Tensor::empty(shape, ElementType::i8);
  std::uniform_int_distribution<int> draw(-128, 127);
  for (auto& v : t.span<std::int8_t>()) v = static_cast<std::int8_t>(draw(rng));
  return t;
}

Tensor real_of(const Tensor& codes, QuantParams p) {
  Tensor t = Tensor::empty(codes.shape());
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    t.r()[i] = p.scale * static_cast<float>(codes.data<std::int8_t>()[i] - p.zero_point);
  }
  return t;
}

QuantizedTensorPtr value(const std::string& name, QuantParams p) {
  auto v = std::make_shared<QuantizedTensor>(name, make_observer(ObserverKind::min_max));
  v->params = p;
  return v;
}

void check_close(const Tensor& got, const Tensor& expected, const char* what) {
  REQUIRE(got.numel() == expected.numel());
  double largest = 1e-6, error = 0;
  for (std::int64_t i = 0; i < got.numel(); ++i) {
    largest = std::max(largest, std::fabs(double(expected.r()[i])));
    error = std::max(error, std::fabs(double(got.r()[i]) - double(expected.r()[i])));
  }
  CAPTURE(what);
  CAPTURE(largest);
  CHECK(error <= 2e-5 * largest);
}

struct Gradients {
  std::vector<Grad> grads;
  std::vector<Grad*> pointers;
  explicit Gradients(std::size_t n) : grads(n) {
    for (Grad& g : grads) pointers.push_back(&g);
  }
};

struct ConvCase {
  const char* name;
  bool linear, batch_norm;
  int groups;
  Window2d window;
  int8::Activation activation;
  Stage stage;
  int8::Rounding rounding;
  QuantSpec weights = QuantSpec::per_channel();
};

Window2d window(int k, int stride, Padding2d pads) {
  Window2d w;
  w.kernel_h = w.kernel_w = k;
  w.stride_h = w.stride_w = stride;
  w.padding = pads;
  return w;
}

constexpr auto single = int8::Rounding::single_rounding;
constexpr auto twice = int8::Rounding::double_rounding;
constexpr auto in_float = int8::Rounding::float_rounding;

const ConvCase conv_cases[] = {
    {"frozen bn relu", false, true, 1, window(3, 1, Padding2d::all(1)), int8::Activation::relu,
     Stage::frozen_bn, single},
    {"train bn relu", false, true, 1, window(3, 1, Padding2d::all(1)), int8::Activation::relu,
     Stage::train_bn, single},
    {"train bn none double", false, true, 1, window(3, 2, Padding2d::all(1)),
     int8::Activation::none, Stage::train_bn, twice},
    {"frozen observers relu6 double", false, true, 1, window(3, 2, Padding2d::same_padding()),
     int8::Activation::relu6, Stage::frozen_observers, twice},
    {"depthwise train bn", false, true, 4, window(3, 1, Padding2d::all(1)), int8::Activation::relu6,
     Stage::train_bn, single},
    {"depthwise frozen", false, true, 4, window(3, 2, Padding2d{0, 1, 1, 0, false}),
     int8::Activation::relu, Stage::frozen_bn, single},
    {"grouped, bias", false, false, 2, window(3, 1, Padding2d::all(1)), int8::Activation::none,
     Stage::train_bn, single},
    {"linear, bias", true, false, 1, {}, int8::Activation::relu, Stage::frozen_bn, single},
    {"linear, bn", true, true, 1, {}, int8::Activation::none, Stage::train_bn, single},
    {"train bn relu6 float", false, true, 1, window(3, 1, Padding2d::all(1)),
     int8::Activation::relu6, Stage::train_bn, in_float},
    {"depthwise float", false, true, 4, window(3, 2, Padding2d::all(1)), int8::Activation::relu,
     Stage::frozen_bn, in_float},
    {"linear, bias, float",
     true,
     false,
     1,
     {},
     int8::Activation::none,
     Stage::frozen_observers,
     in_float},
    {"per tensor, bn", false, true, 1, window(3, 1, Padding2d::all(1)), int8::Activation::relu,
     Stage::frozen_bn, single, QuantSpec::per_tensor()},
    {"per tensor, depthwise, bn", false, true, 4, window(3, 2, Padding2d::all(1)),
     int8::Activation::relu6, Stage::frozen_bn, twice, QuantSpec::per_tensor()},
    {"per tensor, bn, float", false, true, 1, window(3, 1, Padding2d::all(1)),
     int8::Activation::relu, Stage::frozen_bn, in_float, QuantSpec::per_tensor()},
    {"per tensor, grouped, bias", false, false, 2, window(3, 1, Padding2d::all(1)),
     int8::Activation::none, Stage::frozen_bn, single, QuantSpec::per_tensor()},
    {"per tensor, linear, bn",
     true,
     true,
     1,
     {},
     int8::Activation::none,
     Stage::frozen_observers,
     single,
     QuantSpec::per_tensor()},
};

}  // namespace

TEST_CASE("quantized convolution: codes, mask, statistics and gradients") {
  for (const ConvCase& k : conv_cases) {
    CAPTURE(k.name);
    auto rng = test::rng(7);
    Context ctx(2);
    ctx.training = true;
    const std::int64_t in_c = 4, out_c = k.groups == 4 ? 4 : 6, batch = 3;
    const QuantParams in{0.03f, -7}, out{0.05f, k.activation == int8::Activation::none ? 5 : -128};

    auto state = std::make_shared<QatState>();
    state->stage = k.stage;
    state->rounding = k.rounding;
    auto op = std::make_shared<QConvOp>(state, value("y", out), "layer");
    op->in = value("x", in);
    op->weights = make_weight_quantizer(k.weights);
    op->linear = k.linear;
    op->window = k.window;
    op->groups = k.groups;
    op->activation = k.activation;

    const Tensor x =
        random_codes(rng, k.linear ? Shape{batch * 5, in_c} : Shape{batch, 6, 7, in_c});
    Tensor w =
        random_real(rng,
                    k.linear ? Shape{out_c, in_c}
                             : Shape{out_c, k.window.kernel_h, k.window.kernel_w, in_c / k.groups},
                    -0.4f, 0.4f);
    std::vector<Tensor> inputs{x, w};
    auto stats = std::make_shared<BatchNormStats>();
    stats->mean = random_real(rng, {out_c}, -0.5f, 0.5f);
    stats->var = random_real(rng, {out_c}, 0.5f, 2.0f);
    const Tensor mean_before = stats->mean.clone(), var_before = stats->var.clone();
    if (k.batch_norm) {
      Tensor gamma = random_real(rng, {out_c}, 0.5f, 1.5f);
      gamma.r()[1] = -gamma.r()[1];  // a negative factor flips the codes' sign
      inputs.push_back(gamma);
      inputs.push_back(random_real(rng, {out_c}, -0.5f, 0.5f));
      op->batch_norm = {stats, 1e-5, 0.1};
    } else {
      inputs.push_back(random_real(rng, {out_c}, -0.5f, 0.5f));
    }

    Saved saved;
    const Tensor y = op->forward(ctx, inputs, saved);

    // The float function on the dequantized operands, by the float ops.
    std::vector<double> factor(static_cast<std::size_t>(out_c), 1.0);
    for (std::size_t c = 0; c < factor.size() && k.batch_norm; ++c) {
      factor[c] = double(inputs[2].r()[c]) / std::sqrt(double(var_before.r()[c]) + 1e-5);
    }
    const WeightCodes codes = op->weights->quantize(ctx, w, {.layer = "layer", .factor = factor});
    Tensor w_real = Tensor::empty(w.shape());
    const std::int64_t taps = w.numel() / out_c;
    for (std::int64_t i = 0; i < w.numel(); ++i) {
      const auto c = static_cast<std::size_t>(i / taps);
      w_real.r()[i] = codes.scale[c] * static_cast<float>(codes.codes.data<std::int8_t>()[i]);
      if (op->weights->folds_first()) w_real.r()[i] /= static_cast<float>(factor[c]);
    }
    const bool training = k.stage == Stage::train_bn;
    ctx.training = training;
    const Tensor x_real = real_of(x, in);
    const LinearOp linear;
    const Conv2dOp conv(k.window, k.groups);
    const Op& product = k.linear ? static_cast<const Op&>(linear) : conv;
    auto float_stats =
        std::make_shared<BatchNormStats>(BatchNormStats{mean_before.clone(), var_before.clone()});
    const BatchNormOp bn(float_stats, real(1e-5), real(0.1));
    Saved saved_product, saved_bn;
    std::vector<Tensor> product_inputs{x_real, w_real};
    if (!k.batch_norm) product_inputs.push_back(inputs[2]);
    const Tensor u = product.forward(ctx, product_inputs, saved_product);
    Tensor v = u;
    if (k.batch_norm) {
      v = bn.forward(ctx, std::vector<Tensor>{u, inputs[2], inputs[3]}, saved_bn);
    }

    // Codes: within one step of the float function, clamped.
    const int8::ClampRange range = int8::clamp_range(k.activation, out, k.rounding);
    REQUIRE(y.shape() == v.shape());
    int worst = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const double ideal = std::clamp(double(v.r()[i]) / double(out.scale) + out.zero_point,
                                      double(range.lo), double(range.hi));
      worst = std::max(worst,
                       static_cast<int>(std::lround(std::fabs(ideal - y.data<std::int8_t>()[i]))));
    }
    CHECK(worst <= 1);

    // Running statistics move in train_bn only, and as the float batch norm's.
    if (k.batch_norm && training) {
      check_close(stats->mean, float_stats->mean, "running mean");
      check_close(stats->var, float_stats->var, "running variance");
    } else {
      check_close(stats->mean, mean_before, "running mean untouched");
    }

    // Gradients: the mask comes from the codes; elements at the very edge (where the code alone
    // does not tell) get no upstream gradient.
    Tensor dy = random_real(rng, y.shape(), -1, 1);
    Tensor delta = dy.clone();
    const bool open = k.activation != int8::Activation::none;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const double p = double(v.r()[i]) / double(out.scale) + out.zero_point;
      const double lo = range.lo, hi = range.hi;
      const double lo_edge = open ? lo + 0.5 : lo - 0.5;
      if (std::fabs(p - lo_edge) < 0.02 || std::fabs(p - (hi + 0.5)) < 0.02) {
        dy.r()[i] = delta.r()[i] = 0;
      } else if (p < lo_edge || p > hi + 0.5) {
        delta.r()[i] = 0;
      }
    }
    Gradients got(inputs.size());
    op->backward(ctx, saved, dy, got.pointers);

    Gradients expected_product(product_inputs.size());
    Tensor du = delta;
    if (k.batch_norm) {
      Gradients expected_bn(3);
      bn.backward(ctx, saved_bn, delta, expected_bn.pointers);
      expected_bn.grads[0].finish(ctx);
      du = expected_bn.grads[0].value();
      check_close(got.grads[3].value(), expected_bn.grads[2].value(), "d beta");
      product.backward(ctx, saved_product, du, expected_product.pointers);
      Tensor d_gamma = expected_bn.grads[1].value().clone();
      if (op->weights->folds_first()) {
        // Rounding W f to codes is passed straight through: dW f / dgamma is W / sigma.
        const Tensor& dw = expected_product.grads[1].value();
        for (std::int64_t i = 0; i < w.numel(); ++i) {
          d_gamma.r()[i / taps] += (w.r()[i] - w_real.r()[i]) * dw.r()[i] / inputs[2].r()[i / taps];
        }
      }
      check_close(got.grads[2].value(), d_gamma, "d gamma");
    } else {
      product.backward(ctx, saved_product, du, expected_product.pointers);
    }
    check_close(got.grads[0].value(), expected_product.grads[0].value(), "d x");
    check_close(got.grads[1].value(), expected_product.grads[1].value(), "d w");
    if (!k.batch_norm) {
      check_close(got.grads[2].value(), expected_product.grads[2].value(), "d bias");
    }

    // The observer sees the range before the clamp, behind the activation.
    if (k.stage != Stage::frozen_observers) {
      double min = 1e30, max = -1e30;
      for (const real e : v.span<real>()) {
        min = std::min(min, double(e));
        max = std::max(max, double(e));
      }
      const bool relu = k.activation != int8::Activation::none;
      if (relu) min = std::max(min, 0.0), max = std::max(max, 0.0);
      if (k.activation == int8::Activation::relu6) max = std::min(max, 6.0);
      CHECK(op->out->observer->range().min == doctest::Approx(min).epsilon(1e-3));
      CHECK(op->out->observer->range().max == doctest::Approx(max).epsilon(1e-3));
    } else {
      CHECK(!op->out->observer->seen());
    }
  }
}

TEST_CASE("quantized convolution: the same bits at any number of threads") {
  std::vector<Tensor> results;
  for (int threads : {1, 2, 5}) {
    auto rng = test::rng(11);
    Context ctx(threads);
    auto state = std::make_shared<QatState>();
    state->stage = Stage::train_bn;
    auto op = std::make_shared<QConvOp>(state, value("y", {0.05f, -128}), "layer");
    op->in = value("x", {0.03f, -7});
    op->window = window(3, 1, Padding2d::all(1));
    op->activation = int8::Activation::relu;
    auto stats = std::make_shared<BatchNormStats>();
    stats->mean = Tensor::zeros({24});
    stats->var = Tensor::full({24}, 1);
    op->batch_norm = {stats, 1e-5, 0.1};
    const std::vector<Tensor> inputs{
        random_codes(rng, {5, 14, 14, 16}), random_real(rng, {24, 3, 3, 16}, -0.4f, 0.4f),
        random_real(rng, {24}, 0.5f, 1.5f), random_real(rng, {24}, -0.5f, 0.5f)};
    Saved saved;
    const Tensor y = op->forward(ctx, inputs, saved);
    Gradients got(4);
    op->backward(ctx, saved, random_real(rng, y.shape(), -1, 1), got.pointers);
    std::vector<Tensor> all{y, stats->mean, stats->var};
    for (Grad& g : got.grads) all.push_back(g.value());
    if (results.empty()) {
      results = all;
      continue;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      CAPTURE(threads);
      CAPTURE(i);
      CHECK(std::memcmp(all[i].raw(), results[i].raw(), all[i].bytes()) == 0);
    }
  }
}

TEST_CASE("quantized add: the engine's codes, masked gradient, observed sum") {
  for (const auto rounding : {single, twice, in_float}) {
    auto rng = test::rng(3);
    Context ctx(2);
    auto state = std::make_shared<QatState>();
    state->stage = Stage::frozen_bn;
    state->rounding = rounding;
    const QuantParams pa{0.02f, 3}, pb{0.05f, -10}, po{0.03f, -128};
    auto op = std::make_shared<QAddOp>(state, value("y", po), "add");
    op->a = value("a", pa);
    op->b = value("b", pb);
    op->activation = int8::Activation::relu;
    const std::vector<Tensor> x{random_codes(rng, {3, 1001}), random_codes(rng, {3, 1001})};
    Saved saved;
    const Tensor y = op->forward(ctx, x, saved);
    const auto preclamp_of = [&](std::int64_t i) {
      const std::int8_t a = x[0].data<std::int8_t>()[i], b = x[1].data<std::int8_t>()[i];
      if (rounding == in_float)
        return preclamp(int8::xnnpack::make_add_params(pa, pb, po, false, {-128, 127}), a, b);
      return preclamp(
          int8::make_add_params(pa.scale, pa.zero_point, pb.scale, pb.zero_point, po.scale,
                                po.zero_point, int8::Activation::relu, rounding),
          a, b);
    };

    const Tensor dy = random_real(rng, y.shape(), -1, 1);
    Gradients got(2);
    op->backward(ctx, saved, dy, got.pointers);
    int wrong = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const std::int32_t p = preclamp_of(i);
      wrong += y.data<std::int8_t>()[i] != int8::clamp_to_int8(p);
      const real g = p > -128 && p <= 127 ? dy.r()[i] : real(0);
      wrong += got.grads[0].value().r()[i] != g || got.grads[1].value().r()[i] != g;
    }
    CHECK(wrong == 0);
    CHECK(op->out->observer->range().min == 0);
    CHECK(op->out->observer->range().max > double(po.scale) * 255);  // the range before the clamp
  }
}

TEST_CASE("quantized pools: gradient of the real function") {
  auto rng = test::rng(5);
  Context ctx(2);
  auto state = std::make_shared<QatState>();
  state->stage = Stage::frozen_bn;
  const QuantParams p{0.1f, 4};
  for (const auto kind :
       {QPoolOp::Kind::max, QPoolOp::Kind::average, QPoolOp::Kind::global_average}) {
    CAPTURE(static_cast<int>(kind));
    QPoolOp op(state, value("x", p), "pool");
    op.kind = kind;
    op.window = window(3, 2, Padding2d::same_padding());
    const Tensor x = random_codes(rng, {2, 7, 6, 5});
    Saved saved, float_saved;
    const Tensor y = op.forward(ctx, std::vector<Tensor>{x}, saved);
    const Tensor x_real = real_of(x, p);
    const MaxPool2dOp max(op.window);
    const AvgPool2dOp average(op.window, false);
    const GlobalAvgPoolOp global;
    const Op& reference = kind == QPoolOp::Kind::max       ? static_cast<const Op&>(max)
                          : kind == QPoolOp::Kind::average ? static_cast<const Op&>(average)
                                                           : global;
    const Tensor v = reference.forward(ctx, std::vector<Tensor>{x_real}, float_saved);
    REQUIRE(v.shape() == y.shape());
    double worst = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      worst = std::max(worst, std::fabs(double(v.r()[i]) / 0.1 + 4 - y.data<std::int8_t>()[i]));
    }
    CHECK(worst <= 0.501);
    const Tensor dy = random_real(rng, y.shape(), -1, 1);
    Gradients got(1), expected(1);
    op.backward(ctx, saved, dy, got.pointers);
    reference.backward(ctx, float_saved, dy, expected.pointers);
    check_close(got.grads[0].value(), expected.grads[0].value(), "d x");
  }
}

TEST_CASE("standalone relu and relu6: tables with the gradient of the clamp") {
  auto rng = test::rng(9);
  Context ctx;
  auto state = std::make_shared<QatState>();
  state->stage = Stage::frozen_bn;
  const Tensor x = random_codes(rng, {4, 999});
  for (const auto activation : {int8::Activation::relu, int8::Activation::relu6}) {
    const QuantParams from{0.06f, 10};
    const QuantParams to = activation == int8::Activation::relu ? QuantParams{0.02f, -128} : from;
    QTableOp op(state, value("y", to), "act");
    op.in = value("x", from);
    op.function = make_clamp_function(activation);
    if (activation == int8::Activation::relu6) op.out = op.in;
    Saved saved;
    const Tensor y = op.forward(ctx, std::vector<Tensor>{x}, saved);
    const Tensor dy = random_real(rng, y.shape(), -1, 1);
    Gradients got(1);
    op.backward(ctx, saved, dy, got.pointers);
    int wrong_code = 0, wrong_gradient = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const double v = double(from.scale) * (x.data<std::int8_t>()[i] - from.zero_point);
      const double top = activation == int8::Activation::relu ? double(to.scale) * 255 : 6.0;
      const double ideal = std::clamp(v, 0.0, top) / double(to.scale) + to.zero_point;
      wrong_code += std::fabs(ideal - y.data<std::int8_t>()[i]) > 0.51;
      const bool passes = v > 0 && v < top + 1e-9;
      wrong_gradient += got.grads[0].value().r()[i] != (passes ? dy.r()[i] : real(0));
    }
    CHECK(wrong_code == 0);
    CHECK(wrong_gradient == 0);
  }
}
