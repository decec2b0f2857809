// What becomes of each float op: one row an op.
#include <algorithm>
#include <array>
#include <typeindex>
#include <typeinfo>

#include "core/ops/activations.h"
#include "core/ops/function_op.h"
#include "quant/no_int8_form.h"
#include "quant/prepare.h"
#include "quant/rewriter.h"

namespace octet::quant {

namespace {
constexpr bool keeps = true;  // the result has its input's scale and zero point (line 17)
constexpr auto none = int8::Activation::none;
}  // namespace

const Rewriter::Rule* Rewriter::rule_of(const Op& op) {
  using R = Rewriter;
  struct Row {
    std::type_index op;
    Rule rule;
  };
  static const std::array rows{
      Row{typeid(Conv2dOp), {&R::rewrite_conv}},
      Row{typeid(LinearOp), {&R::rewrite_conv}},
      Row{typeid(ConvTranspose2dOp),
          {&R::rewrite_conv_transpose, false, none, refused_conv_transpose}},
      Row{typeid(BatchNormOp), {&R::rewrite_batch_norm}},
      Row{typeid(ReluOp), {&R::rewrite_clamp, false, int8::Activation::relu}},
      Row{typeid(Relu6Op), {&R::rewrite_clamp, false, int8::Activation::relu6}},
      Row{typeid(HardTanhOp), {&R::rewrite_clamp, false, int8::Activation::relu_n1_to_1}},
      Row{typeid(HardSigmoidOp), {&R::rewrite_hard_sigmoid}},
      Row{typeid(SiluOp), {&R::rewrite_silu}},
      Row{typeid(FunctionOp), {&R::rewrite_activation}},
      Row{typeid(ActivationOp), {&R::rewrite_activation, false, none, refused_activation}},
      Row{typeid(PreluOp), {&R::rewrite_prelu}},
      Row{typeid(SoftmaxOp), {&R::rewrite_softmax}},
      Row{typeid(AddOp), {&R::rewrite_add}},
      Row{typeid(SubOp), {&R::rewrite_sub}},
      Row{typeid(MulOp), {&R::rewrite_mul}},
      Row{typeid(MinimumOp), {&R::rewrite_minimum}},
      Row{typeid(MaximumOp), {&R::rewrite_maximum}},
      Row{typeid(MeanOp), {&R::rewrite_mean, false, none, refused_reduction}},
      Row{typeid(MaxPool2dOp), {&R::rewrite_max_pool, keeps, none, refused_max_pool}},
      Row{typeid(AvgPool2dOp), {&R::rewrite_average_pool, keeps, none, refused_average_pool}},
      Row{typeid(GlobalAvgPoolOp), {&R::rewrite_global_average_pool, keeps}},
      Row{typeid(Resize2dOp), {&R::rewrite_resize, keeps, none, refused_resize}},
      Row{typeid(ReshapeOp), {&R::rewrite_reshape, keeps}},
      Row{typeid(Pad2dOp), {&R::rewrite_pad, keeps}},
      Row{typeid(LayoutOp), {&R::rewrite_layout, keeps, none, refused_layout}},
      Row{typeid(DropoutOp), {&R::rewrite_dropout, keeps}},
      Row{typeid(ConcatOp), {&R::rewrite_concat, false, none, refused_concat}},
  };
  const auto find = [](std::type_index type) -> const Rule* {
    const auto at =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.op == type; });
    return at == rows.end() ? nullptr : &at->rule;
  };
  if (const Rule* rule = find(typeid(op))) return rule;
  if (dynamic_cast<const ActivationOp*>(&op)) return find(typeid(ActivationOp));
  if (dynamic_cast<const LayoutOp*>(&op)) return find(typeid(LayoutOp));
  return nullptr;
}

const Rewriter::Rule* Rewriter::rule_of(int id) const {
  static const Rule in_floats{&Rewriter::rewrite_float};
  return floats_.contains(id) ? &in_floats : rule_of(*old_node(id).op);
}

std::string Rewriter::refused(const Op& op, const Shape& x) {
  const Rule* rule = rule_of(op);
  if (!rule) return "op " + std::string(op.name());
  return rule->refused ? rule->refused(op, x) : "";
}

std::string without_int8_form(const Op& op, const Shape& x) {
  return Rewriter::refused(op, x);
}

}  // namespace octet::quant
