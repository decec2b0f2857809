#include "int8/engine/find_tables.h"

#include <algorithm>

#include "int8/engine/uses.h"
#include "int8/graph/attributes.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

class Finder {
 public:
  explicit Finder(const Graph& graph)
      : graph_(graph), writer_(graph.tensors.size(), -1), uses_(graph.tensors.size(), 0) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const int t : graph.nodes[n].outputs)
        writer_[static_cast<std::size_t>(t)] = static_cast<int>(n);
      for (const int t : graph.nodes[n].inputs) {
        if (t >= 0) ++uses_[static_cast<std::size_t>(t)];
      }
    }
  }

  /// Fills in the other nodes of a GATHER; false: it is none of a table.
  bool find(GatheredTable& table) const {
    const Node& gather = node(table.gather);
    if (gather.op != OpCode::gather || !has_inputs(gather, 2)) return false;
    const auto at = attributes_as<GatherAttributes>(gather.attributes);
    const TensorDef& values = tensor(gather.inputs[0]);
    if (at.axis != 0 || at.batch_dims != 0 || !values.constant || values.type != DType::i8 ||
        values.shape != Dims{256})
      return false;
    table.add = only_writer(gather.inputs[1], OpCode::add);
    if (table.add < 0) return false;
    const Node& add = node(table.add);
    const int shift = tensor(add.inputs[0]).constant ? 0 : 1;
    if (!is_128(add, add.inputs[static_cast<std::size_t>(shift)])) return false;
    table.cast = only_writer(add.inputs[static_cast<std::size_t>(1 - shift)], OpCode::cast);
    if (table.cast < 0) return false;
    table.x = node(table.cast).inputs[0];
    const TensorDef &x = tensor(table.x), &y = tensor(gather.outputs[0]);
    return x.type == DType::i8 && !x.constant && y.type == DType::i8 && y.shape == x.shape;
  }

 private:
  const Node& node(int n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }
  const TensorDef& tensor(int t) const { return graph_.tensors[static_cast<std::size_t>(t)]; }

  static bool has_inputs(const Node& node, std::size_t n) {
    return node.inputs.size() == n && node.outputs.size() == 1 &&
           std::ranges::count(node.inputs, -1) == 0;
  }

  /// The node of kind `op` that makes the INT32 values `t` for one reader; -1: none.
  int only_writer(int t, OpCode op) const {
    const auto i = static_cast<std::size_t>(t);
    const int n = writer_[i];
    if (tensor(t).type != DType::i32 || n < 0 || uses_[i] != 1 || is_read_after(graph_, t))
      return -1;
    return node(n).op == op && has_inputs(node(n), op == OpCode::add ? 2 : 1) ? n : -1;
  }

  bool is_128(const Node& add, int t) const {
    const TensorDef& shift = tensor(t);
    return shift.constant && shift.type == DType::i32 && element_count(shift.shape) == 1 &&
           read_i32(shift)[0] == 128 &&
           attributes_as<ElementwiseAttributes>(add.attributes).activation == Activation::none;
  }

  const Graph& graph_;
  std::vector<int> writer_, uses_;  // by tensor
};

}  // namespace

std::vector<GatheredTable> find_gathered_tables(const Graph& graph) {
  const Finder finder(graph);
  std::vector<GatheredTable> tables;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    GatheredTable table{.gather = static_cast<int>(n)};
    if (finder.find(table)) tables.push_back(table);
  }
  return tables;
}

}  // namespace octet::int8
