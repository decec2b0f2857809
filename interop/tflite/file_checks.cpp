#include "interop/tflite/file_checks.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/error.h"
#include "int8/engine/graph_checks.h"
#include "interop/tflite/names.h"
#include "interop/tflite/tflite_ops.h"

namespace octet::tflite {
namespace {

using int8::DType;
using int8::Graph;
using int8::Node;
using int8::Quantization;
using int8::TensorDef;

constexpr std::uint64_t max_tensor_bytes = std::numeric_limits<std::int32_t>::max();

const TensorDef& tensor(const Graph& graph, int index) {
  return graph.tensors[static_cast<std::size_t>(index)];
}
std::string tensor_text(const Graph& graph, int index) {
  return tflite::tensor_text(static_cast<std::size_t>(index), tensor(graph, index).name);
}

// --- one tensor ---

void check_quantization(const TensorDef& t, const std::string& where) {
  if (!int8::is_quantizable(t.type)) return;
  const Quantization& q = t.quantization;
  const std::size_t count = q.scale.size();
  if (count > 1) {
    OCTET_CHECK(q.axis >= 0 && static_cast<std::size_t>(q.axis) < t.shape.size(), where,
                ": quantized dimension ", q.axis, ", but its rank is ", t.shape.size());
    const auto channels = static_cast<std::size_t>(t.shape[static_cast<std::size_t>(q.axis)]);
    OCTET_CHECK(count == channels, where, ": ", count, " scales, expected ",
                channels == 1 ? "" : "1 or ", channels);
    OCTET_CHECK(t.constant, where, ": per-channel quantization of a value that is not a constant");
  }
  OCTET_CHECK(q.zero_point.size() == count, where, ": ", q.zero_point.size(),
              " zero points, expected ", count);
  for (const float scale : q.scale) {
    OCTET_CHECK(int8::usable_scale(t, scale), where, ": scale ", scale, ", expected ",
                t.constant ? "a finite number >= 0" : "a positive normal number");
  }
  const std::int32_t least = int8::least_code(t.type), most = int8::most_code(t.type);
  for (const std::int32_t zero_point : q.zero_point) {
    OCTET_CHECK(zero_point >= least && zero_point <= most, where, ": zero point ", zero_point,
                ", expected ", least, " to ", most);
  }
}

void check_tensor(const TensorDef& t, const std::string& where) {
  const std::uint64_t bytes = checked_bytes(t, where);
  OCTET_CHECK(!t.constant || t.constant.size == bytes, where, ": its shape needs ", bytes,
              " bytes of data, its buffer has ", t.constant.size);
  check_quantization(t, where);
}

// --- operators ---

void check_index(int index, const Graph& graph, const std::string& where, const char* what) {
  OCTET_CHECK(index >= 0 && static_cast<std::size_t>(index) < graph.tensors.size(), where, ": ",
              what, " is tensor ", index, ", but there are ", graph.tensors.size());
}

void check_operands(const Node& node, const Graph& graph, const std::string& where) {
  const OpFacts* facts = find_op(static_cast<std::int32_t>(node.op));
  OCTET_CHECK(facts, where, ": unknown operator code ", static_cast<std::int32_t>(node.op));
  const auto min = static_cast<std::size_t>(facts->min_inputs);
  const auto max = static_cast<std::size_t>(facts->max_inputs);
  OCTET_CHECK(node.inputs.size() >= min && node.inputs.size() <= max, where, ": ",
              node.inputs.size(), " inputs, expected ", min == max ? "" : "at least ", min);
  const std::size_t outputs = node.outputs.size();
  OCTET_CHECK(
      outputs >= 1 && (facts->outputs == 0 || outputs == static_cast<std::size_t>(facts->outputs)),
      where, ": ", outputs, " outputs, expected ", std::max(facts->outputs, 1));
  const bool endless = facts->max_inputs == std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const bool optional = i >= min && !endless;
    if (node.inputs[i] != -1 || !optional) check_index(node.inputs[i], graph, where, "an input");
  }
  for (const int t : node.outputs) check_index(t, graph, where, "an output");
}

void check_data_flow(const Graph& graph) {
  std::vector<bool> defined(graph.tensors.size());
  for (std::size_t t = 0; t < graph.tensors.size(); ++t)
    defined[t] = static_cast<bool>(graph.tensors[t].constant);
  for (const int t : graph.inputs) {
    const auto i = static_cast<std::size_t>(t);
    OCTET_CHECK(!defined[i], "the model's input ", tensor_text(graph, t),
                graph.tensors[i].constant ? " is a constant" : " is listed twice");
    defined[i] = true;
  }
  for (const int8::State& state : graph.states) {
    const auto i = static_cast<std::size_t>(state.input);
    OCTET_CHECK(!defined[i], tensor_text(graph, state.input),
                ", a variable, is a constant, an input of the model or another variable");
    defined[i] = true;
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    for (const int t : node.inputs) {
      OCTET_CHECK(t < 0 || defined[static_cast<std::size_t>(t)], node_text(n, node.op), ": reads ",
                  tensor_text(graph, t),
                  ", which is not a constant, an input of the model or an output of an earlier "
                  "operator");
    }
    for (const int t : node.outputs) {
      const auto i = static_cast<std::size_t>(t);
      OCTET_CHECK(!defined[i], node_text(n, node.op), ": writes ", tensor_text(graph, t),
                  ", which is a constant, an input of the model or an operator's output already");
      defined[i] = true;
    }
  }
  for (const int t : graph.outputs) {
    const auto i = static_cast<std::size_t>(t);
    OCTET_CHECK(defined[i] && !graph.tensors[i].constant, "the model's output ",
                tensor_text(graph, t), " is written by no operator and no input of the model");
  }
  for (const int8::State& state : graph.states) {
    OCTET_CHECK(defined[static_cast<std::size_t>(state.output)], "a variable is assigned ",
                tensor_text(graph, state.output),
                ", which is written by no operator and no input of the model");
  }
}

// --- weights ---

void check_type(const TensorDef& t, DType expected, const std::string& where) {
  OCTET_CHECK(t.type == expected, where, ": expected ", int8::dtype_name(expected), ", got ",
              int8::dtype_name(t.type));
}

void check_quantized(const TensorDef& t, const std::string& where) {
  OCTET_CHECK(!t.quantization.scale.empty(), where, ": without scale and zero point");
}

/// Its scale means nothing: the codes are added as they are.
void check_bias(const TensorDef& bias, std::int32_t channels, const std::string& where) {
  check_type(bias, DType::i32, where);
  OCTET_CHECK(bias.constant, where, ": expected a constant, got a computed value");
  const auto values = bias.constant.size / sizeof(std::int32_t);
  OCTET_CHECK(values == static_cast<std::size_t>(channels), where, ": expected ", channels,
              " values, got ", values);
}

void check_weights(const Graph& graph, const Node& node, const WeightOperands& operands,
                   const std::string& where) {
  const auto operand = [&node](int i) { return node.inputs[static_cast<std::size_t>(i)]; };
  const TensorDef& x = tensor(graph, operand(operands.input));
  const std::string x_where = where + ", input " + tensor_text(graph, operand(operands.input));
  const TensorDef& w = tensor(graph, operand(operands.weights));
  const std::string w_where = where + ", weights " + tensor_text(graph, operand(operands.weights));
  if (x.type == DType::f32)
    return check_type(w, DType::f32, w_where);  // the engine checks the rest
  check_type(x, DType::i8, x_where);
  check_quantized(x, x_where);
  check_type(w, DType::i8, w_where);
  check_quantized(w, w_where);
  const std::size_t rank = node.op == int8::OpCode::fully_connected ? 2 : 4;
  OCTET_CHECK(w.shape.size() == rank, w_where, ": rank ", w.shape.size(), ", expected ", rank);
  OCTET_CHECK(w.quantization.scale.size() == 1 || w.quantization.axis == operands.axis, w_where,
              ": quantized dimension ", w.quantization.axis, ", expected ", operands.axis);
  for (const std::int32_t zero_point : w.quantization.zero_point)
    OCTET_CHECK(zero_point == 0, w_where, ": zero point ", zero_point, ", expected 0");
  const bool has_bias =
      static_cast<std::size_t>(operands.bias) < node.inputs.size() && operand(operands.bias) >= 0;
  if (has_bias) {
    check_bias(tensor(graph, operand(operands.bias)),
               w.shape[static_cast<std::size_t>(operands.axis)],
               where + ", bias " + tensor_text(graph, operand(operands.bias)));
  }
}

}  // namespace

