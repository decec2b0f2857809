#include "quant/qops/qfloat.h"

#include "quant/floats/run_nodes.h"

namespace octet::quant {

std::string QFloatOp::attributes() const {
  return std::string(op->name()) + ", " + op->attributes();
}

Tensor QFloatOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  unused.wanted = false;
  return op->forward(ctx, x, unused);
}

Tensor QFloatOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  if (form_.moves) return op->forward(ctx, x, saved);
  if (saved.wanted) op->forward(ctx, x, saved);
  Lowering l;
  std::vector<Tensor> values;
  std::vector<int> inputs(x.size(), -1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (constant[i]) continue;
    Shape sample = x[i].shape();
    sample.set(0, 1);
    inputs[i] = l.add_floats({}, sample);
    values.push_back(x[i]);
  }
  const int y = lower(l, inputs, x, {});
  return run_nodes(ctx, l.graph, values, y);
}

void QFloatOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const IsaScope scope(ctx, state->float_isa);
  op->backward(ctx, saved, dy, dx);
}

int QFloatOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape&) const {
  if (!in_graph()) return inputs[0];
  std::vector<int> operands(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!constant[i]) continue;
    const std::string suffix = operands.size() > 2 ? "_" + std::to_string(i) : "";
    operands[i] = l.add_float_constant(layer + ".constant" + suffix, x[i]);
  }
  FloatNodes nodes(l, layer);
  return nodes.finish(form_.lower(nodes, *op, operands));
}

}  // namespace octet::quant
