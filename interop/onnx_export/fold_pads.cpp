#include "interop/onnx_export/fold_pads.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "int8/engine/uses.h"
#include "int8/graph/attributes.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

const int8::TensorDef& tensor(const int8::Graph& graph, int t) {
  return graph.tensors[static_cast<std::size_t>(t)];
}

bool fits_window(const int8::FusedPads& pads, const int8::PoolAttributes& pool) {
  return std::max(pads.top, pads.bottom) < pool.filter_h &&
         std::max(pads.left, pads.right) < pool.filter_w;
}

bool pads_by_lowest(const int8::Graph& graph, const int8::Node& node) {
  if (node.op != OpCode::padv2 || tensor(graph, node.inputs[0]).type != int8::DType::f32) {
    return false;
  }
  const int8::ConstBytes& value = tensor(graph, node.inputs[2]).constant;
  float lowest = 0;
  if (value.size == sizeof lowest) std::memcpy(&lowest, value.data, sizeof lowest);
  return lowest <= std::numeric_limits<float>::lowest();
}

/// The node that reads `t`, once, and nobody else; else the number of nodes.
std::size_t sole_reader(const int8::Graph& graph, int t) {
  std::size_t found = graph.nodes.size();
  if (int8::is_read_after(graph, t)) return found;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const auto uses = std::ranges::count(graph.nodes[n].inputs, t);
    if (uses == 0) continue;
    if (uses > 1 || found < graph.nodes.size()) return graph.nodes.size();
    found = n;
  }
  return found;
}

void fold_float_pad(const int8::Graph& graph, std::size_t pad,
                    std::vector<int8::PadFusion>& folds) {
  const int8::Node& node = graph.nodes[pad];
  const std::size_t reader = sole_reader(graph, node.outputs[0]);
  if (reader == graph.nodes.size() || graph.nodes[reader].op != OpCode::max_pool_2d) return;
  const auto pool = int8::attributes_as<int8::PoolAttributes>(graph.nodes[reader].attributes);
  const std::vector<std::int32_t> p = int8::read_i32(tensor(graph, node.inputs[1]));
  if (pool.padding != int8::Padding::valid || p.size() != 8) return;
  if (p[0] != 0 || p[1] != 0 || p[6] != 0 || p[7] != 0) return;
  folds[pad].removed = true;
  folds[reader].input = node.inputs[0];
  folds[reader].pads = {.top = p[2], .bottom = p[3], .left = p[4], .right = p[5]};
}

}  // namespace

std::vector<int8::PadFusion> fold_pads(const int8::Graph& graph) {
  std::vector<int8::PadFusion> folds = int8::fuse_pads(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (pads_by_lowest(graph, graph.nodes[n])) fold_float_pad(graph, n, folds);
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (node.op != OpCode::max_pool_2d || folds[n].input < 0) continue;
    if (fits_window(folds[n].pads, int8::attributes_as<int8::PoolAttributes>(node.attributes))) {
      continue;
    }
    folds[n] = {};
    for (std::size_t pad = 0; pad < n; ++pad) {
      if (graph.nodes[pad].outputs[0] == node.inputs[0]) folds[pad].removed = false;
    }
  }
  return folds;
}

}  // namespace octet::onnx_export
