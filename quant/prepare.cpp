// The graph that prepare_qat and prepare_ptq build; which op becomes what is in the other files.
#include "quant/prepare.h"

#include <algorithm>

#include "quant/floats/float_form.h"
#include "quant/qops/input_output.h"
#include "quant/rewriter.h"

namespace octet::quant {

namespace {

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

}  // namespace

Rewriter::Rewriter(const GraphModule& graph, const QConfig& config)
    : old_(graph),
      config_(config),
      state_(std::make_shared<QatState>()),
      weights_(make_weight_quantizer(config.weights)) {
  OCTET_CHECK(config.activations.bits == 8 && !config.activations.axis,
              "prepare: activations: expected 8 bits and one scale for all, got ",
              config.activations.bits, " bits", config.activations.axis ? " and an axis" : "");
  state_->folds_first = weights_->folds_first();
  state_->rounding = config.rounding;
  if (config.isa) {
    const std::vector<Isa> isas = available_isas();
    OCTET_CHECK(std::ranges::find(isas, *config.isa) != isas.end(), "prepare: isa ",
                isa_name(*config.isa), ": this machine lacks it");
  }
  state_->isa = config.isa;
  for (const GraphOutput& y : old_.outputs()) outputs_.insert(y.node);
  live_ = outputs_;
  for (int id = static_cast<int>(old_.nodes().size()) - 1; id >= 0; --id) {
    const GraphNode& n = old_node(id);
    if (n.kind == Tape::Kind::op) names_.insert(n.name);
    if (live_.contains(id)) live_.insert(n.inputs.begin(), n.inputs.end());
  }
}

void Rewriter::check_ops() const {
  std::string refused;
  for (const int id : live_) {
    const GraphNode& n = old_node(id);
    if (n.kind != Tape::Kind::op) continue;
    const bool is_float = floats_.contains(id);
    const Shape x = n.inputs.empty() ? Shape{} : old_node(n.inputs[0]).shape;
    const std::string what = is_float ? without_float_form(*n.op, x) : Rewriter::refused(*n.op, x);
    if (what.empty()) continue;
    refused += (refused.empty() ? "layer " : "; layer ") + n.name + ": " + what +
               (is_float ? " cannot stay in floats" : " has no int8 form");
  }
  OCTET_CHECK(refused.empty(), "prepare: ", refused);
}

QatModelPtr Rewriter::rewrite(Stage integer_stage) {
  if (state_->folds_first && integer_stage == Stage::train_bn) {  // line 14
    state_->estimates_bn = true;
    integer_stage = Stage::frozen_bn;
  }
  find_floats();
  check_ops();
  check_stored();
  add_inputs();
  const auto& nodes = old_.nodes();
  for (int id = 0; id < static_cast<int>(nodes.size()); ++id) {
    const GraphNode& n = nodes[static_cast<std::size_t>(id)];
    if (n.kind != Tape::Kind::op || !live_.contains(id) || new_id_.count(id)) continue;
    const Rule& rule = *rule_of(id);
    (this->*rule.rewrite)(id);
    if (rule.keeps_params) requantize_as_stored(id);
  }
  std::vector<GraphOutput> outputs = add_outputs();
  std::vector<int> inputs;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].kind == Tape::Kind::input) inputs.push_back(static_cast<int>(i));
  }
  auto graph =
      std::make_shared<GraphModule>(std::move(nodes_), std::move(inputs), std::move(outputs));
  return std::make_shared<QatModel>(std::move(graph), state_, std::move(values_), integer_stage);
}

QuantizedTensorPtr Rewriter::new_value(const std::string& name, bool is_output) {
  // The network's output keeps its whole range (line 21).
  const ObserverKind kind = is_output ? ObserverKind::min_max : config_.observer;
  values_.push_back(std::make_shared<QuantizedTensor>(
      name, make_observer(kind, {.averaging = config_.averaging}), config_.activations));
  return values_.back();
}

QuantizedTensorPtr Rewriter::fixed_value(const std::string& name, QuantParams params) {
  QuantizedTensorPtr value = new_value(name, false);
  value->fixed = params;
  return value;
}

