#include "interop/c99/c_values.h"

#include <algorithm>

#include "base/error.h"
#include "int8/engine/storage.h"

namespace octet::c99 {
namespace {

using int8::State;

std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + 7) / 8 * 8;
}

/// Saving a state would overwrite what is still to be read, or only moves it to itself.
bool works_in_place(const int8::Graph& graph, const std::vector<int>& block_of) {
  const auto block = [&](int tensor) { return block_of[static_cast<std::size_t>(tensor)]; };
  for (const State& s : graph.states) {
    const bool stays = block(s.output) == block(s.input);
    for (const State& other : graph.states) {
      if (&other != &s && block(other.output) == block(s.input)) return false;
    }
    for (const int output : graph.outputs) {
      if (!stays && block(output) == block(s.input)) return false;
    }
  }
  return true;
}

std::string copy(const std::string& to, const std::string& from, std::size_t bytes) {
  return to == from ? "" : text_of("  memcpy(", to, ", ", from, ", ", bytes, ");\n");
}

}  // namespace

CValues place_values(const int8::Model::Impl& model) {
  const int8::Graph& graph = model.graph;
  int8::Storage storage = int8::assign_storage(model, 1, true);
  const bool in_place = works_in_place(graph, storage.block_of);
  CValues values;
  std::vector<std::string> kept_block(storage.blocks.size());
  for (const State& s : graph.states) {
    values.kept.push_back(text_of("state.codes + ", values.state_bytes));
    const auto input = static_cast<std::size_t>(s.input);
    values.state_bytes += aligned(model.bytes[input]);
    if (!in_place) continue;
    const auto block = static_cast<std::size_t>(storage.block_of[input]);
    kept_block[block] = values.kept.back();
    storage.blocks[block].bytes = 0;
  }
  const int8::MemoryPlan plan = int8::plan_memory(storage.blocks);
  values.arena_bytes = plan.total;
  for (const int block : storage.block_of) {
    const auto b = static_cast<std::size_t>(block);
    values.places.push_back(block < 0                ? ""
                            : !kept_block[b].empty() ? kept_block[b]
                                                     : text_of("arena.codes + ", plan.offsets[b]));
  }
  for (std::size_t i = 0; i < graph.states.size(); ++i) {
    const State& s = graph.states[i];
    const auto input = static_cast<std::size_t>(s.input),
               output = static_cast<std::size_t>(s.output);
    values.load += copy(values.places[input], values.kept[i], model.bytes[input]);
    values.save += copy(values.kept[i], values.places[output], model.bytes[input]);
  }
  return values;
}

}  // namespace octet::c99
