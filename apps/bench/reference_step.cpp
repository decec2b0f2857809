#include "apps/bench/reference_step.h"

#include <cstdio>

#include "core/ops.h"
#include "layers/zoo/zoo.h"

namespace octet::bench {
namespace {

void run(ReferenceStep& step) {
  zoo::ModelOptions options;
  options.classes = step.classes;
  options.in_h = step.in_h;
  options.in_w = step.in_w;
  options.in_c = step.in_c;
  options.width = step.width;
  const ModulePtr model = zoo::make_model(step.model, options);
  const float* from = step.parameters;
  for (const NamedParameter& p : model->named_parameters()) {
    for (real& v : p.parameter->value.span<real>()) v = *from++;
  }
  Tensor x = Tensor::empty({step.batch, step.in_h, step.in_w, step.in_c});
  for (real& v : x.span<real>()) v = *step.x++;
  const Tensor labels =
      Tensor::from<std::int32_t>({step.batch}, {step.labels, static_cast<std::size_t>(step.batch)});
  Tape tape;
  const Var loss = cross_entropy((*model)(tape.input(x)), labels);
  step.loss = loss.value().item();
  tape.backward(loss);
  double* to = step.gradients;
  for (const NamedParameter& p : model->named_parameters()) {
    for (const real v : std::as_const(p.parameter->grad).value().span<real>()) *to++ = v;
  }
}

}  // namespace

bool run_reference_step(ReferenceStep& step, char* message, std::size_t message_size) noexcept {
  try {
    run(step);
    return true;
  } catch (const std::exception& error) {
    std::snprintf(message, message_size, "%s", error.what());
    return false;
  }
}

}  // namespace octet::bench
