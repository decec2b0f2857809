#include "layers/graph/network_builder.h"

#include <algorithm>

namespace octet {

std::string unique_name(std::set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !taken.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

std::string usable_name(const std::string& name) {
  std::string s;
  for (const char c : name) {
    if (c == '/' && (s.empty() || s.back() == '/')) continue;
    s += c > ' ' && c <= '~' ? c : '_';
  }
  while (!s.empty() && s.back() == '/') s.pop_back();
  return s;
}

int NetworkBuilder::append(GraphNode node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

int NetworkBuilder::input(std::string name, const Shape& shape) {
  GraphNode n;
  n.name = std::move(name);
  n.shape = shape;
  inputs_.push_back(append(std::move(n)));
  return inputs_.back();
}

int NetworkBuilder::op(OpPtr op, std::vector<int> inputs, const Shape& shape) {
  GraphNode n;
  n.kind = Tape::Kind::op;
  n.op = std::move(op);
  n.inputs = std::move(inputs);
  n.name = layer_;
  n.shape = shape;
  return append(std::move(n));
}

int NetworkBuilder::constant(Tensor value) {
  GraphNode n;
  n.kind = Tape::Kind::constant;
  n.name = layer_ + ".constant";
  n.shape = value.shape();
  n.constant = std::move(value);
  return append(std::move(n));
}

int NetworkBuilder::new_parameter(const std::string& name, Tensor value, bool decay) {
  GraphNode n;
  n.kind = Tape::Kind::param;
  n.name = usable_name(name.empty() ? layer_ + ".weight" : name);
  n.shape = value.shape();
  n.parameter = std::make_shared<Parameter>(std::move(value));
  n.parameter->decay = decay;
  return append(std::move(n));
}

int NetworkBuilder::own_parameter(int id) {
  if (readers(id) > 1) {
    const GraphNode& n = node(id);
    return new_parameter(n.name, n.parameter->value.clone(), n.parameter->decay);
  }
  std::erase_if(parameters_, [id](const auto& entry) { return entry.second == id; });
  weight_scales.erase(id);
  return id;
}

int NetworkBuilder::readers(int id) const {
  int count = 0;
  for (const GraphNode& n : nodes_)
    count += std::find(n.inputs.begin(), n.inputs.end(), id) != n.inputs.end();
  return count;
}

std::vector<bool> NetworkBuilder::live(const std::vector<GraphOutput>& outputs) const {
  std::vector<bool> live(nodes_.size());
  for (const GraphOutput& y : outputs) live[static_cast<std::size_t>(y.node)] = true;
  // Operands of an op may be newer than it: a bias that was found behind its convolution.
  std::vector<int> open;
  for (const GraphOutput& y : outputs) open.push_back(y.node);
  while (!open.empty()) {
    const int id = open.back();
    open.pop_back();
    for (const int in : node(id).inputs) {
      if (live[static_cast<std::size_t>(in)]) continue;
      live[static_cast<std::size_t>(in)] = true;
      open.push_back(in);
    }
  }
  return live;
}

NetworkBuilder::Finished NetworkBuilder::finish(std::vector<GraphOutput> outputs) const {
  StoredQuantization stored;
  const std::vector<bool> used = live(outputs);
  std::vector<GraphNode> nodes;
  std::vector<int> new_id(nodes_.size(), -1);
  std::set<std::string> value_names, parameter_names;
  for (const int id : inputs_) value_names.insert(node(id).name);
  const auto move = [&](int id) {
    GraphNode n = node(id);
    for (int& in : n.inputs) in = new_id[static_cast<std::size_t>(in)];
    if (n.kind == Tape::Kind::op || n.kind == Tape::Kind::constant)
      n.name = unique_name(value_names, n.name);
    if (n.kind == Tape::Kind::param) n.name = unique_name(parameter_names, n.name);
    if (const auto q = quantized.find(id); q != quantized.end()) stored.values[n.name] = q->second;
    if (const auto s = weight_scales.find(id); s != weight_scales.end())
      stored.weights[n.name] = s->second;
    new_id[static_cast<std::size_t>(id)] = static_cast<int>(nodes.size());
    nodes.push_back(std::move(n));
  };
  for (const int id : inputs_) move(id);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!used[i] || nodes_[i].kind != Tape::Kind::op) continue;
    for (const int in : nodes_[i].inputs) {
      if (new_id[static_cast<std::size_t>(in)] < 0) move(in);  // a parameter or constant
    }
    move(static_cast<int>(i));
  }
  std::vector<int> inputs;
  for (const int id : inputs_) inputs.push_back(new_id[static_cast<std::size_t>(id)]);
  for (GraphOutput& y : outputs) y.node = new_id[static_cast<std::size_t>(y.node)];
  auto graph =
      std::make_shared<GraphModule>(std::move(nodes), std::move(inputs), std::move(outputs));
  graph->eval();
  return {std::move(graph), std::move(stored)};
}

}  // namespace octet
