#include "quant/floats/lower_float.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "core/ops/ops.h"
#include "quant/floats/float_form.h"
#include "quant/floats/float_windows.h"
#include "quant/fold.h"
#include "quant/no_int8_form.h"

namespace octet::quant {
namespace {

bool has_weights(const Op& op) {
  return dynamic_cast<const Conv2dOp*>(&op) || dynamic_cast<const LinearOp*>(&op) ||
         dynamic_cast<const ConvTranspose2dOp*>(&op);
}

int8::Activation activation_of(const Op& op) {
  if (dynamic_cast<const ReluOp*>(&op)) return int8::Activation::relu;
  if (dynamic_cast<const Relu6Op*>(&op)) return int8::Activation::relu6;
  if (dynamic_cast<const HardTanhOp*>(&op)) return int8::Activation::relu_n1_to_1;
  return int8::Activation::none;
}

Tensor to_floats(std::span<const double> values) {
  Tensor t = Tensor::empty({static_cast<std::int64_t>(values.size())});
  std::ranges::transform(values, t.r(), [](double v) { return static_cast<real>(v); });
  return t;
}

/// w = W f, each row by its channel's f.
void scale(Tensor& w, const Tensor& weight, std::span<const double> f) {
  const std::int64_t row = weight.numel() / weight.shape()[0];
  for (std::int64_t i = 0; i < w.numel(); ++i)
    w.r()[i] = static_cast<real>(double(weight.r()[i]) * f[static_cast<std::size_t>(i / row)]);
}

class FloatLowering {
 public:
  FloatLowering(const GraphModule& graph, bool may_change_weights)
      : graph_(graph),
        may_change_weights_(may_change_weights),
        tensor_of_(graph.nodes().size(), -1),
        readers_(graph.nodes().size()) {
    find_live();
  }

  int8::Graph run(std::string name) {
    refuse_what_has_no_form();
    l_.graph.name = std::move(name);
    l_.graph.description = "octet";
    for (const int id : graph_.inputs()) add_input(id);
    for (const int id : live_) {
      if (node(id).kind == Tape::Kind::op && tensor(id) < 0) lower(id);
    }
    for (const GraphOutput& y : graph_.outputs()) {
      l_.graph.outputs.push_back(operand(y.node));
      l_.graph.output_names.push_back(y.name);
    }
    return std::move(l_.graph);
  }

 private:
  const GraphNode& node(int id) const { return graph_.nodes()[static_cast<std::size_t>(id)]; }
  const GraphNode& input_of(int id, std::size_t i) const { return node(node(id).inputs[i]); }
  int& tensor(int id) { return tensor_of_[static_cast<std::size_t>(id)]; }
  std::vector<int>& readers(int id) { return readers_[static_cast<std::size_t>(id)]; }

  void find_live() {
    for (const GraphOutput& y : graph_.outputs()) readers(y.node).push_back(-1);
    for (int id = static_cast<int>(readers_.size()) - 1; id >= 0; --id) {
      if (readers(id).empty()) continue;
      live_.insert(id);
      for (const int in : node(id).inputs) readers(in).push_back(id);
    }
  }
  /// The op that alone reads `id`, if it is of type T and reads it as its first operand; else -1.
  template <class Fits>
  int sole_reader(int id, const Fits& fits) {
    const std::vector<int>& all = readers(id);
    const bool sole = all.size() == 1 && all[0] >= 0 && node(all[0]).inputs[0] == id;
    return sole && fits(*node(all[0]).op) ? all[0] : -1;
  }

  static bool is_constant(const GraphNode& n) {
    return n.kind == Tape::Kind::param || n.kind == Tape::Kind::constant;
  }
  static const Tensor& value(const GraphNode& n) {
    return n.kind == Tape::Kind::param ? n.parameter->value : n.constant;
  }

  // ---- what cannot be lowered ----

  void refuse_what_has_no_form() {
    std::string list;
    for (const int id : live_) {
      if (node(id).kind != Tape::Kind::op) continue;
      const std::string what = without_form(id);
      if (!what.empty()) list += (list.empty() ? "" : ", ") + node(id).name + " (" + what + ")";
    }
    OCTET_CHECK(list.empty(), "these layers have no float operators in TFLite: ", list);
  }
  std::string without_form(int id) const {
    const Op& op = *node(id).op;
    const Shape& x = input_of(id, 0).shape;
    if (dynamic_cast<const ConvTranspose2dOp*>(&op)) {
      const std::string refused = refused_conv_transpose(op, x);
      if (!refused.empty()) return refused;
    }
    const bool batch_norm = dynamic_cast<const BatchNormOp*>(&op);
    if (!batch_norm && !has_weights(op)) return without_float_form(op, x);
    for (std::size_t i = 1; i < node(id).inputs.size(); ++i) {
      if (!is_constant(input_of(id, i))) return std::string(op.name()) + " by computed values";
    }
    return is_constant(input_of(id, 0)) ? std::string(op.name()) + " of a constant" : "";
  }

  // ---- nodes ----

  void add_input(int id) {
    const GraphNode& n = node(id);
    tensor(id) = l_.add_floats(n.name.empty() ? "input" : n.name, sample(n.shape));
    l_.graph.inputs.push_back(tensor(id));
    l_.graph.input_names.push_back(n.name);
  }

