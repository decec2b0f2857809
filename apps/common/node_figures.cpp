#include "apps/common/node_figures.h"

#include "int8/xnnpack/arithmetic.h"

namespace octet::app {
namespace {

using int8::Graph;
using int8::Node;
using int8::TensorDef;

const TensorDef& tensor(const Graph& graph, int index) {
  return graph.tensors[static_cast<std::size_t>(index)];
}

/// Weights, biases and other quantized constants; not shapes, axes and the like.
bool is_parameter(int8::OpCode op, std::size_t input, const TensorDef& constant) {
  if (constant.type != int8::DType::i32) return true;
  switch (op) {
    case int8::OpCode::conv_2d:
    case int8::OpCode::depthwise_conv_2d:
    case int8::OpCode::fully_connected:
      return input == 2;
    case int8::OpCode::transpose_conv:
      return input == 3;
    default:
      return false;
  }
}

}  // namespace

std::vector<NodeFigures> node_figures(const int8::Model& model) {
  const Graph& graph = model.graph();
  std::vector<NodeFigures> rows;
  for (const Node& node : graph.nodes) {
    NodeFigures row;
    row.index = static_cast<int>(rows.size());
    row.op = int8::op_name(node.op);
    row.name = tensor(graph, node.outputs[0]).name;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] < 0) continue;
      const TensorDef& x = tensor(graph, node.inputs[i]);
      if (!x.constant) row.inputs.push_back(x.shape);
      if (x.constant && is_parameter(node.op, i, x)) {
        row.params += static_cast<std::int64_t>(x.constant.size / int8::dtype_size(x.type));
      }
    }
    if (model.rounding() == int8::Rounding::float_rounding) {
      row.arithmetic = int8::xnnpack::arithmetic_name(
          int8::xnnpack::arithmetic_of({graph, row.index, model.rounding(), model.isa()}));
    }
    for (const int t : node.outputs) row.outputs.push_back(tensor(graph, t).shape);
    rows.push_back(std::move(row));
  }
  for (const int8::StepInfo& step : model.steps()) {
    NodeFigures& row = rows[static_cast<std::size_t>(step.node)];
    row.macs = step.macs;
    row.kernel = step.kernel;
  }
  return rows;
}

}  // namespace octet::app
