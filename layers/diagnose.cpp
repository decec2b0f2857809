#include "layers/diagnose.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

bool all_finite(const Tensor& t) {
  if (!t.defined() || t.dtype() != ElementType::real) return true;
  const auto values = t.span<real>();
  return std::all_of(values.begin(), values.end(), [](real v) { return std::isfinite(v); });
}

}  // namespace

std::string first_not_finite(Tape& tape, const Module& model) {
  const std::string start = "; the first value that is not finite: ";
  for (const NamedParameter& p : model.named_parameters()) {
    if (!all_finite(p.parameter->value)) return start + "parameter " + p.name;
  }
  for (int id = 0; id < tape.size(); ++id) {
    const Tape::Node& node = tape.node(id);
    if (node.released || all_finite(tape.value({&tape, id}))) continue;
    if (node.kind == Tape::Kind::input) return start + "the input";
    return start + "the result of layer " + (node.scope.empty() ? "?" : node.scope) +
           (node.op ? " (" + std::string(node.op->name()) + ")" : "");
  }
  return {};
}

std::string first_gradient_not_finite(const Module& model) {
  const std::vector<NamedParameter> parameters = model.named_parameters();
  for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
    const Grad& grad = p->parameter->grad;
    if (grad.empty() || all_finite(grad.value())) continue;
    return "; the first gradient that is not finite: of parameter " + p->name;
  }
  return {};
}

}  // namespace octet
