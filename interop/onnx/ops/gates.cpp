// x sigmoid(x) and the like, written out.
#include <algorithm>
#include <cmath>
#include <numbers>

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

/// A product of nodes and of constants for all elements.
struct Product {
  std::vector<int> factors;  // sorted
  double scalar = 1;
};

void multiply(const NetworkBuilder& graph, int id, int depth, Product& to) {
  if (const auto scalar = uniform_value(graph, id)) {
    to.scalar *= static_cast<double>(*scalar);
  } else if (graph.op_as<MulOp>(id) && depth > 0) {
    for (const int in : graph.node(id).inputs) multiply(graph, in, depth - 1, to);
  } else {
    to.factors.push_back(id);
    std::sort(to.factors.begin(), to.factors.end());
  }
}

Product product_of(const NetworkBuilder& graph, int id) {
  Product p;
  multiply(graph, id, 4, p);
  return p;
}

/// Whether `id` is 1 + erf(x / sqrt 2).
bool is_erf_gate(const NetworkBuilder& graph, int x, int id) {
  const auto sum = value_and_scalar<AddOp>(graph, id);
  if (!sum || !is_near(sum->second, 1) || !graph.op_as<ErfOp>(sum->first)) return false;
  const Product inner = product_of(graph, graph.node(sum->first).inputs[0]);
  return inner.factors == std::vector{x} && is_near(inner.scalar, std::sqrt(0.5));
}

/// Whether `id` is 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
bool is_tanh_gate(const NetworkBuilder& graph, int x, int id) {
  const auto sum = value_and_scalar<AddOp>(graph, id);
  if (!sum || !is_near(sum->second, 1) || !graph.op_as<TanhOp>(sum->first)) return false;
  const Product inner = product_of(graph, graph.node(sum->first).inputs[0]);
  if (inner.factors.size() != 1 || !is_near(inner.scalar, std::sqrt(2 / std::numbers::pi)) ||
      !graph.op_as<AddOp>(inner.factors[0])) {
    return false;
  }
  const std::vector<int>& terms = graph.node(inner.factors[0]).inputs;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const Product cube = product_of(graph, terms[1 - side]);
    if (terms[side] == x && cube.factors == std::vector{x, x, x} && is_near(cube.scalar, 0.044715))
      return true;
  }
  return false;
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

std::optional<Value> as_gelu(NetworkBuilder& graph, const Value& y) {
  const Product p = product_of(graph, y.node);
  if (p.factors.size() != 2 || !is_near(p.scalar, 0.5)) return std::nullopt;
  for (const auto& [x, gate_of_x] :
       {std::pair(p.factors[0], p.factors[1]), std::pair(p.factors[1], p.factors[0])}) {
    if (graph.node(x).shape != graph.node(y.node).shape) continue;
    if (is_erf_gate(graph, x, gate_of_x)) return of(graph, y, x, std::make_shared<GeluOp>());
    if (is_tanh_gate(graph, x, gate_of_x)) return of(graph, y, x, std::make_shared<GeluTanhOp>());
  }
  return std::nullopt;
}

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
