// ADD, SUB, MUL, PRELU, MINIMUM and MAXIMUM; SOFTMAX; from floats and to floats.
#include <algorithm>

#include "int8/ops/binary.h"
#include "int8/reference/add.h"
#include "int8/reference/mul.h"
#include "int8/reference/prelu.h"
#include "int8/reference/quantize.h"
#include "int8/reference/softmax.h"
#include "interop/c99/forms.h"

namespace octet::c99 {
namespace {

using int8::OpCode;
using int8::QuantParams;

std::string add_constant(CNode& node, QuantParams a, QuantParams b, QuantParams y) {
  const bool subtract = node.view.op() == OpCode::sub;
  const auto activation = node.view.attributes<int8::ElementwiseAttributes>().activation;
  const int8::AddParams p = (subtract ? int8::make_sub_params : int8::make_add_params)(
      a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point, activation,
      node.view.rounding());
  const int8::AddShortcut& s = p.shortcut;
  return node.constant("add", {{"z1", number(p.z1)},
                               {"z2", number(p.z2)},
                               {"zo", number(p.zo)},
                               {"m1", number(p.m1.m)},
                               {"shift1", number(p.m1.shift)},
                               {"m2", number(p.m2.m)},
                               {"shift2", number(p.m2.shift)},
                               {"mo", number(p.mo.m)},
                               {"shift_o", number(p.mo.shift)},
                               {"subtract", number(p.subtract)},
                               {"lo", number(p.range.lo)},
                               {"hi", number(p.range.hi)},
                               {"first", number(s.first)},
                               {"second", number(s.second)},
                               {"constant", number(s.constant)},
                               {"bits", number(s.bits)},
                               // No bits: every code is computed exactly.
                               {"margin", number(s.bits == 0 ? 1 : s.margin)}});
}

std::string mul_constant(CNode& node, QuantParams a, QuantParams b, QuantParams y) {
  const auto activation = node.view.attributes<int8::ElementwiseAttributes>().activation;
  const int8::MulParams p =
      int8::make_mul_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point,
                            activation, node.view.rounding());
  return node.constant("mul", {{"z1", number(p.z1)},
                               {"z2", number(p.z2)},
                               {"zo", number(p.zo)},
                               {"m", number(p.m.m)},
                               {"shift", number(p.m.shift)},
                               {"lo", number(p.range.lo)},
                               {"hi", number(p.range.hi)}});
}

std::string prelu_constant(CNode& node, QuantParams x, QuantParams alpha, QuantParams y) {
  const int8::PreluParams p =
      int8::make_prelu_params(x.scale, x.zero_point, alpha.scale, alpha.zero_point, y.scale,
                              y.zero_point, node.view.rounding());
  return node.constant("prelu", {{"z_in", number(p.z_in)},
                                 {"z_alpha", number(p.z_alpha)},
                                 {"z_out", number(p.z_out)},
                                 {"m_positive", number(p.identity.m)},
                                 {"shift_positive", number(p.identity.shift)},
                                 {"m_negative", number(p.negative.m)},
                                 {"shift_negative", number(p.negative.shift)}});
}

struct Binary {
  std::string kernel;
  std::string constant;  ///< "": the kernel takes none
};

Binary binary(CNode& node) {
  const QuantParams a = node.view.i8_input(0), b = node.view.i8_input(1), y = node.view.i8_output();
  switch (node.view.op()) {
    case OpCode::minimum:
      return {"minimum", ""};
    case OpCode::maximum:
      return {"maximum", ""};
    case OpCode::mul:
      return {"mul", mul_constant(node, a, b, y)};
    case OpCode::prelu:
      return {"prelu", prelu_constant(node, a, b, y)};
    default:
      return {"add", add_constant(node, a, b, y)};
  }
}

std::string operand(CNode& node, int i) {
  if (!node.view.input(i).constant) return node.place(node.view.input_index(i));
  const auto codes = node.view.i8_constant(i);
  return node.array(i == 0 ? "first" : "second",
                    std::vector<std::int8_t>(codes.begin(), codes.end()));
}

/// A pointer "base + i * stride + ..." with the loops' variables.
std::string moving(const std::string& base, const std::vector<std::int64_t>& strides) {
  std::string text = base;
  for (std::size_t d = 0; d < strides.size(); ++d) {
    if (strides[d] != 0) text += text_of(" + i", d, " * ", strides[d]);
  }
  return text;
}

}  // namespace

