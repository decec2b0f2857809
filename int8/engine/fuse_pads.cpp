#include "int8/engine/fuse_pads.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "int8/engine/uses.h"

namespace octet::int8 {
namespace {

const TensorDef& tensor(const Graph& graph, int index) {
  return graph.tensors[static_cast<std::size_t>(index)];
}

/// The code a pad node fills with.
std::int32_t pad_code(const Graph& graph, const Node& pad) {
  if (pad.op == OpCode::pad) return zero_code(tensor(graph, pad.outputs[0]));
  std::int8_t code = 0;
  std::memcpy(&code, tensor(graph, pad.inputs[2]).constant.data, 1);
  return code;
}

/// The code that the consumer's own padding stands for; nothing if it cannot take pads.
std::optional<std::int32_t> neutral_code(const Graph& graph, const Node& consumer) {
  if (const auto* a = std::get_if<ConvAttributes>(&consumer.attributes)) {
    const bool conv = consumer.op == OpCode::conv_2d || consumer.op == OpCode::depthwise_conv_2d;
    if (conv && a->padding == Padding::valid) return zero_code(tensor(graph, consumer.inputs[0]));
  }
  if (const auto* a = std::get_if<PoolAttributes>(&consumer.attributes)) {
    if (consumer.op == OpCode::max_pool_2d && a->padding == Padding::valid) return -128;
  }
  return std::nullopt;
}

/// The only node that reads the tensor, provided it does so once and as input 0; else -1.
int sole_consumer(const Graph& graph, int t) {
  int found = -1;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const std::vector<int>& inputs = graph.nodes[n].inputs;
    const auto uses = std::count(inputs.begin(), inputs.end(), t);
    if (uses == 0) continue;
    if (found >= 0 || uses > 1 || inputs[0] != t) return -1;
    found = static_cast<int>(n);
  }
  return found;
}

}  // namespace

std::vector<PadFusion> fuse_pads(const Graph& graph) {
  std::vector<PadFusion> fusions(graph.nodes.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& pad = graph.nodes[n];
    if (pad.op != OpCode::pad && pad.op != OpCode::padv2) continue;
    const TensorDef& x = tensor(graph, pad.inputs[0]);
    if (x.constant || (x.type == DType::f32 && pad.op == OpCode::padv2)) continue;
    const int padded = pad.outputs[0];
    if (is_read_after(graph, padded)) continue;
    const std::vector<std::int32_t> p = read_i32(tensor(graph, pad.inputs[1]));
    if (p.size() != 8 || p[0] != 0 || p[1] != 0 || p[6] != 0 || p[7] != 0) continue;
    const int consumer = sole_consumer(graph, padded);
    if (consumer < 0) continue;
    const auto at = static_cast<std::size_t>(consumer);
    if (neutral_code(graph, graph.nodes[at]) != pad_code(graph, pad)) continue;
    fusions[n].removed = true;
    fusions[at].input = pad.inputs[0];
    fusions[at].pads = {.top = p[2], .bottom = p[3], .left = p[4], .right = p[5]};
  }
  return fusions;
}

}  // namespace octet::int8
