#include "int8/engine/fuse_gates.h"

#include "int8/engine/uses.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {

std::vector<Gate> find_gates(const Graph& graph) {
  const auto tensor = [&](int t) -> const TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  std::vector<int> writer(graph.tensors.size(), -1), uses(graph.tensors.size(), 0);
  std::vector<Gate> gates;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const int t : graph.nodes[n].outputs)
      writer[static_cast<std::size_t>(t)] = static_cast<int>(n);
    for (const int t : graph.nodes[n].inputs) {
      if (t >= 0) ++uses[static_cast<std::size_t>(t)];
    }
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& product = graph.nodes[n];
    if (product.op != OpCode::mul) continue;
    for (int i = 0; i < 2; ++i) {
      const int x = product.inputs[static_cast<std::size_t>(i)];
      const auto gate = static_cast<std::size_t>(product.inputs[static_cast<std::size_t>(1 - i)]);
      if (writer[gate] < 0 || uses[gate] != 1 || is_read_after(graph, static_cast<int>(gate)))
        continue;
      const Node& table = graph.nodes[static_cast<std::size_t>(writer[gate])];
      if (!find_unary_op(table.op) || table.inputs[0] != x) continue;
      if (tensor(x).type != DType::i8 || tensor(x).constant) continue;
      gates.push_back({.table = writer[gate], .product = static_cast<int>(n), .x = i});
      break;
    }
  }
  return gates;
}

}  // namespace octet::int8
