#include "deploy/same_padding.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "deploy/erase_tensors.h"
#include "deploy/readable_pads.h"
#include "int8/engine/fuse_pads.h"
#include "int8/reference/spatial.h"

namespace octet::deploy {
namespace {

using int8::Graph;
using int8::Node;
using int8::TensorDef;

const TensorDef& tensor(const Graph& graph, int t) {
  return graph.tensors[static_cast<std::size_t>(t)];
}

/// It moves codes and changes none.
bool keeps_codes(const TensorDef& x, const TensorDef& y) {
  return x.type == int8::DType::i8 && y.type == int8::DType::i8 && x.shape.size() == 4 &&
         x.quantization.scale.size() == 1 && x.quantization == y.quantization;
}

struct Strided {
  int8::Window h, w;
  int8::Padding* padding = nullptr;
};

/// The windows of a convolution or maximum pool with SAME on `in`.
Strided windows(const Graph& graph, Node& node, const TensorDef& in) {
  Strided s;
  if (auto* a = std::get_if<int8::ConvAttributes>(&node.attributes)) {
    const int8::Dims& kernel = tensor(graph, node.inputs[1]).shape;  // [_, height, width, _]
    s.h = {.kernel = kernel[1], .stride = a->stride_h, .dilation = a->dilation_h};
    s.w = {.kernel = kernel[2], .stride = a->stride_w, .dilation = a->dilation_w};
    s.padding = &a->padding;
  } else {
    auto& pool = std::get<int8::PoolAttributes>(node.attributes);
    s.h = {.kernel = pool.filter_h, .stride = pool.stride_h};
    s.w = {.kernel = pool.filter_w, .stride = pool.stride_w};
    s.padding = &pool.padding;
  }
  s.h.in = in.shape[1];
  s.w.in = in.shape[2];
  s.h.padding = s.w.padding = int8::Padding::same;
  return s;
}

/// Windows begin where they begin with `before` pixels of padding in front, and are as many.
bool agrees(const int8::Window& same, int before, int out) {
  try {
    const int8::Extent extent = int8::spatial_extent(same, "a window");
    return extent.out == out && extent.pad_before == before;
  } catch (const Error&) {
    return false;  // a window that nothing runs
  }
}

}  // namespace

Graph with_same_padding(Graph graph) {
  if (!has_readable_pads(graph)) return graph;
  const std::vector<int8::PadFusion> fusions = int8::fuse_pads(graph);
  std::set<int> padded, gone;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::PadFusion& fusion = fusions[n];
    if (fusion.input < 0) continue;
    Node& node = graph.nodes[n];
    const TensorDef& in = tensor(graph, fusion.input);
    const int8::Dims& out = tensor(graph, node.outputs[0]).shape;
    if (!keeps_codes(in, tensor(graph, node.inputs[0])) || out.size() != 4) continue;
    const Strided s = windows(graph, node, in);
    if (!agrees(s.h, fusion.pads.top, out[1]) || !agrees(s.w, fusion.pads.left, out[2])) continue;
    padded.insert(node.inputs[0]);
    node.inputs[0] = fusion.input;
    *s.padding = int8::Padding::same;
  }
  std::erase_if(graph.nodes, [&](const Node& n) {
    if (!padded.contains(n.outputs[0])) return false;
    gone.insert(n.outputs[0]);
    gone.insert(n.inputs.begin() + 1, n.inputs.end());
    return true;
  });
  for (const Node& n : graph.nodes) {
    for (const int t : n.inputs) gone.erase(t);  // constants that others read
  }
  erase_tensors(graph, gone);
  return graph;
}

}  // namespace octet::deploy
