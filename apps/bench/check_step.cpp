#include "apps/bench/check_step.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "apps/bench/gradient_error.h"
#include "apps/bench/reference_step.h"
#include "apps/bench/step_values.h"

namespace octet::bench {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t samples = 4;
constexpr int warm_up_steps = 16;
constexpr double loss_tolerance = 1e-4;
// Both steps differentiate at the same values, so rounding is what is left, and now and then a
// clamp that the code alone does not tell.
constexpr double gradient_tolerance = 5e-3;
// Of a step whose float convolutions too are portable: they add in another order, without fused
// products.
constexpr double portable_gradient_tolerance = 1e-3;

void run_reference(ReferenceStep& reference) {
  char message[512] = "";
  OCTET_CHECK(run_reference_step(reference, message, sizeof message), "reference step: ", message);
}

Json found(double loss_error, const GradientError& worst, const char* against) {
  return {{"loss_error", loss_error},
          {"gradient_error", worst.error},
          {"worst_parameter", worst.name},
          {"against", against}};
}

double relative_loss_error(double loss, double expected, const char* against) {
  const double error = std::fabs(loss - expected) / std::max(std::fabs(expected), 1e-30);
  OCTET_CHECK(error <= loss_tolerance, "the step differs from the one ", against, ": loss ", loss,
              " against ", expected);
  return error;
}

/// The step in double precision, against its loss and its gradients, which must be there.
/// `values`: what its ops computed; `x`: the images; `weights`: reals of quantized ones.
Json compare(const Network& network, const SyntheticBatch& batch, TrainingStep& step, double loss,
             std::span<const ReferenceValue> values, std::span<const float> x,
             const std::map<std::string, std::vector<float>>& weights, const char* against) {
  std::map<std::string, ParameterPtr> mine;
  for (const NamedParameter& p : step.model().named_parameters()) mine[p.name] = p.parameter;
  // The float network's order; a bias that batch norm has absorbed stays 0.
  const ModulePtr order = network.make();
  std::vector<float> parameters;
  for (const NamedParameter& p : order->named_parameters()) {
    const auto n = static_cast<std::size_t>(p.parameter->value.numel());
    if (const auto w = weights.find(p.name); w != weights.end()) {
      parameters.insert(parameters.end(), w->second.begin(), w->second.end());
    } else if (const auto own = mine.find(p.name); own != mine.end()) {
      const auto v = own->second->value.span<real>();
      parameters.insert(parameters.end(), v.begin(), v.end());
    } else {
      parameters.insert(parameters.end(), n, 0.0f);
    }
  }
  std::vector<double> expected(parameters.size());
  const CrossEntropyOptions& options = step.loss_options();
  ReferenceStep reference{};
  reference.model = network.zoo.c_str();
  reference.classes = network.options.classes;
  reference.in_h = network.options.in_h;
  reference.in_w = network.options.in_w;
  reference.in_c = network.options.in_c;
  reference.width = network.options.width;
  reference.batch = samples;
  reference.parameters = parameters.data();
  reference.x = x.data();
  reference.labels = batch.labels.defined() ? batch.labels.data<std::int32_t>() : nullptr;
  reference.target = batch.target.defined() ? batch.target.r() : nullptr;
  reference.label_smoothing = options.label_smoothing;
  reference.class_weights = options.class_weights.defined() ? options.class_weights.r() : nullptr;
  // The loss of a float step is that of a forward of its own.
  if (network.mode == Mode::real) run_reference(reference);
  const double own_loss = reference.loss;
  reference.values = values.data();
  reference.value_count = static_cast<std::int64_t>(values.size());
  reference.gradients = expected.data();
  run_reference(reference);
  if (network.mode == Mode::real) reference.loss = own_loss;

  const double loss_error = relative_loss_error(loss, reference.loss, "in double precision");
  const double all = length(expected);
  OCTET_CHECK(all > 0, "the step in double precision has no gradient: nothing was checked");
  std::vector<ComparedGradient> gradients;
  std::span<const double> rest(expected);
  for (const NamedParameter& p : order->named_parameters()) {
    const auto n = static_cast<std::size_t>(p.parameter->value.numel());
    const std::span<const double> wanted = rest.first(n);
    rest = rest.subspan(n);
    const auto own = mine.find(p.name);
    if (own == mine.end() || !own->second->requires_grad) continue;
    const Grad& grad = own->second->grad;
    OCTET_CHECK(!grad.empty(), "parameter ", p.name, " got no gradient");
    gradients.push_back({p.name, grad.value().span<real>(), wanted});
  }
  const GradientError worst = largest_error(gradients, all);
  OCTET_CHECK(worst.error <= gradient_tolerance,
              "the step differs from the one in double precision: relative error ", worst.error,
              " of the gradient of ", worst.name, " (expected <= ", gradient_tolerance, ")");
  return found(loss_error, worst, against);
}

void expect_equal(const std::string& what, const Tensor& a, const Tensor& b) {
  OCTET_CHECK(a.defined() && b.defined() && a.bytes() == b.bytes() &&
                  std::memcmp(a.raw(), b.raw(), a.bytes()) == 0,
              "the quantized step differs from the one on portable kernels: ", what);
}

/// A step of a quantized network with what its layers computed.
struct ObservedStep {
  TrainingStep step;
  QuantizedValues values{};
  float loss = 0;

