#include "int8/ops/of_constants.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace octet::int8 {
namespace {

/// The operand that is computed with: the first that is more than a shape, an axis or the like, if
/// there is one.
int data_operand(const NodeView& node) noexcept {
  for (int i = node.op() == OpCode::transpose_conv ? 2 : 0; i < node.input_count(); ++i) {
    if (node.has_input(i) && !is_integer(node.tensor(node.input_index(i)).type)) return i;
  }
  return 0;
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
  if (!node.has_input(operand)) return false;
  return node.op() != OpCode::dequantize || !is_codes(node.tensor(node.input_index(operand)).type);
}

std::unique_ptr<Step> create_of_constants(Graph& graph, const NodeView& node, const OpSet& ops) {
  const int operand = node.input_index(data_operand(node));
  TensorDef& x = graph.tensors[static_cast<std::size_t>(operand)];
  const ConstBytes bytes = std::exchange(x.constant, {});
  const std::unique_ptr<Step> step = create_step(ops, node);
  x.constant = bytes;
  OCTET_CHECK(step->macs == 0 && step->window_codes == 0, quoted(x),
              ": expected a computed value, got a constant");

  AlignedBuffer value(bytes.size);
  std::memcpy(value.get(), bytes.data, bytes.size);
  auto constant = new_step<ConstantStep>(node, {});
  std::vector<std::byte*> out;
  for (int k = 0; k < node.output_count(); ++k) {
    constant->values.emplace_back(tensor_bytes(node.output(k)));
    out.push_back(constant->values.back().get());
  }
  run_alone(*step, std::vector<const std::byte*>(step->inputs.size(), value.get()), out);
  return constant;
}

void run_alone(const Step& step, const std::vector<const std::byte*>& in,
               const std::vector<std::byte*>& out) {
  ThreadPool alone(1);
  const AlignedBuffer scratch(step.scratch_bytes(1, 1));
  step.run({in.data(), out.data(), 1, alone, scratch.get()});
}

}  // namespace octet::int8
