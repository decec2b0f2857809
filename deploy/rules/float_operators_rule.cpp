#include <algorithm>
#include <array>
#include <map>

#include "deploy/readable_pads.h"
#include "deploy/rules/code_moves.h"
#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"
#include "int8/engine/fuse_pads.h"
#include "int8/ops/node_view.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::Graph;
using int8::Node;
using int8::OpCode;

/// Integer kernels. Clamps become nothing, or clamp_rule()'s finding.
constexpr std::array on_codes{OpCode::conv_2d,
                              OpCode::depthwise_conv_2d,
                              OpCode::fully_connected,
                              OpCode::batch_matmul,
                              OpCode::add,
                              OpCode::mul,
                              OpCode::average_pool_2d,
                              OpCode::concatenation,
                              OpCode::logistic,
                              OpCode::leaky_relu,
                              OpCode::softmax,
                              OpCode::quantize,
                              OpCode::dequantize,
                              OpCode::relu,
                              OpCode::relu6,
                              OpCode::relu_n1_to_1,
                              OpCode::relu_0_to_1};

/// What keeps a network in integers in their place.
const char* fix_of(OpCode op) {
  switch (op) {
    case OpCode::hard_swish:
    case OpCode::gelu:
    case OpCode::elu:
      return "silu, relu6 or leaky_relu in its place";
    case OpCode::prelu:
      return "leaky_relu in its place";
    case OpCode::tanh:
      return "sigmoid in its place";
    case OpCode::sub:
      return "an addition, with the other sign in the layer in front";
    case OpCode::mean:
      return "the mean over height and width of a picture, a global average pool";
    case OpCode::pad:
    case OpCode::padv2:
      return "padding in the convolution or pool behind it";
    case OpCode::resize_bilinear:
      return "nearest in its place";
    case OpCode::transpose_conv:
      return "a nearest resize and a convolution in its place";
    default:
      return "";
  }
}

const int8::TensorDef& tensor(const Graph& graph, int t) {
  return graph.tensors[static_cast<std::size_t>(t)];
}

/// It becomes GlobalAveragePool.
bool is_global_pool(const Graph& graph, const Node& node) {
  const int8::TensorDef& axes = tensor(graph, node.inputs[1]);
  if (tensor(graph, node.inputs[0]).shape.size() != 4 || axes.type != DType::i32 || !axes.constant)
    return false;
  std::vector<std::int32_t> values = int8::read_i32(axes);
  for (std::int32_t& axis : values) axis += axis < 0 ? 4 : 0;
  std::sort(values.begin(), values.end());
  return values == std::vector<std::int32_t>{1, 2};
}

}  // namespace

void float_operators_rule(const Graph& graph, std::vector<Finding>& findings) {
  std::vector<int8::PadFusion> pads(graph.nodes.size());
  if (has_readable_pads(graph)) pads = int8::fuse_pads(graph);
  std::map<OpCode, std::vector<std::size_t>> found;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const bool codes = int8::is_codes(tensor(graph, node.outputs[0]).type);
    if (!codes || pads[n].removed) continue;  // floats_rule() has those of floats
    if (std::find(on_codes.begin(), on_codes.end(), node.op) != on_codes.end()) continue;
    if (moves_codes(node.op)) continue;
    if (node.op == OpCode::mean && is_global_pool(graph, node)) continue;
    found[node.op].push_back(n);
  }
  for (const auto& [op, nodes] : found) {
    findings.push_back(
        {.text = nodes_text(graph, nodes) +
                 ": runs in floats between quantizers: slower, and its codes may be others",
         .fix = fix_of(op)});
  }
}

}  // namespace octet::deploy
