// Activations that no convolution takes in: tables, and compositions of what the file format has
// (docs/numerics.md, lines 15, 17 and 18).
#include "quant/qops/binary.h"
#include "quant/qops/table.h"
#include "quant/rewriter.h"

namespace octet::quant {

namespace {
constexpr QuantParams logistic_params{1.0f / 256, -128};
constexpr QuantParams tanh_params{1.0f / 128, 0};
}  // namespace

Rewriter::Source Rewriter::add_table(const std::string& name, const Source& x,
                                     UnaryFunctionPtr function, ValuePtr value,
                                     const Shape& shape) {
  auto op = std::make_shared<QTableOp>(state_, std::move(value), name);
  op->in = x.value;
  op->function = std::move(function);
  return add_node(std::move(op), {x.node}, shape);
}

bool Rewriter::rewrite_activation(int id) {
  const GraphNode& n = old_node(id);
  if (const int8::Activation clamp = clamp_of(id); clamp != int8::Activation::none) {
    const Source x = source(id, 0);
    // RELU6 keeps the params; RELU_N1_TO_1 has no op of its own here: it is what MUL by one fuses.
    new_id_[id] = add_table(
        n.name, x,
        clamp == int8::Activation::relu_n1_to_1
            ? make_constant_function(WithConstant::multiply, 1, clamp)
            : make_clamp_function(clamp),
        clamp == int8::Activation::relu6 ? x.value : new_value(n.name, is_output(id)), n.shape);
    return true;
  }
  const auto op = std::dynamic_pointer_cast<const ActivationOp>(n.op);
  if (!op) return false;
  OCTET_CHECK(!dynamic_cast<const GeluOp*>(op.get()), "prepare: layer ", n.name,
              ": gelu has no int8 form: TFLite has no op for it; use silu or hard_swish");
  const Source x = source(id, 0);
  if (dynamic_cast<const HardSigmoidOp*>(op.get())) {
    const std::string sum_name = n.name + ".add";
    const Source sum = add_table(
        sum_name, x, make_constant_function(WithConstant::add, 3, int8::Activation::relu6),
        new_value(sum_name, false), n.shape);
    new_id_[id] = add_table(n.name, sum, make_constant_function(WithConstant::multiply, 1.0f / 6),
                            new_value(n.name, is_output(id)), n.shape);
  } else if (dynamic_cast<const SiluOp*>(op.get())) {
    const std::string gate_name = n.name + ".logistic";
    const Source gate =
        add_table(gate_name, x, make_activation_function(std::make_shared<SigmoidOp>()),
                  fixed_value(gate_name, logistic_params), n.shape);
    auto product = std::make_shared<QBinaryOp>(state_, new_value(n.name, is_output(id)), n.name);
    product->kind = QBinaryOp::Kind::mul;
    product->a = x.value;
    product->b = gate.value;
    add_op(id, product, {x.node, gate.node});
  } else {
    UnaryFunctionPtr function = make_activation_function(op);
    if (!function) return false;
    const ValuePtr value =
        dynamic_cast<const SigmoidOp*>(op.get()) ? fixed_value(n.name, logistic_params)
        : dynamic_cast<const TanhOp*>(op.get())  ? fixed_value(n.name, tanh_params)
                                                 : new_value(n.name, is_output(id));
    new_id_[id] = add_table(n.name, x, std::move(function), value, n.shape);
  }
  return true;
}

}  // namespace octet::quant
