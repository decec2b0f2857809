// Constants behind a convolution or matrix product, folded into it.
#include <cmath>

#include "core/ops/ops.h"
#include "interop/onnx/ops/fusion.h"

namespace octet::onnx {
namespace {

/// The constant as one value for each of the last dimension of `x`'s node; undefined if it is not.
Tensor per_channel(const Value& x, const Shape& shape, const Constant& c) {
  if (!c.real || c.dims.size() > x.rank()) return {};
  const std::int64_t channels = shape[-1];
  const std::int64_t size = c.size();
  if (size != 1 && size != channels) return {};
  const std::size_t more = x.rank() - c.dims.size();
  for (std::size_t d = 0; d < c.dims.size(); ++d) {
    if (c.dims[d] != 1 && static_cast<int>(d + more) != x.order.back()) return {};
  }
  Tensor t = Tensor::empty({channels});
  for (std::int64_t i = 0; i < channels; ++i) t.r()[i] = c.reals.r()[size == 1 ? 0 : i];
  return t;
}

/// A convolution or product whose result operand `i` is and whose weights are its own.
bool is_foldable(const OpNode& node, std::size_t i) {
  if (!node.read_once(i)) return false;
  const Value& x = node.input(i);
  const NetworkBuilder& g = node.graph;
  if (x.is_constant() || x.flattened || g.readers(x.node) > 0) return false;
  if (g.quantized.contains(x.node)) return false;  // a quantizer stands between them
  const bool product =
      g.op_as<Conv2dOp>(x.node) || g.op_as<ConvTranspose2dOp>(x.node) || g.op_as<LinearOp>(x.node);
  return product && g.node(x.node).inputs[0] != g.node(x.node).inputs[1] &&
         g.node(g.node(x.node).inputs[1]).kind == Tape::Kind::param;
}

/// Row r of the parameter [rows, ...] times factor[r].
void scale_rows(NetworkBuilder& graph, int& id, const Tensor& factor) {
  id = graph.own_parameter(id);
  Tensor& t = graph.node(id).parameter->value;
  const std::int64_t rows = factor.numel(), columns = t.numel() / rows;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) t.r()[r * columns + c] *= factor.r()[r];
  }
}

}  // namespace

std::optional<Value> with_bias(OpNode& node, std::size_t i, const ConstantPtr& c, bool negate) {
  if (!is_foldable(node, i)) return std::nullopt;
  const Value& x = node.input(i);
  NetworkBuilder& g = node.graph;
  Tensor bias = per_channel(x, g.node(x.node).shape, *c);
  if (!bias.defined()) return std::nullopt;
  const bool has_bias = g.node(x.node).inputs.size() == 3;
  for (std::int64_t k = 0; k < bias.numel(); ++k) {
    if (negate) bias.r()[k] = -bias.r()[k];
    if (has_bias) bias.r()[k] += g.node(g.node(x.node).inputs[2]).parameter->value.r()[k];
  }
  const std::string name = has_bias ? g.node(g.node(x.node).inputs[2]).name
                                    : (c->name.empty() ? g.node(x.node).name + ".bias" : c->name);
  const int parameter = g.new_parameter(name, std::move(bias), false);
  std::vector<int>& inputs = g.node(x.node).inputs;
  inputs.resize(2);
  inputs.push_back(parameter);
  node.note(node.described() + " is the bias of " + g.node(x.node).name);
  return x;
}

std::optional<Value> with_scaled_weights(OpNode& node, std::size_t i, const ConstantPtr& c,
                                         bool invert) {
  if (!is_foldable(node, i)) return std::nullopt;
  const Value& x = node.input(i);
  NetworkBuilder& g = node.graph;
  Tensor factor = per_channel(x, g.node(x.node).shape, *c);
  if (!factor.defined()) return std::nullopt;
  for (std::int64_t k = 0; k < factor.numel(); ++k) {
    if (invert) factor.r()[k] = 1 / factor.r()[k];
    if (!std::isfinite(factor.r()[k])) return std::nullopt;
  }
  std::vector<int> inputs = g.node(x.node).inputs;
  for (std::size_t k = 1; k < inputs.size(); ++k) scale_rows(g, inputs[k], factor);
  g.node(x.node).inputs = std::move(inputs);
  node.note(node.described() + " is in the weights of " + g.node(x.node).name);
  return x;
}

}  // namespace octet::onnx
