#include "layers/graph/graph_module.h"

#include <map>
#include <set>

namespace octet {
namespace {

const BatchNormOp* as_batch_norm(const GraphNode& n) {
  return n.kind == Tape::Kind::op ? dynamic_cast<const BatchNormOp*>(n.op.get()) : nullptr;
}

std::vector<int> find_last_uses(const std::vector<GraphNode>& nodes,
                                const std::vector<GraphOutput>& outputs) {
  std::vector<int> last(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    last[i] = static_cast<int>(i);
    for (int in : nodes[i].inputs) last[static_cast<std::size_t>(in)] = static_cast<int>(i);
  }
  for (const GraphOutput& y : outputs) {
    last[static_cast<std::size_t>(y.node)] = static_cast<int>(nodes.size());
  }
  return last;
}

/// Names the layer that a value belongs to while it is recorded.
class NodeScope {
 public:
  explicit NodeScope(Tape& tape) : tape_(tape), outer_(tape.scope()) {}
  ~NodeScope() { tape_.set_scope(std::move(outer_)); }
  NodeScope(const NodeScope&) = delete;
  NodeScope& operator=(const NodeScope&) = delete;
  void enter(const std::string& name) {
    tape_.set_scope(outer_.empty() ? name : outer_ + "." + name);
  }

 private:
  Tape& tape_;
  std::string outer_;
};

}  // namespace

GraphModule::GraphModule(std::vector<GraphNode> nodes, std::vector<int> inputs,
                         std::vector<GraphOutput> outputs)
    : nodes_(std::move(nodes)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
  validate();
  last_use_ = find_last_uses(nodes_, outputs_);
  std::set<const Parameter*> parameters;
  std::set<const BatchNormStats*> statistics;
  for (const GraphNode& n : nodes_) {
    if (n.kind == Tape::Kind::param && parameters.insert(n.parameter.get()).second) {
      register_parameter(n.name, n.parameter);
    }
    const BatchNormOp* bn = as_batch_norm(n);
    if (bn && statistics.insert(bn->stats.get()).second) {
      register_buffer(n.name + ".running_mean", bn->stats->mean);
      register_buffer(n.name + ".running_var", bn->stats->var);
    }
  }
}

void GraphModule::validate() const {
  const int size = static_cast<int>(nodes_.size());
  OCTET_CHECK(!inputs_.empty() && !outputs_.empty(), "graph: expected inputs and outputs, got ",
              inputs_.size(), " and ", outputs_.size());
  const auto check_end = [&](const char* what, int id, const std::string& name,
                             std::set<std::string>& taken) {
    OCTET_CHECK(id >= 0 && id < size, "graph: ", what, " ", id, ": expected node ids below ", size);
    OCTET_CHECK(name.empty() || taken.insert(name).second, "graph: two ", what, "s are named '",
                name, "'");
  };
  std::set<std::string> input_names, output_names, names;
  std::set<int> inputs;
  for (int id : inputs_) {
    check_end("input", id, id >= 0 && id < size ? node(id).name : "", input_names);
    OCTET_CHECK(inputs.insert(id).second, "graph: node ", id, " is two of the inputs");
  }
  for (const GraphOutput& y : outputs_) check_end("output", y.node, y.name, output_names);
  for (int id = 0; id < size; ++id) {
    const GraphNode& n = nodes_[static_cast<std::size_t>(id)];
    OCTET_CHECK((n.kind == Tape::Kind::input) == inputs.contains(id), "graph: node ", id, " '",
                n.name, "': expected the ", inputs_.size(),
                " inputs and no other nodes to be of that kind");
    switch (n.kind) {
      case Tape::Kind::input:
        break;
      case Tape::Kind::constant:
        OCTET_CHECK(n.constant.defined(), "graph: constant ", id, " '", n.name, "' has no value");
        break;
      case Tape::Kind::param:
        OCTET_CHECK(n.parameter && !n.name.empty(), "graph: parameter node ", id,
                    ": expected a parameter and a name, got '", n.name, "'");
        break;
      case Tape::Kind::op:
        OCTET_CHECK(n.op && !n.name.empty(), "graph: op node ", id,
                    ": expected an op and a name, got '", n.name, "'");
        OCTET_CHECK(names.insert(n.name).second, "graph: node ", id, ": the name '", n.name,
                    "' is already taken by another op");
        break;
    }
    for (int in : n.inputs) {
      OCTET_CHECK(in >= 0 && in < id, "graph: node ", id, " '", n.name,
                  "': expected inputs among the earlier nodes, got ", in);
    }
  }
}

std::vector<Var> GraphModule::forward_many(std::span<const Var> x) {
  check_count(x.size(), inputs_.size(), "inputs");
  Tape& tape = *x[0].tape;
  NodeScope scope(tape);
  PoolVector<Var> values(nodes_.size(), tape.context().pool);
  for (std::size_t i = 0; i < x.size(); ++i) values[static_cast<std::size_t>(inputs_[i])] = x[i];
  std::vector<Var> inputs;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const GraphNode& n = nodes_[i];
    const int id = static_cast<int>(i);
    switch (n.kind) {
      case Tape::Kind::input:
        continue;
      case Tape::Kind::constant:
        values[i] = tape.constant(n.constant);
        continue;
      case Tape::Kind::param:
        values[i] = tape.param(n.parameter);
        continue;
      case Tape::Kind::op:
        break;
    }
    inputs.clear();
    for (int in : n.inputs) inputs.push_back(values[static_cast<std::size_t>(in)]);
    scope.enter(n.name);
    values[i] = tape.record(n.op, inputs);
    if (tape.keeps_inner_values()) continue;
    auto dead = [&](int v) {
      return last_use_[static_cast<std::size_t>(v)] == id && node(v).kind == Tape::Kind::op;
    };
    for (int in : n.inputs) {
      if (dead(in)) tape.release(values[static_cast<std::size_t>(in)]);
    }
    if (dead(id)) tape.release(values[i]);
  }
  std::vector<Var> results;
  for (const GraphOutput& y : outputs_) results.push_back(values[static_cast<std::size_t>(y.node)]);
  return results;
}

