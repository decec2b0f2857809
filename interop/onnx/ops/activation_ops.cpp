// Activations.
#include <cmath>
#include <limits>

#include "base/fnv1a.h"
#include "core/ops/ops.h"
#include "interop/onnx/ops/fusion.h"
#include "interop/onnx/ops/op_list.h"
#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {
namespace {

template <class Op>
void unary(OpNode& node) {
  OCTET_CHECK(!node.input(0).is_constant(), "expected a value that is computed");
  node.set(elementwise(node.graph, node.input(0), std::make_shared<Op>()));
}

/// A bound of Clip: an attribute up to operator set 10, an operand after it.
float bound(const OpNode& node, const char* name, std::size_t i, float otherwise) {
  if (node.opset() < 11) return node.number(name, otherwise);
  if (!node.has(i)) return otherwise;
  const ConstantPtr& c = node.reals(i, name);
  OCTET_CHECK(c->size() == 1, name, ": expected one value, got ", text(c->dims));
  return c->reals.r()[0];
}

Value clamped(NetworkBuilder& graph, const Value& x, float low, float high) {
  constexpr float most = std::numeric_limits<float>::max();
  if (low == 0 && high == 6) return elementwise(graph, x, std::make_shared<Relu6Op>());
  if (low == -1 && high == 1) return elementwise(graph, x, std::make_shared<HardTanhOp>());
  Value y = x;
  if (low == 0) {
    y = elementwise(graph, y, std::make_shared<ReluOp>());
  } else if (low > -most) {
    y = with_scalar(graph, std::make_shared<MaximumOp>(), y, low);
  }
  if (high < most) y = with_scalar(graph, std::make_shared<MinimumOp>(), y, high);
  return y;
}

/// `op` over an axis, or before operator set 13 over all dimensions from it on.
void over_axis(OpNode& node, const OpPtr& op) {
  const bool whole = node.opset() < 13;
  Value x = node.activation(0);
  const Extents dims = x.dims;
  const std::size_t axis = resolve_axis(node.integer("axis", whole ? 1 : -1), x.rank());
  if (whole) {
    Extents flat(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis));
    flat.push_back(product(dims, axis, dims.size()));
    x = reshape(node.graph, x, flat);
  }
  x = with_axis(node.graph, x, axis);
  std::vector<int> order;
  for (const int d : x.order) {
    if (d != static_cast<int>(axis)) order.push_back(d);
  }
  order.push_back(static_cast<int>(axis));
  x = elementwise(node.graph, arrange(node.graph, x, order), op);
  node.set(reshape(node.graph, x, dims));
}

/// x where x >= 0, alpha (e^(inner x) - 1) elsewhere: relu(x) + alpha elu(inner min(x, 0)).
Value elu(NetworkBuilder& graph, const Value& x, float alpha, float inner) {
  if (alpha == 1 && inner == 1) return elementwise(graph, x, std::make_shared<EluOp>());
  const auto times = [&](const Value& v, float factor) {
    return factor == 1 ? v : with_scalar(graph, std::make_shared<MulOp>(), v, factor);
  };
  const Value low = times(with_scalar(graph, std::make_shared<MinimumOp>(), x, 0), inner);
  const Value below = times(elementwise(graph, low, std::make_shared<EluOp>()), alpha);
  return binary(graph, std::make_shared<AddOp>(), elementwise(graph, x, std::make_shared<ReluOp>()),
                below);
}

/// One value for all, or one for each element of the node's last dimension.
bool is_per_channel(const Value& x, std::int64_t channels, const Constant& c) {
  if (c.size() == 1) return true;
  const std::size_t from_end = x.rank() - static_cast<std::size_t>(x.order.back());
  return c.size() == channels && c.dims.size() >= from_end &&
         c.dims[c.dims.size() - from_end] == channels;
}

}  // namespace

void import_relu(OpNode& node) {
  unary<ReluOp>(node);
}
void import_sigmoid(OpNode& node) {
  unary<SigmoidOp>(node);
}
void import_tanh(OpNode& node) {
  unary<TanhOp>(node);
}
void import_exp(OpNode& node) {
  unary<ExpOp>(node);
}
void import_abs(OpNode& node) {
  unary<AbsOp>(node);
}
void import_erf(OpNode& node) {
  unary<ErfOp>(node);
}
void import_log(OpNode& node) {
  unary<LogOp>(node);
}
void import_mish(OpNode& node) {
  unary<MishOp>(node);
}
void import_reciprocal(OpNode& node) {
  unary<ReciprocalOp>(node);
}
void import_softplus(OpNode& node) {
  unary<SoftplusOp>(node);
}
void import_sqrt(OpNode& node) {
  unary<SqrtOp>(node);
}