  void run(Context& ctx, const SyntheticBatch& batch) {
    ctx.observer = &values;
    loss = step.gradients(batch);
    ctx.observer = nullptr;
  }
};

/// Loss, every layer's codes and the state of a step and of one on portable kernels.
void expect_same_forward(const ObservedStep& mine, const ObservedStep& portable) {
  OCTET_CHECK(mine.loss == portable.loss,
              "the quantized step differs from the one on portable kernels: loss ", mine.loss,
              " against ", portable.loss);
  for (std::size_t i = 0; i < mine.values.values().size(); ++i) {
    const ReferenceValue &v = mine.values.values()[i], &other = portable.values.values()[i];
    OCTET_CHECK(v.count == other.count && std::equal(v.reals, v.reals + v.count, other.reals),
                "the quantized step differs from the one on portable kernels: values of ", v.layer);
  }
  const auto state = mine.step.model().state(), other = portable.step.model().state();
  for (std::size_t i = 0; i < state.size(); ++i) {
    expect_equal(state[i].name, state[i].value, other[i].value);
  }
}

void expect_same_gradients(const Module& mine, const Module& portable) {
  const auto parameters = mine.named_parameters(), others = portable.named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Grad &g = parameters[i].parameter->grad, &other = others[i].parameter->grad;
    if (parameters[i].parameter->requires_grad) {
      expect_equal("gradient of " + parameters[i].name, g.value(), other.value());
    }
  }
}

GradientError expect_close_gradients(const Module& mine, const Module& portable, double tolerance) {
  const auto parameters = mine.named_parameters(), others = portable.named_parameters();
  std::vector<std::vector<double>> expected;
  std::vector<double> all;
  for (const NamedParameter& p : others) {
    if (!p.parameter->requires_grad) continue;
    const auto g = p.parameter->grad.value().span<real>();
    expected.emplace_back(g.begin(), g.end());
    all.insert(all.end(), g.begin(), g.end());
  }
  std::vector<ComparedGradient> gradients;
  for (const NamedParameter& p : parameters) {
    if (!p.parameter->requires_grad) continue;
    const std::vector<double>& wanted = expected[gradients.size()];
    gradients.push_back({p.name, p.parameter->grad.value().span<real>(), wanted});
  }
  const GradientError worst = largest_error(gradients, length(all));
  OCTET_CHECK(worst.error <= tolerance,
              "the step differs from the one on portable kernels: relative error ", worst.error,
              " of the gradient of ", worst.name, " (expected <= ", tolerance, ")");
  return worst;
}

/// There is no network of that kind in double precision.
Json check_imported_float(Context& ctx, const Network& network) {
  Context plain(ctx.threads.size(), ctx.seed);
  plain.isa = Isa::portable;
  TrainingStep fast(ctx, network), portable(plain, network);
  const SyntheticBatch batch(network, samples);
  const double loss = double{fast.gradients(batch)}, expected = double{portable.gradients(batch)};
  const double loss_error = relative_loss_error(loss, expected, "on portable kernels");
  const GradientError worst =
      expect_close_gradients(fast.model(), portable.model(), gradient_tolerance);
  return found(loss_error, worst, "portable kernels");
}

Json check_float(Context& ctx, const Network& network) {
  if (network.zoo.empty()) return check_imported_float(ctx, network);
  TrainingStep step(ctx, network);
  const SyntheticBatch batch(network, samples);
  RealValues values;
  ctx.observer = &values;
  const double loss = double{step.gradients(batch)};
  ctx.observer = nullptr;
  return compare(network, batch, step, loss, values.values(), batch.x.span<real>(), {},
                 "double precision");
}

Json check_quantized(Context& ctx, const Network& network) {
  Context portable(ctx.threads.size(), ctx.seed);
  portable.isa = Isa::portable;
  ObservedStep fast{TrainingStep(ctx, network)};
  ObservedStep slow{TrainingStep(ctx, network, Isa::portable)};
  ObservedStep slowest{TrainingStep(portable, network)};
  const SyntheticBatch batch(network, samples);
  // What these images make of the ranges acts from the next step on; under those of calibration
  // much is clamped, perhaps every logit, and no gradient passes.
  for (int i = 0; i < warm_up_steps; ++i) {
    Tape tape(ctx, GradMode::off);
    fast.step.model()(tape.input(batch.x));
  }
  slow.step.model().load_state(fast.step.model().state());
  slowest.step.model().load_state(fast.step.model().state());
  const auto& model = dynamic_cast<const quant::QatModel&>(fast.step.model());
  const auto weights = quantized_weights(ctx, model);
  fast.run(ctx, batch);
  slow.run(ctx, batch);
  slowest.run(portable, batch);
  // Passes over codes, accumulators and masks on portable kernels; then the float ones too.
  expect_same_forward(fast, slow);
  expect_same_gradients(fast.step.model(), slow.step.model());
  expect_same_forward(fast, slowest);
  const GradientError worst =
      expect_close_gradients(fast.step.model(), slowest.step.model(), portable_gradient_tolerance);
  if (network.zoo.empty()) return found(0, worst, "portable kernels");
  return compare(network, batch, fast.step, double{fast.loss}, fast.values.values(),
                 fast.values.input(), weights, "portable kernels, double precision");
}

}  // namespace

Json check_step(Context& ctx, const Network& network) {
  return network.mode == Mode::real ? check_float(ctx, network) : check_quantized(ctx, network);
}

}  // namespace octet::bench