std::vector<int> GraphModule::consumers(int id) const {
  std::vector<int> readers;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (int in : nodes_[i].inputs) {
      if (in != id) continue;
      readers.push_back(static_cast<int>(i));
      break;
    }
  }
  return readers;
}

std::shared_ptr<GraphModule> GraphModule::clone() const {
  std::map<const Parameter*, ParameterPtr> parameters;
  std::map<const BatchNormStats*, std::shared_ptr<BatchNormStats>> statistics;
  std::vector<GraphNode> nodes = nodes_;
  for (GraphNode& n : nodes) {
    if (n.kind == Tape::Kind::constant) n.constant = n.constant.clone();
    if (n.kind == Tape::Kind::param) {
      ParameterPtr& copy = parameters[n.parameter.get()];
      if (!copy) {
        copy = std::make_shared<Parameter>(n.parameter->value.clone());
        copy->requires_grad = n.parameter->requires_grad;
        copy->decay = n.parameter->decay;
      }
      n.parameter = copy;
    }
    if (const BatchNormOp* bn = as_batch_norm(n)) {
      std::shared_ptr<BatchNormStats>& copy = statistics[bn->stats.get()];
      if (!copy) {
        copy = std::make_shared<BatchNormStats>(
            BatchNormStats{bn->stats->mean.clone(), bn->stats->var.clone()});
      }
      n.op = std::make_shared<BatchNormOp>(copy, bn->eps, bn->momentum);
    }
  }
  auto graph = std::make_shared<GraphModule>(std::move(nodes), inputs_, outputs_);
  graph->train(is_training());
  return graph;
}

}  // namespace octet
