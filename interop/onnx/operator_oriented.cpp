#include "interop/onnx/operator_oriented.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace octet::onnx {
namespace {

/// An operator on codes: its operands are `operands` times (codes, scale, zero point), the bias if
/// `bias` says where, then scale and zero point of the result (in front of all if `result_first`).
struct Form {
  std::string_view op, float_op;
  int operands;         ///< 0: as many as there are
  int bias = -1;        ///< which input is an int32 bias
  int result = -1;      ///< the input that is the result's scale
  int weight_axis = 1;  ///< of the output channels of operand 1, where it has scales for each
};
constexpr std::array forms{
    Form{"QLinearConv", "Conv", 2, 8, 6, 0},
    Form{"QLinearMatMul", "MatMul", 2, -1, 6, -1},
    Form{"QGemm", "Gemm", 2, 6, 7, 1},
    Form{"QLinearAdd", "Add", 2, -1, 6},
    Form{"QLinearMul", "Mul", 2, -1, 6},
    Form{"QLinearAveragePool", "AveragePool", 1, -1, 3},
    Form{"QLinearGlobalAveragePool", "GlobalAveragePool", 1, -1, 3},
    Form{"QLinearSigmoid", "Sigmoid", 1, -1, 3},
    Form{"QLinearLeakyRelu", "LeakyRelu", 1, -1, 3},
    Form{"QLinearSoftmax", "Softmax", 1, -1, 3},
    Form{"QLinearConcat", "Concat", 0, -1, 0},
};

const proto::AttributeProto* attribute(const proto::NodeProto& node, std::string_view name) {
  for (const auto& a : node.attribute()) {
    if (a.name() == name) return &a;
  }
  return nullptr;
}

class Expansion {
 public:
  Expansion(const proto::NodeProto& node, const Form& form, proto::GraphProto& graph)
      : node_(node), form_(form), graph_(graph) {}

  void run() {
    const int first = form_.result == 0 ? 2 : 0;
    const int operands = form_.operands > 0 ? form_.operands : (node_.input_size() - first) / 3;
    std::vector<std::string> reals;
    for (int i = 0; i < operands; ++i) {
      const bool weight = i == 1 && form_.float_op != "Concat";
      reals.push_back(dequantized(first + 3 * i, weight ? axis_of_weight() : 1));
    }
    if (form_.bias >= 0 && !input(form_.bias).empty()) reals.push_back(bias());
    const bool rescales = !input(form_.result).empty();  // QGemm's result may be reals
    proto::NodeProto& op =
        add(std::string(form_.float_op), reals, rescales ? own("reals") : node_.output(0));
    op.set_name(node_.name().empty() ? node_.output(0) : node_.name());
    for (const auto& a : node_.attribute()) {
      const bool is_default = a.name() == "channels_last" && a.i() == 0;
      if (!is_default && a.name() != "opset") *op.add_attribute() = a;
    }
    if (rescales)
      add("QuantizeLinear", {own("reals"), input(form_.result), input(form_.result + 1)},
          node_.output(0));
  }

 private:
  std::string input(int i) const { return i < node_.input_size() ? node_.input(i) : ""; }
  /// A name for a value in between.
  std::string own(const std::string& what) const { return node_.output(0) + "|" + what; }

  proto::NodeProto& add(const std::string& op, std::vector<std::string> inputs,
                        const std::string& output) {
    proto::NodeProto& n = *graph_.add_node();
    n.set_op_type(op);
    n.set_name(output);
    while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
    for (const std::string& x : inputs) n.add_input(x);
    n.add_output(output);
    return n;
  }

  int axis_of_weight() const {
    const proto::AttributeProto* transposed = attribute(node_, "transB");
    return transposed && transposed->i() != 0 ? 0 : form_.weight_axis;
  }

  std::string dequantized(int at, int axis) {
    const std::string y = own("operand " + std::to_string(at));
    set_axis(add("DequantizeLinear", {input(at), input(at + 1), input(at + 2)}, y), axis);
    return y;
  }

  /// Its scale is that of the operand times that of the weight.
  std::string bias() {
    add("Mul", {input(1), input(4)}, own("bias scale"));
    set_axis(add("DequantizeLinear", {input(form_.bias), own("bias scale")}, own("bias")), 0);
    return own("bias");
  }

  static void set_axis(proto::NodeProto& n, int axis) {
    proto::AttributeProto& a = *n.add_attribute();
    a.set_name("axis");
    a.set_type(proto::AttributeProto::INT);
    a.set_i(axis);
  }

  const proto::NodeProto& node_;
  const Form& form_;
  proto::GraphProto& graph_;
};

}  // namespace

void expand_operators_on_codes(proto::GraphProto& graph) {
  const auto form_of = [](const proto::NodeProto& n) {
    return std::ranges::find(forms, std::string_view(n.op_type()), &Form::op);
  };
  if (std::ranges::none_of(graph.node(), [&](const auto& n) { return form_of(n) != forms.end(); }))
    return;
  google::protobuf::RepeatedPtrField<proto::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  for (proto::NodeProto& node : nodes) {
    const auto form = form_of(node);
    if (form == forms.end() || node.output_size() != 1) {
      graph.add_node()->Swap(&node);
    } else {
      Expansion(node, *form, graph).run();
    }
  }
}

}  // namespace octet::onnx