void write_binary(CNode& node) {
  const int8::NodeView& view = node.view;
  const int8::BroadcastPlan plan(view.input(0).shape, static_cast<bool>(view.input(0).constant),
                                 view.input(1).shape, static_cast<bool>(view.input(1).constant));
  std::vector<std::int64_t> sizes, a_strides, b_strides, y_strides;
  for (const auto& d : plan.outer()) {
    sizes.push_back(d.size);
    a_strides.push_back(d.a);
    b_strides.push_back(d.b);
  }
  // A row in which an operand repeats is a loop more, around one period.
  std::int64_t row = plan.row();
  const std::int64_t a_period = plan.a_period(), b_period = plan.b_period();
  const std::int64_t period = std::max(a_period, b_period);
  if (period > 1) {
    sizes.push_back(row / period);
    a_strides.push_back(a_period > 1 ? 0 : period);
    b_strides.push_back(b_period > 1 ? 0 : period);
    row = period;
  }
  std::int64_t stride = row;
  y_strides.resize(sizes.size());
  for (std::size_t d = sizes.size(); d-- > 0; stride *= sizes[d]) y_strides[d] = stride;

  const Binary form = binary(node);
  node.use(form.kernel);
  std::vector<std::string> arguments;
  if (!form.constant.empty()) arguments.push_back(form.constant);
  arguments.push_back(moving(operand(node, 0), a_strides));
  arguments.push_back(a_period == 1 ? "0" : "1");
  arguments.push_back(moving(operand(node, 1), b_strides));
  arguments.push_back(b_period == 1 ? "0" : "1");
  arguments.push_back(moving(node.y(), y_strides));
  arguments.push_back(number(row));
  node.call_in_loops(sizes, form.kernel, arguments);
}

void write_softmax(CNode& node) {
  const float beta = node.view.attributes<int8::SoftmaxAttributes>().beta;
  const int8::SoftmaxParams params =
      int8::make_softmax_params(beta, node.view.i8_activation(0).scale, node.view.rounding());
  const std::int64_t depth = node.view.input(0).shape.back();
  node.use("softmax");
  // Codes are never above the largest, so that differences are 0 .. 255.
  const auto first = params.exponentials.begin();
  node.call("softmax", {node.array("exponentials", std::vector<std::int32_t>(first, first + 256)),
                        number(node.elements(node.step.outputs[0]) / depth), number(depth),
                        node.x(), node.y()});
}

void write_quantize(CNode& node) {
  const int8::TensorDef& y = node.view.output();
  const QuantParams out = int8::NodeView::code_params(y);
  node.use("quantize");
  node.call("quantize", {CNode::as("const float", node.x()), real(out.scale),
                         number(int8::i8_zero_point(y.type, out.zero_point)),
                         y.type == int8::DType::u8 ? "128" : "0", node.y(),
                         number(node.elements(node.step.outputs[0]))});
}

void write_dequantize(CNode& node) {
  const int8::TensorDef& x = node.view.input(0);
  const QuantParams in = int8::NodeView::code_params(x);
  const std::string_view kernel = x.type == int8::DType::u8 ? "dequantize_u8" : "dequantize_i8";
  node.use(kernel);
  node.call(kernel, {node.x(), real(in.scale), number(in.zero_point), CNode::as("float", node.y()),
                     number(node.elements(node.step.outputs[0]))});
}

}  // namespace octet::c99
