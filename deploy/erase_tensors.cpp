#include "deploy/erase_tensors.h"

#include <utility>

namespace octet::deploy {

void erase_tensors(int8::Graph& graph, const std::set<int>& gone) {
  if (gone.empty()) return;
  std::vector<int> now(graph.tensors.size(), -1);
  std::vector<int8::TensorDef> kept;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (gone.contains(static_cast<int>(i))) continue;
    now[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(graph.tensors[i]));
  }
  graph.tensors = std::move(kept);
  const auto renumber = [&now](int& t) {
    if (t >= 0) t = now[static_cast<std::size_t>(t)];
  };
  for (int8::Node& node : graph.nodes) {
    for (int& t : node.inputs) renumber(t);
    for (int& t : node.outputs) renumber(t);
  }
  for (int& t : graph.inputs) renumber(t);
  for (int& t : graph.outputs) renumber(t);
  for (int8::State& s : graph.states) {
    renumber(s.input);
    renumber(s.output);
  }
}

}  // namespace octet::deploy