int Rewriter::append(GraphNode node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

Rewriter::Source Rewriter::computed(int id, std::size_t index) const {
  const int in = old_node(id).inputs.at(index);
  const auto at = new_id_.find(in);
  OCTET_CHECK(at != new_id_.end(), "prepare: layer ", old_node(id).name, ": operand ", index,
              " is not computed from the network's input; it has no int8 form");
  return at->second;
}

int Rewriter::parameter(int id, std::size_t index) {
  const int in = old_node(id).inputs.at(index);
  const GraphNode& p = old_node(in);
  OCTET_CHECK(p.kind == Tape::Kind::param, "prepare: layer ", old_node(id).name, ": operand ",
              index, ": expected a parameter, got ",
              p.kind == Tape::Kind::op ? "the result of an op" : "a constant");
  return constant_node(in);
}

int Rewriter::constant_node(int old_id) {
  const auto [at, added] = parameter_node_.try_emplace(old_id, 0);
  if (added) at->second = append(old_node(old_id));
  return at->second;
}

int Rewriter::sole_consumer(int id) const {
  if (outputs_.contains(id)) return -1;
  const std::vector<int> all = readers(id);
  return all.size() == 1 ? all[0] : -1;
}

int8::Activation Rewriter::clamp_of(int id) const {
  if (id < 0 || old_node(id).kind != Tape::Kind::op) return int8::Activation::none;
  const Rule* rule = rule_of(id);
  return rule ? rule->clamp : int8::Activation::none;
}

std::pair<int8::Activation, int> Rewriter::fuse_clamp(int last) const {
  const int next = sole_consumer(last);
  const int8::Activation activation = clamp_of(next);
  const bool fuses = activation != int8::Activation::none && may_fuse(last, next);
  return fuses ? std::pair{activation, next} : std::pair{int8::Activation::none, last};
}

Rewriter::Source Rewriter::add_node(std::shared_ptr<QOp> op, std::vector<int> inputs,
                                    const Shape& shape) {
  QuantizedTensorPtr value = op->out;
  op->keeps_params = std::ranges::any_of(inputs, [&](int in) {
    const auto* operand = dynamic_cast<const QOp*>(nodes_[static_cast<std::size_t>(in)].op.get());
    return operand && value && operand->out == value;
  });
  GraphNode node;
  node.kind = Tape::Kind::op;
  node.name = op->layer;
  node.inputs = std::move(inputs);
  node.shape = shape;
  node.op = std::move(op);
  return {append(std::move(node)), std::move(value)};
}

int Rewriter::in_graph(int node) const {
  const GraphNode& n = nodes_[static_cast<std::size_t>(node)];
  const auto* op = dynamic_cast<const QOp*>(n.op.get());
  return op && !op->in_graph() ? in_graph(n.inputs[0]) : node;
}

void Rewriter::add_op(int old_id, std::shared_ptr<QOp> op, std::vector<int> inputs) {
  new_id_[old_id] = add_node(std::move(op), std::move(inputs), old_node(old_id).shape);
}

std::string Rewriter::unique_name(const std::string& wanted) {
  std::string name = wanted;
  for (int n = 1; !names_.insert(name).second; ++n) name = wanted + "_" + std::to_string(n);
  return name;
}

std::optional<QuantParams> Rewriter::fixed_input(const std::string& name) const {
  const bool single = old_.inputs().size() == 1;
  OCTET_CHECK(single || !config_.input,
              "prepare: QConfig::input is for one input, the network has ", old_.inputs().size(),
              "; give QConfig::inputs by name");
  const auto at = config_.inputs.find(name);
  const std::optional<QuantParams> fixed =
      at == config_.inputs.end() ? config_.input : std::optional(at->second);
  if (fixed) {
    OCTET_CHECK(
        fixed->scale >= input_scale_floor && fixed->zero_point >= -128 && fixed->zero_point <= 127,
        "prepare: ", single ? "" : "input '" + name + "': ",
        "input quantization: expected scale >= ", input_scale_floor,
        " and zero point in [-128, 127], got ", fixed->scale, " and ", fixed->zero_point);
    OCTET_CHECK(!config_.activations.symmetric || fixed->zero_point == 0,
                "prepare: ", single ? "" : "input '" + name + "': ",
                "input quantization: expected zero point 0, for activations are symmetric, got ",
                fixed->zero_point);
  }
  return fixed;
}

void Rewriter::add_inputs() {
  const std::vector<int>& inputs = old_.inputs();
  std::set<std::string> known;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const GraphNode& in = old_node(inputs[i]);
    const std::string name = value_name(inputs[i]);
    known.insert(name);
    const int node = append(in);
    const std::string layer = unique_name(name);
    QuantizedTensorPtr value = new_value(layer, false);
    value->fixed = fixed_input(name);
    if (!value->fixed) take_stored(*value, stored_of_result(inputs[i], inputs[i]));
    add_op(inputs[i], std::make_shared<QInputOp>(state_, value, layer), {node});
  }
  for (const auto& [name, params] : config_.inputs) {
    OCTET_CHECK(known.contains(name), "prepare: QConfig::inputs: the network has no input '", name,
                "', only ", joined(known));
  }
}

std::vector<GraphOutput> Rewriter::add_outputs() {
  const bool computes = std::ranges::any_of(nodes_, [](const GraphNode& n) {
    const auto* op = dynamic_cast<const QOp*>(n.op.get());
    return op && op->in_graph() && !dynamic_cast<const QInputOp*>(op);
  });
  const std::vector<GraphOutput>& outputs = old_.outputs();
  std::vector<GraphOutput> result;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const GraphOutput& old = outputs[i];
    const std::string name = !old.name.empty()     ? old.name
                             : outputs.size() == 1 ? "output"
                                                   : "output_" + std::to_string(i);
    const auto at = new_id_.find(old.node);
    OCTET_CHECK(at != new_id_.end(), "prepare: the network's ",
                outputs.size() == 1 ? "output" : "output '" + name + "'",
                " is not computed by an op");
    OCTET_CHECK(computes, "prepare: the network computes nothing: its output is its input");
    const Source y = at->second;
    const Source output = add_node(std::make_shared<QOutputOp>(state_, y.value, unique_name(name)),
                                   {y.node}, old_node(old.node).shape);
    result.push_back({output.node, old.name});
  }
  return result;
}

std::vector<int> Rewriter::readers(int id) const {
  std::vector<int> all = old_.consumers(id);
  std::erase_if(all, [&](int reader) { return !live_.contains(reader); });
  return all;
}

bool Rewriter::is_output(int id) const {
  if (outputs_.contains(id)) return true;
  return std::ranges::any_of(readers(id), [&](int reader) {
    const Rule* rule = rule_of(reader);
    return rule && rule->keeps_params && is_output(reader);
  });
}

QatModelPtr prepare_qat(const GraphModule& graph, const QConfig& config) {
  const auto copy = graph.clone();
  return Rewriter(*copy, config).rewrite(Stage::train_bn);
}

QatModelPtr prepare_ptq(const GraphModule& graph, const QConfig& config) {
  const auto copy = graph.clone();
  return Rewriter(*copy, config).rewrite(Stage::frozen_observers);
}

}  // namespace octet::quant