std::string tensor_text(std::size_t index, std::string_view name) {
  const std::string text = "tensor " + std::to_string(index);
  return name.empty() ? text : text + " (" + quoted(name) + ")";
}

std::string node_text(std::size_t index, int8::OpCode op) {
  return "operator " + std::to_string(index) + " (" + std::string(int8::op_name(op)) + ")";
}

std::uint64_t checked_bytes(const TensorDef& t, const std::string& where) {
  std::uint64_t bytes = int8::dtype_size(t.type);
  for (const std::int32_t dim : t.shape) {
    OCTET_CHECK(dim > 0, where, ": a dimension is ", dim, ", expected at least 1");
    bytes *= static_cast<std::uint64_t>(dim);
    OCTET_CHECK(bytes <= max_tensor_bytes, where, ": larger than ", max_tensor_bytes, " bytes");
  }
  return bytes;
}

void check_graph(const Graph& graph, bool any_weights) {
  for (std::size_t i = 0; i < graph.tensors.size(); ++i)
    check_tensor(graph.tensors[i], tflite::tensor_text(i, graph.tensors[i].name));
  OCTET_CHECK(!graph.inputs.empty() && !graph.outputs.empty(), "the model has ",
              graph.inputs.size(), " inputs and ", graph.outputs.size(),
              " outputs, expected at least 1 each");
  for (const int t : graph.inputs) check_index(t, graph, "the model", "an input");
  for (const int t : graph.outputs) check_index(t, graph, "the model", "an output");
  for (const int8::State& state : graph.states) {
    check_index(state.input, graph, "a variable", "its value");
    check_index(state.output, graph, "a variable", "its next value");
    const TensorDef& t = tensor(graph, state.input);
    const std::string where = tensor_text(graph, state.input);
    const std::uint64_t bytes = checked_bytes(t, where);
    OCTET_CHECK(state.initial && state.initial.size == bytes, where, ": its variable begins with ",
                state.initial.size, " bytes, expected ", bytes);
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    check_operands(graph.nodes[i], graph, node_text(i, graph.nodes[i].op));
  check_data_flow(graph);
  for (std::size_t i = 0; i < graph.nodes.size() && !any_weights; ++i) {
    const Node& node = graph.nodes[i];
    if (const auto operands = weight_operands(node.op))
      check_weights(graph, node, *operands, node_text(i, node.op));
  }
}

}  // namespace octet::tflite
