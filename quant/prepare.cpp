// The graph that prepare_qat and prepare_ptq build; which op becomes what is in the other files.
#include "quant/prepare.h"

#include <algorithm>

#include "quant/qops/simple.h"
#include "quant/rewriter.h"

namespace octet::quant {

Rewriter::Rewriter(const GraphModule& graph, const QConfig& config)
    : old_(graph), config_(config), state_(std::make_shared<QatState>()) {
  state_->rounding = config.rounding;
  if (config.isa) {
    const std::vector<Isa> isas = available_isas();
    OCTET_CHECK(std::ranges::find(isas, *config.isa) != isas.end(), "prepare: isa ",
                isa_name(*config.isa), ": this machine lacks it");
  }
  state_->isa = config.isa;
}

QatModelPtr Rewriter::rewrite(Stage integer_stage) {
  add_input();
  const auto& nodes = old_.nodes();
  for (int id = 0; id < static_cast<int>(nodes.size()); ++id) {
    const GraphNode& n = nodes[static_cast<std::size_t>(id)];
    if (n.kind != Tape::Kind::op || new_id_.count(id)) continue;
    const Rule* rule = rule_of(*n.op);
    OCTET_CHECK(rule, "prepare: layer ", n.name, ": op ", n.op->name(), " has no int8 form");
    (this->*rule->rewrite)(id);
  }
  add_output();
  auto graph =
      std::make_shared<GraphModule>(std::move(nodes_), 0, static_cast<int>(nodes_.size()) - 1);
  return std::make_shared<QatModel>(std::move(graph), state_, std::move(values_), integer_stage);
}

ValuePtr Rewriter::new_value(const std::string& name, bool is_output) {
  // The network's output keeps its whole range (line 21).
  const ObserverKind kind = is_output ? ObserverKind::min_max : config_.observer;
  values_.push_back(std::make_shared<Value>(name, Observer(kind, config_.averaging)));
  return values_.back();
}

ValuePtr Rewriter::fixed_value(const std::string& name, QuantParams params) {
  ValuePtr value = new_value(name, false);
  value->fixed = params;
  return value;
}

int Rewriter::append(GraphNode node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

Rewriter::Source Rewriter::source(int id, std::size_t index) const {
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
  const auto [at, added] = parameter_node_.try_emplace(in, 0);
  if (added) at->second = append(p);
  return at->second;
}

int Rewriter::sole_consumer(int id) const {
  if (id == old_.output()) return -1;
  const std::vector<int> readers = old_.consumers(id);
  return readers.size() == 1 ? readers[0] : -1;
}

int8::Activation Rewriter::clamp_of(int id) const {
  if (id < 0 || old_node(id).kind != Tape::Kind::op) return int8::Activation::none;
  const Rule* rule = rule_of(*old_node(id).op);
  return rule ? rule->clamp : int8::Activation::none;
}

std::pair<int8::Activation, int> Rewriter::fuse_clamp(int last) const {
  const int next = sole_consumer(last);
  const int8::Activation activation = clamp_of(next);
  return activation == int8::Activation::none ? std::pair{activation, last}
                                              : std::pair{activation, next};
}

Rewriter::Source Rewriter::add_node(std::shared_ptr<QOp> op, std::vector<int> inputs,
                                    const Shape& shape) {
  ValuePtr value = op->out;
  GraphNode node;
  node.kind = Tape::Kind::op;
  node.name = op->layer;
  node.inputs = std::move(inputs);
  node.shape = shape;
  node.op = std::move(op);
  return {append(std::move(node)), std::move(value)};
}

void Rewriter::add_op(int old_id, std::shared_ptr<QOp> op, std::vector<int> inputs) {
  new_id_[old_id] = add_node(std::move(op), std::move(inputs), old_node(old_id).shape);
}

void Rewriter::add_input() {
  const GraphNode& in = old_node(old_.input());
  append(in);
  ValuePtr value = new_value("input", false);
  value->fixed = config_.input;
  if (value->fixed) {
    OCTET_CHECK(value->fixed->scale >= input_scale_floor && value->fixed->zero_point >= -128 &&
                    value->fixed->zero_point <= 127,
                "prepare: input quantization: expected scale >= ", input_scale_floor,
                " and zero point in [-128, 127], got ", value->fixed->scale, " and ",
                value->fixed->zero_point);
  }
  add_op(old_.input(), std::make_shared<QInputOp>(state_, value, "input"), {0});
}

void Rewriter::add_output() {
  const auto at = new_id_.find(old_.output());
  OCTET_CHECK(at != new_id_.end(), "prepare: the network's output is not computed by an op");
  const Source y = at->second;
  OCTET_CHECK(std::any_of(nodes_.begin(), nodes_.end(),
                          [](const GraphNode& n) {
                            const auto* op = dynamic_cast<const QOp*>(n.op.get());
                            return op && op->in_graph() && !dynamic_cast<const QInputOp*>(op);
                          }),
              "prepare: the network computes nothing: its output is its input");
  add_node(std::make_shared<QOutputOp>(state_, y.value, "output"), {y.node},
           old_node(old_.output()).shape);
}

bool Rewriter::is_output(int id) const {
  while (id != old_.output()) {
    id = sole_consumer(id);
    const Rule* rule = id < 0 ? nullptr : rule_of(*old_node(id).op);
    if (!rule || !rule->keeps_params) return false;
  }
  return true;
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