  /// The shape of one sample.
  Shape sample(Shape shape) const {
    shape.set(0, 1);
    return shape;
  }

  /// The tensor of a node's value; a constant is added when it is read first.
  int operand(int id) {
    const GraphNode& n = node(id);
    if (tensor(id) < 0 && is_constant(n)) {
      const std::string name = n.name.empty() ? "constant_" + std::to_string(id) : n.name;
      tensor(id) = l_.share_float_constant(name, value(n));
    }
    return tensor(id);
  }

  void lower(int id) {
    const GraphNode& n = node(id);
    if (has_weights(*n.op)) return lower_layer(id);
    if (dynamic_cast<const BatchNormOp*>(n.op.get())) return lower_batch_norm(id);
    std::vector<int> operands;
    bool computes = false;
    for (const int in : n.inputs) {
      operands.push_back(operand(in));
      computes |= !is_constant(node(in));
    }
    const FloatForm& form = *float_form_of(*n.op);
    if (!form.lower) {
      tensor(id) = operands[0];
      return;
    }
    FloatNodes nodes(l_, n.name);
    tensor(id) = nodes.finish(form.lower(nodes, *n.op, operands));
    const Shape got = nodes.shape(tensor(id));
    OCTET_CHECK(!computes || got == sample(n.shape), "layer ", n.name, ": its result ", n.shape,
                " has other dimensions or samples than its operands; of one sample it is ", got);
  }

  /// y = f u + b of a batch norm, behind a layer that adds `bias`.
  Affine affine(int id, const Tensor& bias) const {
    const auto& op = static_cast<const BatchNormOp&>(*node(id).op);
    FoldInput in;
    in.layer = node(id).name;
    in.gamma = value(input_of(id, 1)).span<real>();
    in.beta = value(input_of(id, 2)).span<real>();
    std::vector<double> mean, var;
    for (std::size_t c = 0; c < in.gamma.size(); ++c) {
      mean.push_back(double(op.stats->mean.r()[c]) - double(bias.numel() > 0 ? bias.r()[c] : 0));
      var.push_back(double(op.stats->var.r()[c]));
    }
    in.mean = mean;
    in.var = var;
    in.eps = double(op.eps);
    return affine_of(in, mean.size());
  }

  void lower_batch_norm(int id) {
    const GraphNode& n = node(id);
    const Affine a = affine(id, {});
    FloatNodes f(l_, n.name);
    const int factor = l_.share_float_constant(n.name + ".factor", to_floats(a.f)),
              added = l_.share_float_constant(n.name + ".added", to_floats(a.b));
    const int product = f.binary(int8::OpCode::mul, tensor(n.inputs[0]), factor);
    tensor(id) = f.finish(f.binary(int8::OpCode::add, product, added));
  }

  /// The weight of a layer with a batch norm's factors in it.
  Tensor scaled_weight(int weight, std::span<const double> f) {
    const Tensor& w = value(node(weight));
    const bool in_place = may_change_weights_ && readers(weight).size() == 1 && w.unique();
    Tensor result = in_place ? w : Tensor::empty(w.shape());
    scale(result, w, f);
    return result;
  }

  void lower_layer(int id) {
    const GraphNode& n = node(id);
    const GraphNode& weight = input_of(id, 1);
    const bool has_bias = n.inputs.size() > 2;
    FloatLayer layer{*n.op, {}, {}, n.name + ".weight", n.name + ".bias"};
    if (weight.kind == Tape::Kind::param) layer.weight_name = weight.name;
    if (has_bias) {
      layer.bias = value(input_of(id, 2));
      if (input_of(id, 2).kind == Tape::Kind::param) layer.bias_name = input_of(id, 2).name;
    }
    int last = id;
    const int norm = sole_reader(
        id, [](const Op& op) { return dynamic_cast<const BatchNormOp*>(&op) != nullptr; });
    if (norm >= 0) {
      const Affine a = affine(norm, has_bias ? layer.bias : Tensor());
      layer.weight = scaled_weight(n.inputs[1], a.f);
      layer.bias = to_floats(a.b);
      last = norm;
    } else {
      layer.weight = value(weight);
      if (!has_bias) layer.bias = Tensor::zeros({layer.weight.shape()[0]});
    }
    const bool fuses = !dynamic_cast<const ConvTranspose2dOp*>(n.op.get());
    const int limit = sole_reader(
        last, [&](const Op& op) { return fuses && activation_of(op) != int8::Activation::none; });
    if (limit >= 0) {
      layer.activation = activation_of(*node(limit).op);
      last = limit;
    }
    FloatNodes f(l_, n.name);
    const int y = f.finish(float_layer(f, layer, tensor(n.inputs[0]), sample(n.shape)));
    tensor(id) = y;
    if (norm >= 0) tensor(norm) = y;
    tensor(last) = y;
  }

  const GraphModule& graph_;
  bool may_change_weights_;
  Lowering l_;
  std::vector<int> tensor_of_;
  std::vector<std::vector<int>> readers_;  ///< of each node's value, -1: the user, an output
  std::set<int> live_;                     ///< what outputs depend on
};

}  // namespace

int8::Graph lower_float(const GraphModule& graph, std::string name) {
  return FloatLowering(graph, false).run(std::move(name));
}
int8::Graph lower_float(GraphModule&& graph, std::string name) {
  return FloatLowering(graph, true).run(std::move(name));
}

}  // namespace octet::quant
