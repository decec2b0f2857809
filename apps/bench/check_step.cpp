#include "apps/bench/check_step.h"

#include <cmath>
#include <cstring>

#include "apps/bench/reference_step.h"

namespace octet::bench {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t samples = 4;
constexpr double loss_tolerance = 1e-4;
// A ReLU whose input is within rounding of zero may switch: single gradients then differ by more
// than rounding.
constexpr double gradient_tolerance = 2e-2;

Json check_float(Context& ctx, const Network& network) {
  TrainingStep step(ctx, network, Mode::real, int8::Isa::portable);
  const SyntheticBatch batch(network, samples);
  std::vector<float> parameters, gradients;
  for (const NamedParameter& p : step.model().named_parameters()) {
    const auto v = p.parameter->value.span<real>();
    parameters.insert(parameters.end(), v.begin(), v.end());
  }
  const double loss = double{step.gradients(batch)};
  for (const NamedParameter& p : step.model().named_parameters()) {
    const auto g = p.parameter->grad.value().span<real>();
    gradients.insert(gradients.end(), g.begin(), g.end());
  }
  std::vector<double> expected(gradients.size());
  const zoo::ModelOptions& o = network.options;
  ReferenceStep reference{network.zoo.c_str(),
                          o.classes,
                          o.in_h,
                          o.in_w,
                          o.in_c,
                          o.width,
                          samples,
                          parameters.data(),
                          batch.x.r(),
                          batch.labels.data<std::int32_t>(),
                          0,
                          expected.data()};
  char message[512] = "";
  OCTET_CHECK(run_reference_step(reference, message, sizeof message), "reference step: ", message);
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(double{gradients[i]} - expected[i], 2);
    length += expected[i] * expected[i];
  }
  const double loss_error = std::fabs(loss - reference.loss) / std::fabs(reference.loss);
  const double gradient_error = std::sqrt(difference / length);
  OCTET_CHECK(loss_error <= loss_tolerance && gradient_error <= gradient_tolerance,
              "the float step differs from the one in double precision: loss ", loss, " against ",
              reference.loss, ", relative error of the gradients ", gradient_error,
              " (expected <= ", gradient_tolerance, ")");
  return {{"against", "double precision"},
          {"loss_error", loss_error},
          {"gradient_error", gradient_error}};
}

void expect_equal(const std::string& what, const Tensor& a, const Tensor& b) {
  OCTET_CHECK(a.defined() && b.defined() && a.bytes() == b.bytes() &&
                  std::memcmp(a.raw(), b.raw(), a.bytes()) == 0,
              "the quantized step differs from the one on portable kernels: ", what);
}

Json check_quantized(Context& ctx, const Network& network, Mode mode) {
  TrainingStep fast(ctx, network, mode, int8::best_isa());
  TrainingStep slow(ctx, network, mode, int8::Isa::portable);
  slow.model().load_state(fast.model().state());
  const SyntheticBatch batch(network, samples);
  const float loss = fast.gradients(batch), expected = slow.gradients(batch);
  OCTET_CHECK(loss == expected,
              "the quantized step differs from the one on portable kernels: loss ", loss,
              " against ", expected);
  const auto mine = fast.model().named_parameters(), theirs = slow.model().named_parameters();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    expect_equal("gradient of " + mine[i].name, mine[i].parameter->grad.value(),
                 theirs[i].parameter->grad.value());
  }
  const auto state = fast.model().state(), other = slow.model().state();
  for (std::size_t i = 0; i < state.size(); ++i) {
    expect_equal(state[i].name, state[i].value, other[i].value);
  }
  return {{"against", "portable kernels"}, {"loss_error", 0}, {"gradient_error", 0}};
}

}  // namespace

Json check_step(Context& ctx, const Network& network, Mode mode) {
  return mode == Mode::real ? check_float(ctx, network) : check_quantized(ctx, network, mode);
}

}  // namespace octet::bench
