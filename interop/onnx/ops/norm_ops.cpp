// Normalizations.
#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// Scale or bias of a layer norm over dimensions `dims`, repeated where it broadcasts.
int norm_parameter(OpNode& node, std::size_t i, std::string_view what, const Extents& dims) {
  const ConstantPtr& c = node.reals(i, what);
  OCTET_CHECK(c->dims.size() <= dims.size() && broadcast(c->dims, dims) == dims, what,
              ": expected ", text(dims), ", got ", text(c->dims));
  return node.graph.parameter(c, c->name, "norm " + text(dims), false, [&] {
    Tensor t = Tensor::empty(Shape(std::span<const std::int64_t>(dims)));
    for (std::int64_t k = 0; k < t.numel(); ++k) {
      std::int64_t rest = k, at = 0, stride = 1;
      for (std::size_t d = dims.size(), e = c->dims.size(); e-- > 0;) {
        const std::int64_t index = rest % dims[--d];
        rest /= dims[d];
        if (c->dims[e] != 1) at += index * stride;
        stride *= c->dims[e];
      }
      t.r()[k] = c->reals.r()[at];
    }
    return t;
  });
}

/// The other results of a layer norm over the node's last dimensions: mean and 1 / deviation.
void set_statistics(OpNode& node, const Value& x, std::size_t axis, float eps) {
  NetworkBuilder& graph = node.graph;
  std::vector<int> axes;
  Value mean = x;
  for (std::size_t d = axis; d < x.rank(); ++d) {
    axes.push_back(node_axis(x, d));
    mean.dims[d] = 1;
  }
  const auto mean_of = [&](const Value& v) {
    Value y = mean;
    y.node = graph.op(std::make_shared<MeanOp>(axes, true), {v.node}, node_shape(y.dims, y.order));
    return y;
  };
  mean = mean_of(x);
  const Value centred = binary(graph, std::make_shared<SubOp>(), x, mean);
  Value variance = mean_of(binary(graph, std::make_shared<MulOp>(), centred, centred));
  variance = with_scalar(graph, std::make_shared<AddOp>(), variance, eps);
  node.set(1, mean);
  node.set(2, elementwise(graph, variance, std::make_shared<RsqrtOp>()));
}

}  // namespace

void import_batch_normalization(OpNode& node) {
  const float eps = node.number("epsilon", 1e-5f), momentum = node.number("momentum", 0.9f);
  OCTET_CHECK(eps > 0, "epsilon: expected more than 0, got ", eps);
  OCTET_CHECK(node.integer("training_mode", 0) == 0, "training_mode: expected 0");
  OCTET_CHECK(node.integer("spatial", 1) == 1, "spatial: expected 1");
  Value x = node.activation(0);
  x = channels_last(node.graph, x, false);
  const std::int64_t channels = x.dims[1];
  const int gamma = vector_parameter(node, 1, "scale", channels);
  const int beta = vector_parameter(node, 2, "bias", channels);
  const auto statistics = [&](std::size_t i, const char* what) {
    const ConstantPtr& c = node.reals(i, what);
    OCTET_CHECK(c->size() == channels, what, ": expected ", channels, " elements, got ",
                text(c->dims));
    return c->reals.clone();
  };
  auto stats = std::make_shared<BatchNormStats>(
      BatchNormStats{statistics(3, "mean"), statistics(4, "variance")});
  x.node = node.graph.op(std::make_shared<BatchNormOp>(std::move(stats), eps, 1 - momentum),
                         {x.node, gamma, beta}, node.graph.node(x.node).shape);
  node.set(std::move(x));
}

void import_layer_normalization(OpNode& node) {
  const float eps = node.number("epsilon", 1e-5f);
  node.ignore({"stash_type"});
  Value x = node.activation(0);
  const std::size_t axis = resolve_axis(node.integer("axis", -1), x.rank());
  if (x.batch_axis() >= static_cast<int>(axis)) x = without_batch(x);
  // The dimensions in front as they lie, then those that are normalized.
  std::vector<int> order{x.batch_axis()};
  for (std::size_t d = 1; d < x.order.size(); ++d) {
    if (x.order[d] >= 0 && x.order[d] < static_cast<int>(axis)) order.push_back(x.order[d]);
  }
  for (std::size_t d = axis; d < x.rank(); ++d) order.push_back(static_cast<int>(d));
  x = arrange(node.graph, x, order);
  const Extents dims(x.dims.begin() + static_cast<std::ptrdiff_t>(axis), x.dims.end());
  std::vector<int> operands{x.node, norm_parameter(node, 1, "scale", dims)};
  if (node.has(2)) operands.push_back(norm_parameter(node, 2, "bias", dims));
  if (node.wants(1) || node.wants(2)) set_statistics(node, x, axis, eps);
  x.node = node.graph.op(std::make_shared<LayerNormOp>(eps), std::move(operands),
                         node.graph.node(x.node).shape);
  node.set(std::move(x));
}

void import_instance_normalization(OpNode& node) {
  const float eps = node.number("epsilon", 1e-5f);
  Value x = channels_last(node.graph, node.activation(0), false);
  const int gamma = vector_parameter(node, 1, "scale", x.dims[1]);
  const int beta = vector_parameter(node, 2, "bias", x.dims[1]);
  x.node = node.graph.op(std::make_shared<GroupNormOp>(0, eps), {x.node, gamma, beta},
                         node.graph.node(x.node).shape);
  node.set(std::move(x));
}

void import_group_normalization(OpNode& node) {
  const float eps = node.number("epsilon", 1e-5f);
  const std::int64_t groups = node.integer("num_groups", 0);
  node.ignore({"stash_type"});
  Value x = channels_last(node.graph, node.activation(0), false);
  OCTET_CHECK(groups >= 1 && x.dims[1] % groups == 0, "num_groups: expected a divisor of ",
              x.dims[1], ", got ", groups);
  const int gamma = vector_parameter(node, 1, "scale", x.dims[1]);
  const int beta = vector_parameter(node, 2, "bias", x.dims[1]);
  x.node = node.graph.op(std::make_shared<GroupNormOp>(groups, eps), {x.node, gamma, beta},
                         node.graph.node(x.node).shape);
  node.set(std::move(x));
}

}  // namespace octet::onnx
