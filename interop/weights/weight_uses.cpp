#include "interop/weights/weight_uses.h"

#include "core/ops/conv_transpose.h"

namespace octet {
namespace {

const GraphNode& node(const GraphModule& graph, int id) {
  return graph.nodes()[static_cast<std::size_t>(id)];
}

/// The image whose flattened pixels node `id` is, through ops that do not mix pixels; null if it is
/// none.
const Shape* flattened_image(const GraphModule& graph, int id) {
  for (;;) {
    const GraphNode& n = node(graph, id);
    if (n.kind != Tape::Kind::op || n.inputs.empty()) return nullptr;
    const Shape& x = node(graph, n.inputs[0]).shape;
    if (dynamic_cast<const ReshapeOp*>(n.op.get())) {
      return x.rank() == 4 && n.shape.rank() == 2 ? &x : nullptr;
    }
    const bool apart = n.inputs.size() == 1 || dynamic_cast<const BatchNormOp*>(n.op.get());
    if (!apart || x != n.shape) return nullptr;
    id = n.inputs[0];
  }
}

}  // namespace

std::map<std::string, LayerUse> weight_uses(const GraphModule& graph) {
  std::map<std::string, LayerUse> uses;
  for (const GraphNode& n : graph.nodes()) {
    if (n.kind != Tape::Kind::op || n.inputs.size() < 2) continue;
    const GraphNode& weight = node(graph, n.inputs[1]);
    if (weight.kind != Tape::Kind::param) continue;
    if (dynamic_cast<const ConvTranspose2dOp*>(n.op.get())) {
      uses[weight.name].transposed_conv = true;
      continue;
    }
    const bool norm = dynamic_cast<const BatchNormOp*>(n.op.get());
    if (!norm && !dynamic_cast<const LinearOp*>(n.op.get())) continue;
    const Shape* image = flattened_image(graph, n.inputs[0]);
    if (!image) continue;
    const LayerUse use{.h = (*image)[1], .w = (*image)[2], .c = (*image)[3]};
    uses[weight.name] = use;
    if (!norm) continue;
    uses[node(graph, n.inputs[2]).name] = use;
    for (const char* statistic : {".running_mean", ".running_var"}) uses[n.name + statistic] = use;
  }
  return uses;
}

}  // namespace octet
