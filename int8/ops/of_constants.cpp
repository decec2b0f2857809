#include "int8/ops/of_constants.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace octet::int8 {
namespace {

/// The operand that is computed with: the first that is more than a shape, an axis or the like. -1:
/// none.
int data_operand(const NodeView& node) noexcept {
  for (int i = node.op() == OpCode::transpose_conv ? 2 : 0; i < node.input_count(); ++i) {
    if (node.has_input(i) && !is_integer(node.tensor(node.input_index(i)).type)) return i;
  }
  return -1;
}

/// The node as a graph of its own, in which operand `value` is no constant.
Graph graph_of(const NodeView& node, int value) {
  Graph graph;
  graph.nodes.push_back({node.op(), {}, {}, node.attributes()});
  const auto add = [&graph](const TensorDef& t) {
    graph.tensors.push_back(t);
    return static_cast<int>(graph.tensors.size()) - 1;
  };
  for (int i = 0; i < node.input_count(); ++i)
    graph.nodes[0].inputs.push_back(node.has_input(i) ? add(node.input(i)) : -1);
  for (int i = 0; i < node.output_count(); ++i)
    graph.nodes[0].outputs.push_back(add(node.output(i)));
  const int t = graph.nodes[0].inputs[static_cast<std::size_t>(value)];
  graph.tensors[static_cast<std::size_t>(t)].constant = {};
  return graph;
}

}  // namespace

void ConstantStep::run(const RunArgs& args) const noexcept {
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::byte* y = args.out[k];
    for (std::int64_t s = 0; s < args.batch; ++s)
      y = std::copy_n(values[k].get(), values[k].size(), y);
  }
}

std::size_t ConstantStep::packed_bytes() const noexcept {
  std::size_t sum = 0;
  for (const AlignedBuffer& v : values) sum += v.size();
  return sum;
}

bool is_of_constants(const NodeView& node) noexcept {
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.has_input(i) && !node.tensor(node.input_index(i)).constant) return false;
  }
  const int operand = data_operand(node);
  if (operand < 0) return false;
  return node.op() != OpCode::dequantize || !is_codes(node.tensor(node.input_index(operand)).type);
}

std::unique_ptr<Step> create_of_constants(const NodeView& node, const OpSet& ops) {
  const int operand = data_operand(node);
  const Graph graph = graph_of(node, operand);
  const NodeView view(graph, 0, node.rounding(), node.isa());
  const std::unique_ptr<Step> step = create_step(ops, view);
  const TensorDef& x = node.input(operand);
  OCTET_CHECK(step->macs == 0 && step->window_codes == 0, quoted(x),
              ": expected a computed value, got a constant");

  AlignedBuffer value(x.constant.size);
  std::memcpy(value.get(), x.constant.data, x.constant.size);
  auto constant = new_step<ConstantStep>(node, {});
  std::vector<std::byte*> out;
  for (int k = 0; k < node.output_count(); ++k) {
    constant->values.emplace_back(tensor_bytes(node.output(k)));
    out.push_back(constant->values.back().get());
  }
  run_alone(*step, {value.get()}, out);
  return constant;
}

void run_alone(const Step& step, const std::vector<const std::byte*>& in,
               const std::vector<std::byte*>& out) {
  ThreadPool alone(1);
  const AlignedBuffer scratch(step.scratch_bytes(1, 1));
  step.run({in.data(), out.data(), 1, alone, scratch.get()});
}

}  // namespace octet::int8
