// x sigmoid(x) and the like, written out.
#include <cmath>

#include "core/ops/ops.h"
#include "interop/onnx/ops/fusion.h"

namespace octet::onnx {
namespace {

bool is_near(float x, double y) {
  return std::abs(static_cast<double>(x) - y) <= 1e-5 * std::abs(y);
}

/// The value and constant of a node `Op` (commutative) of a value and a constant for all elements.
template <class Op>
std::optional<std::pair<int, float>> value_and_scalar(const NetworkBuilder& graph, int id) {
  if (!graph.op_as<Op>(id)) return std::nullopt;
  const std::vector<int>& in = graph.node(id).inputs;
  for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
    if (const auto scalar = uniform_value(graph, in[side])) return std::pair(in[1 - side], *scalar);
  }
  return std::nullopt;
}

/// x of relu6(x + 3), or -1.
int raised_clamp(const NetworkBuilder& graph, int id) {
  if (!graph.op_as<Relu6Op>(id)) return -1;
  const auto sum = value_and_scalar<AddOp>(graph, graph.node(id).inputs[0]);
  return sum && is_near(sum->second, 3) ? sum->first : -1;
}

Value of(NetworkBuilder& graph, const Value& like, int x, const OpPtr& op) {
  Value y = like;
  y.node = graph.op(op, {x}, graph.node(x).shape);
  return y;
}

template <class Gate, class Whole>
std::optional<Value> gate(NetworkBuilder& graph, const Value& x, const Value& g) {
  if (!graph.op_as<Gate>(g.node) || graph.node(g.node).inputs[0] != x.node) return std::nullopt;
  return of(graph, x, x.node, std::make_shared<Whole>());
}

}  // namespace

std::optional<Value> gated(NetworkBuilder& graph, const Value& a, const Value& b) {
  if (a.dims != b.dims || a.order != b.order) return std::nullopt;
  for (const auto& [x, g] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (auto y = gate<SigmoidOp, SiluOp>(graph, *x, *g)) return y;
    if (auto y = gate<HardSigmoidOp, HardSwishOp>(graph, *x, *g)) return y;
  }
  return std::nullopt;
}

std::optional<Value> scaled_gate(NetworkBuilder& graph, const Value& v, float c) {
  if (v.flattened || !is_near(c, 1.0 / 6)) return std::nullopt;
  if (const int x = raised_clamp(graph, v.node); x >= 0)
    return of(graph, v, x, std::make_shared<HardSigmoidOp>());
  if (!graph.op_as<MulOp>(v.node)) return std::nullopt;
  const std::vector<int> in = graph.node(v.node).inputs;
  for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
    if (raised_clamp(graph, in[side]) == in[1 - side])
      return of(graph, v, in[1 - side], std::make_shared<HardSwishOp>());
  }
  return std::nullopt;
}

}  // namespace octet::onnx
