// Operators element by element: of two operands, or of several.
#include <algorithm>
#include <cmath>

#include "core/ops/ops.h"
#include "interop/onnx/ops/fusion.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// Folds the constant one of two operands, if `fold` can.
template <class Fold>
std::optional<Value> folded(OpNode& node, const Fold& fold) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (node.input(1 - i).is_constant()) return fold(i, node.input(1 - i).constant);
  }
  return std::nullopt;
}

template <class Op>
void several(OpNode& node) {
  std::vector<const Value*> operands;
  for (std::size_t i = 0; i < node.input_count(); ++i) operands.push_back(&node.input(i));
  std::stable_partition(operands.begin(), operands.end(),
                        [](const Value* v) { return !v->is_constant(); });
  OCTET_CHECK(!operands.empty(), "expected operands");
  Value y = *operands[0];
  for (std::size_t i = 1; i < operands.size(); ++i)
    y = binary(node.graph, std::make_shared<Op>(), y, *operands[i]);
  node.set(std::move(y));
}

/// Integer exponents are reals, too.
Value as_reals(Value v) {
  if (!v.is_constant() || v.constant->real) return v;
  Tensor t = Tensor::empty({v.constant->size()});
  for (std::int64_t i = 0; i < t.numel(); ++i) t.r()[i] = static_cast<real>(v.constant->at(i));
  v.constant = make_reals(v.constant->name, v.dims, std::move(t));
  return v;
}

}  // namespace

void import_add(OpNode& node) {
  const auto bias = folded(
      node, [&](std::size_t i, const ConstantPtr& c) { return with_bias(node, i, c, false); });
  node.set(bias ? *bias
                : binary(node.graph, std::make_shared<AddOp>(), node.input(0), node.input(1)));
}

void import_sub(OpNode& node) {
  std::optional<Value> bias;
  if (node.input(1).is_constant()) bias = with_bias(node, 0, node.input(1).constant, true);
  node.set(bias ? *bias
                : binary(node.graph, std::make_shared<SubOp>(), node.input(0), node.input(1)));
}

void import_mul(OpNode& node) {
  auto y = folded(node, [&](std::size_t i, const ConstantPtr& c) {
    std::optional<Value> scaled = with_scaled_weights(node, i, c, false);
    const auto factor = uniform_value(*c);
    if (!scaled && factor && c->size() == 1)
      scaled = scaled_gate(node.graph, node.input(i), *factor);
    return scaled;
  });
  if (!y && !node.input(0).is_constant() && !node.input(1).is_constant())
    y = gated(node.graph, node.activation(0), node.activation(1));
  if (!y) {
    y = binary(node.graph, std::make_shared<MulOp>(), node.input(0), node.input(1));
    if (const auto gelu = as_gelu(node.graph, *y)) y = gelu;
  }
  node.set(std::move(*y));
}

void import_div(OpNode& node) {
  if (!node.input(1).is_constant()) {
    node.set(binary(node.graph, std::make_shared<DivOp>(), node.input(0), node.input(1)));
    return;
  }
  const ConstantPtr& c = node.reals(1, "the divisor");
  std::optional<Value> y = with_scaled_weights(node, 0, c, true);
  if (!y && c->size() == 1 && std::isfinite(1 / c->reals.r()[0]))
    y = scaled_gate(node.graph, node.input(0), 1 / c->reals.r()[0]);
  if (!y) {
    Tensor inverse = Tensor::empty({c->size()});
    bool finite = true;
    for (std::int64_t i = 0; i < c->size(); ++i) {
      inverse.r()[i] = 1 / c->reals.r()[i];
      finite = finite && std::isfinite(inverse.r()[i]);
    }
    Value factor;
    factor.constant = make_reals(c->name, c->dims, std::move(inverse));
    factor.dims = c->dims;
    y = finite ? binary(node.graph, std::make_shared<MulOp>(), node.input(0), factor)
               : binary(node.graph, std::make_shared<DivOp>(), node.input(0), node.input(1));
  }
  node.set(std::move(*y));
}

void import_pow(OpNode& node) {
  if (!node.input(1).is_constant() || node.input(0).is_constant() ||
      node.input(1).constant->size() != 1) {
    node.set(binary(node.graph, std::make_shared<PowOp>(), node.input(0), as_reals(node.input(1))));
    return;
  }
  const double exponent = node.input(1).constant->at(0);
  Value x = node.activation(0);
  const auto times = [&](const Value& y) {
    return binary(node.graph, std::make_shared<MulOp>(), y, x);
  };
  if (exponent == 2 || exponent == 3) {
    node.set(exponent == 2 ? times(x) : times(times(x)));
    return;
  }
  OpPtr op = std::make_shared<PowerOp>(static_cast<real>(exponent));
  if (exponent == 0.5) op = std::make_shared<SqrtOp>();
  if (exponent == -0.5) op = std::make_shared<RsqrtOp>();
  if (exponent == -1) op = std::make_shared<ReciprocalOp>();
  node.set(exponent == 1 ? x : elementwise(node.graph, x, op));
}

void import_sum(OpNode& node) {
  several<AddOp>(node);
}

void import_max(OpNode& node) {
  several<MaximumOp>(node);
}

void import_min(OpNode& node) {
  several<MinimumOp>(node);
}

}  // namespace octet::onnx
