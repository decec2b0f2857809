#include "interop/onnx_export/find_layouts.h"

#include "int8/engine/uses.h"
#include "int8/ops/node_view.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

const int8::TensorDef& tensor(const int8::Graph& graph, int t) {
  return graph.tensors[static_cast<std::size_t>(t)];
}

/// The RESHAPE that writes `t`, or null.
const int8::Node* reshape_of(const int8::Graph& graph, int t) {
  for (const int8::Node& n : graph.nodes) {
    if (n.outputs[0] == t) return n.op == OpCode::reshape ? &n : nullptr;
  }
  return nullptr;
}

bool is_flat_image(const int8::Graph& graph, const int8::Node& reshape) {
  const int8::TensorDef& x = tensor(graph, reshape.inputs[0]);
  const int t = reshape.outputs[0];
  const int8::Dims& y = tensor(graph, t).shape;
  const bool flattens = x.shape.size() == 4 && !x.constant && y.size() == 2 && y[0] == x.shape[0];
  if (!flattens || int8::is_read_after(graph, t)) return false;
  for (const int8::Node& n : graph.nodes) {
    for (std::size_t i = 0; i < n.inputs.size(); ++i) {
      if (n.inputs[i] != t) continue;
      const bool product = n.op == OpCode::fully_connected && i == 0;
      if (!product || !tensor(graph, n.inputs[1]).constant) return false;
      if (tensor(graph, n.inputs[1]).shape[1] != y[1]) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<Layout> find_layouts(const int8::Graph& graph) {
  std::vector<Layout> layouts;
  for (const int8::TensorDef& t : graph.tensors) {
    layouts.push_back(t.shape.size() == 4 ? Layout::image : Layout::plain);
  }
  for (const int8::Node& n : graph.nodes) {
    if (n.op == OpCode::reshape && is_flat_image(graph, n)) {
      layouts[static_cast<std::size_t>(n.outputs[0])] = Layout::flat_image;
    }
  }
  return layouts;
}

int8::Dims flattened_image(const int8::Graph& graph, int t) {
  const int8::Dims& image = tensor(graph, reshape_of(graph, t)->inputs[0]).shape;
  return {image.begin() + 1, image.end()};
}

}  // namespace octet::onnx_export
