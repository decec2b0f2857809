#include "layers/graph/draw_parameters.h"

#include <algorithm>
#include <set>

namespace octet {
namespace {

template <class... Ops>
bool is_any_of(const Op& op) {
  return (... || (dynamic_cast<const Ops*>(&op) != nullptr));
}

/// Inputs of an output value of a weight [O, ...].
std::int64_t fan_in(const Tensor& weight) {
  return weight.numel() / weight.shape()[0];
}

/// The first value of operand `i` of `op`, whose operand 1 is `weight`; undefined: not known.
Tensor first_value(const Op& op, std::size_t i, const Tensor& value, const Tensor& weight,
                   Init& init) {
  const Shape& shape = value.shape();
  if (is_any_of<Conv2dOp, ConvTranspose2dOp, LinearOp>(op)) {
    return init.kaiming_uniform(shape, std::max(fan_in(weight), std::int64_t{1}));
  }
  if (is_any_of<MatMulOp>(op)) return init.kaiming_uniform(shape, i == 0 ? shape[-1] : shape[-2]);
  if (is_any_of<BatchNormOp, LayerNormOp, GroupNormOp>(op)) {
    return i == 1 ? Tensor::full(shape, 1) : Tensor::zeros(shape);
  }
  if (is_any_of<PreluOp>(op)) return Tensor::full(shape, real(0.25));
  if (is_any_of<AddOp, SubOp>(op)) return Tensor::zeros(shape);
  if (is_any_of<MulOp, DivOp>(op)) return Tensor::full(shape, 1);
  return {};
}

void copy_into(const Tensor& value, Tensor to) {
  std::copy_n(value.r(), value.numel(), to.r());
}

}  // namespace

std::vector<std::string> draw_parameters(GraphModule& graph, Init& init) {
  const std::vector<GraphNode>& nodes = graph.nodes();
  const auto node = [&](int id) -> const GraphNode& { return nodes[static_cast<std::size_t>(id)]; };
  std::set<const Parameter*> seen;
  std::vector<std::string> kept;
  for (const GraphNode& n : nodes) {
    if (n.kind != Tape::Kind::op) continue;
    if (const auto* bn = dynamic_cast<const BatchNormOp*>(n.op.get())) {
      copy_into(Tensor::zeros(bn->stats->mean.shape()), bn->stats->mean);
      copy_into(Tensor::full(bn->stats->var.shape(), 1), bn->stats->var);
    }
    for (std::size_t i = 0; i < n.inputs.size(); ++i) {
      const GraphNode& operand = node(n.inputs[i]);
      if (!operand.parameter || !seen.insert(operand.parameter.get()).second) continue;
      const GraphNode& second = node(n.inputs[n.inputs.size() > 1 ? 1 : 0]);
      const Tensor& weight = second.parameter ? second.parameter->value : operand.parameter->value;
      const Tensor value = first_value(*n.op, i, operand.parameter->value, weight, init);
      if (value.defined()) {
        copy_into(value, operand.parameter->value);
      } else {
        kept.push_back(operand.name);
      }
    }
  }
  return kept;
}

}  // namespace octet