void import_gelu(OpNode& node) {
  const std::string form = node.string("approximate", "none");
  OCTET_CHECK(form == "none" || form == "tanh", "approximate: '", one_line(form), "' is not known");
  form == "none" ? unary<GeluOp>(node) : unary<GeluTanhOp>(node);
}
void import_hard_swish(OpNode& node) {
  unary<HardSwishOp>(node);
}

void import_neg(OpNode& node) {
  node.set(with_scalar(node.graph, std::make_shared<MulOp>(), node.activation(0), -1));
}

void import_clip(OpNode& node) {
  if (node.input(0).codes) return import_clip_of_codes(node);
  constexpr float most = std::numeric_limits<float>::max();
  const float low = bound(node, "min", 1, -most), high = bound(node, "max", 2, most);
  OCTET_CHECK(!node.input(0).is_constant(), "expected a value that is computed");
  node.set(clamped(node.graph, node.input(0), low, high));
}

void import_leaky_relu(OpNode& node) {
  const float alpha = node.number("alpha", 0.01f);
  node.set(elementwise(node.graph, node.activation(0), std::make_shared<LeakyReluOp>(alpha)));
}

void import_elu(OpNode& node) {
  node.set(elu(node.graph, node.activation(0), node.number("alpha", 1), 1));
}

void import_celu(OpNode& node) {
  const float alpha = node.number("alpha", 1);
  OCTET_CHECK(alpha != 0, "alpha: expected other than 0");
  node.set(elu(node.graph, node.activation(0), alpha, 1 / alpha));
}

void import_selu(OpNode& node) {
  const float alpha = node.number("alpha", 1.67326319217681884765625f);
  const float gamma = node.number("gamma", 1.05070102214813232421875f);
  const Value y = elu(node.graph, node.activation(0), alpha, 1);
  node.set(with_scalar(node.graph, std::make_shared<MulOp>(), y, gamma));
}

void import_prelu(OpNode& node) {
  Value x = node.activation(0);
  if (x.rank() > 1) x = channels_last(node.graph, x, false);
  const std::int64_t channels = node.graph.node(x.node).shape[-1];
  if (!node.input(1).is_constant() || !is_per_channel(x, channels, *node.input(1).constant)) {
    // relu(x) + slope min(x, 0)
    Value below = with_scalar(node.graph, std::make_shared<MinimumOp>(), x, 0);
    below = binary(node.graph, std::make_shared<MulOp>(), below, node.input(1));
    node.set(binary(node.graph, std::make_shared<AddOp>(),
                    elementwise(node.graph, x, std::make_shared<ReluOp>()), below));
    return;
  }
  const ConstantPtr& slope = node.reals(1, "slope");
  const int alpha =
      node.graph.parameter(slope, slope->name, "slope " + std::to_string(channels), false, [&] {
        if (slope->size() == channels) return slope->reals.clone();
        return Tensor::full({channels}, slope->reals.r()[0]);
      });
  if (slope->dequantized && slope->dequantized->scales.size() == 1)
    note_weight_scales(node.graph, alpha, *slope, 0);
  x.node =
      node.graph.op(std::make_shared<PreluOp>(), {x.node, alpha}, node.graph.node(x.node).shape);
  node.set(std::move(x));
}

void import_hard_sigmoid(OpNode& node) {
  const float alpha = node.number("alpha", 0.2f), beta = node.number("beta", 0.5f);
  if (std::abs(alpha - 1.0f / 6) < 1e-6f && beta == 0.5f) {
    unary<HardSigmoidOp>(node);
    return;
  }
  Value x = with_scalar(node.graph, std::make_shared<MulOp>(), node.activation(0), alpha);
  x = with_scalar(node.graph, std::make_shared<AddOp>(), x, beta);
  node.set(clamped(node.graph, x, 0, 1));
}

void import_softmax(OpNode& node) {
  over_axis(node, std::make_shared<SoftmaxOp>());
}
void import_log_softmax(OpNode& node) {
  over_axis(node, std::make_shared<LogSoftmaxOp>());
}

void import_dropout(OpNode& node) {
  float ratio = 0.5f;
  if (node.opset() < 12) {
    ratio = node.number("ratio", 0.5f);
  } else if (node.has(1)) {
    ratio = static_cast<float>(node.constant(1, "ratio")->at(0));
  }
  if (node.has(2)) {
    const ConstantPtr& training = node.constant(2, "training_mode");
    OCTET_CHECK(training->size() == 1 && training->at(0) == 0, "training_mode: expected false");
  }
  node.ignore({"seed"});
  if (node.input(0).is_constant() || !(ratio > 0 && ratio < 1)) {
    node.set(node.input(0));
    return;
  }
  Fnv1a stream;  // as the layer has it
  stream.add(std::as_bytes(std::span(node.graph.layer())));
  node.set(elementwise(node.graph, node.input(0),
                       std::make_shared<DropoutOp>(double{ratio}, stream.value())));
}

}  // namespace octet::onnx
