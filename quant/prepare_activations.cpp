// Activations that no convolution takes in: tables, and compositions of what the file format has
// (docs/numerics.md, lines 15, 17 and 18).
#include "quant/qops/qbinary.h"
#include "quant/qops/qtable.h"
#include "quant/rewriter.h"

namespace octet::quant {

Rewriter::Source Rewriter::add_table(const std::string& name, const Source& x,
                                     UnaryFunctionPtr function, QuantizedTensorPtr value,
                                     const Shape& shape) {
  auto op = std::make_shared<QTableOp>(state_, std::move(value), name);
  op->in = x.value;
  op->function = std::move(function);
  return add_node(std::move(op), {x.node}, shape);
}

void Rewriter::add_table(int id, const Source& x, UnaryFunctionPtr function) {
  const GraphNode& n = old_node(id);
  const std::optional<QuantParams> fixed = function->fixed_output();
  QuantizedTensorPtr value = fixed                      ? fixed_value(n.name, *fixed)
                             : function->keeps_params() ? x.value
                                                        : result_value(id, id);
  const bool keeps = value == x.value;
  new_id_[id] = add_table(n.name, x, std::move(function), std::move(value), n.shape);
  if (keeps) requantize_as_stored(id);
}

void Rewriter::rewrite_clamp(int id) {
  const int8::Activation clamp = clamp_of(id);
  const Source x = source(id, 0);
  // RELU_N1_TO_1 has no op of its own here: it is what MUL by one fuses.
  UnaryFunctionPtr function = clamp == int8::Activation::relu_n1_to_1
                                  ? make_constant_function(WithConstant::multiply, 1, clamp)
                                  : make_clamp_function(clamp);
  if (keeps_stored() && x.value->fixed && !stored_of_result(id, id)) {  // no quantizer behind it
    const GraphNode& n = old_node(id);
    new_id_[id] = add_table(n.name, x, std::move(function), x.value, n.shape);
  } else {
    add_table(id, x, std::move(function));
  }
}

void Rewriter::rewrite_hard_sigmoid(int id) {
  const GraphNode& n = old_node(id);
  const std::string sum_name = n.name + ".add";
  const QuantizedTensorPtr value = new_value(sum_name, false);
  if (keeps_stored())
    value->fixed = activation_params(0, 6, config_.activations);  // of no value of the network
  const Source sum = add_table(
      sum_name, source(id, 0),
      make_constant_function(WithConstant::add, 3, int8::Activation::relu6), value, n.shape);
  add_table(id, sum, make_constant_function(WithConstant::multiply, 1.0f / 6));
}

void Rewriter::rewrite_silu(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  const std::string gate_name = n.name + ".logistic";
  const UnaryFunctionPtr logistic = make_activation_function(std::make_shared<SigmoidOp>());
  const Source gate =
      add_table(gate_name, x, logistic, fixed_value(gate_name, *logistic->fixed_output()), n.shape);
  auto product = std::make_shared<QBinaryOp>(state_, result_value(id, id), n.name);
  product->kind = QBinaryOp::Kind::mul;
  product->a = x.value;
  product->b = gate.value;
  add_op(id, product, {x.node, gate.node});
}

void Rewriter::rewrite_activation(int id) {
  const auto op = std::static_pointer_cast<const ActivationOp>(old_node(id).op);
  add_table(id, source(id, 0), make_activation_function(op));
}

}  // namespace octet::quant
