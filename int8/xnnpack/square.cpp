// When MUL of a value by itself is a table of reals.
#include <algorithm>

#include "int8/xnnpack/delegated.h"

namespace octet::int8::xnnpack {
namespace {

bool is_one_code(const TensorDef& t) {
  return t.constant && element_count(t.shape) == 1;
}

/// Looks for the tables that a value went through.
class Chain {
 public:
  explicit Chain(const NodeView& node) : view_(node) {}

  /// The value that a chain of tables begins with which ends with `value`: each but the last has
  /// the next one as its only reader.
  int root_of(int value) {
    for (;;) {
      const int source = source_of(value);
      if (source < 0 || !has_one_reader(value)) return value;
      value = source;
    }
  }

 private:
  /// The value that a table of XNNPACK makes `value` of; -1: none does.
  int source_of(int value) {
    const int made_by = steps_-- > 0 ? producer_of(value) : -1;
    if (made_by < 0) return -1;
    const NodeView node(view_.graph(), made_by, view_.rounding(), view_.isa());
    const bool codes =
        node.has_input(0) && node.input(0).type == DType::i8 && node.output().type == DType::i8;
    if (!codes) return -1;
    const int a = node.input_index(0);
    switch (node.op()) {
      case OpCode::quantize:
      case OpCode::logistic:
      case OpCode::tanh:
      case OpCode::elu:
      case OpCode::leaky_relu:
        return is_delegated(node) ? a : -1;
      case OpCode::add:
      case OpCode::sub:
      case OpCode::mul:
        return node.has_input(1) && is_delegated(node) ? source_of_two(node) : -1;
      default:
        return -1;
    }
  }

  /// Of a value and a constant, of a value and what tables make of it, or of one that they make.
  int source_of_two(const NodeView& node) {
    const int a = node.input_index(0), b = node.input_index(1);
    if (is_one_code(node.input(1))) return a;
    if (is_one_code(node.input(0))) return b;
    const int from_a = root_of(a);
    if (a == b) return from_a == a ? -1 : from_a;
    return from_a == b ? b : root_of(b) == a ? a : -1;
  }

  /// The node, or -1.
  int producer_of(int value) const {
    const std::vector<Node>& nodes = view_.graph().nodes;
    const auto at = std::find_if(nodes.rbegin(), nodes.rend(), [&](const Node& n) {
      return std::ranges::find(n.outputs, value) != n.outputs.end();
    });
    return static_cast<int>(nodes.rend() - at) - 1;
  }

  /// One node reads the value, and nothing outside the graph.
  bool has_one_reader(int value) const {
    const Graph& graph = view_.graph();
    const auto reads = [&](const Node& n) {
      return std::ranges::find(n.inputs, value) != n.inputs.end();
    };
    return std::ranges::count_if(graph.nodes, reads) == 1 &&
           std::ranges::find(graph.outputs, value) == graph.outputs.end();
  }

  const NodeView& view_;
  int steps_ = 64;  ///< how far it looks
};

}  // namespace

bool is_square_of_reals(const NodeView& mul) {
  const int value = mul.input_index(0);
  if (value != mul.input_index(1) || mul.input(0).constant) return false;
  return Chain(mul).root_of(value) == value;
}

}  // namespace octet::int8::xnnpack
