// Layers that stay in floats, and the way there and back.
#include "layers/parameter_pattern.h"
#include "quant/qops/input_output.h"
#include "quant/qops/qfloat.h"
#include "quant/rewriter.h"

namespace octet::quant {

void Rewriter::find_floats() {
  std::vector<std::string> names;
  for (const int id : live_) {
    if (old_node(id).kind == Tape::Kind::op) names.push_back(old_node(id).name);
  }
  for (const std::string& pattern : config_.float_layers) {
    bool found = false;
    for (const int id : live_) {
      const GraphNode& n = old_node(id);
      if (n.kind != Tape::Kind::op || !matches_pattern(n.name, pattern)) continue;
      floats_.insert(id);
      found = true;
    }
    OCTET_CHECK(found, "prepare: float_layers: no layer matches '", one_line(pattern),
                "'; the nearest name is '", nearest_name(pattern, names), "'");
  }
}

int Rewriter::float_source(int id, std::size_t index) {
  const Source x = computed(id, index);
  if (!x.value) return x.node;
  const int in = old_node(id).inputs[index];
  const auto [at, added] = dequantized_.try_emplace(in);
  if (added) {
    const std::string name = unique_name(old_node(in).name + ".dequantize");
    at->second = add_node(std::make_shared<QDequantizeOp>(state_, x.value, name), {x.node},
                          old_node(in).shape);
  }
  return at->second.node;
}

Rewriter::Source Rewriter::source(int id, std::size_t index) {
  const Source x = computed(id, index);
  if (x.value) return x;
  const int in = old_node(id).inputs[index];
  const auto [at, added] = quantized_.try_emplace(in);
  if (added) {
    const std::string name = unique_name(old_node(in).name + ".quantize");
    const QuantizedTensorPtr value = new_value(name, is_output(in));
    take_stored(*value, stored(in));
    at->second =
        add_node(std::make_shared<QQuantizeOp>(state_, value, name), {x.node}, old_node(in).shape);
  }
  return at->second;
}

void Rewriter::rewrite_float(int id) {
  const GraphNode& n = old_node(id);
  auto op = std::make_shared<QFloatOp>(state_, n.op, n.name);
  std::vector<int> inputs;
  bool computes = false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const GraphNode& x = old_node(n.inputs[i]);
    const bool constant = x.kind == Tape::Kind::constant || x.kind == Tape::Kind::param;
    computes |= !constant;
    op->constant.push_back(constant);
    inputs.push_back(constant ? constant_node(n.inputs[i]) : float_source(id, i));
    const bool fits = constant ? x.shape.rank() <= n.shape.rank()
                               : x.shape[0] == n.shape[0] &&
                                     (n.inputs.size() == 1 || x.shape.rank() == n.shape.rank());
    OCTET_CHECK(fits, "prepare: layer ", n.name, ": its result ", n.shape,
                " has other dimensions or samples than operand ", i, " ", x.shape,
                "; it cannot stay in floats");
  }
  OCTET_CHECK(computes, "prepare: layer ", n.name,
              ": it is not computed from the network's input; it cannot stay in floats");
  add_op(id, std::move(op), std::move(inputs));
}

}  // namespace octet::quant
