#include "deploy/folder/tflm_arena.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace octet::deploy {
namespace {

struct Block {
  std::size_t bytes = 0, offset = 0;
  int first = -1, last = -1;  ///< operators; -1: never made
};

constexpr std::size_t alignment = 16;

std::size_t aligned(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

std::size_t value_bytes(const int8::TensorDef& tensor) {
  std::size_t bytes = int8::dtype_size(tensor.type);
  for (const std::int32_t extent : tensor.shape) bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

/// The memory of values that operators write and of inputs; states have memory of their own.
std::vector<Block> blocks_of(const int8::Graph& graph) {
  std::vector<Block> blocks(graph.tensors.size());
  const auto use = [&](int tensor, int time) {
    if (tensor < 0 || graph.tensors[static_cast<std::size_t>(tensor)].constant) return;
    Block& block = blocks[static_cast<std::size_t>(tensor)];
    if (block.first < 0) block.first = time;
    block.last = std::max(block.last, time);
  };
  for (const int input : graph.inputs) use(input, 0);
  int time = 0;
  for (const int8::Node& node : graph.nodes) {
    ++time;
    for (const int output : node.outputs) use(output, time);
    for (const int input : node.inputs) use(input, time);
  }
  for (const int output : graph.outputs) use(output, time);
  for (std::size_t t = 0; t < blocks.size(); ++t)
    blocks[t].bytes = aligned(value_bytes(graph.tensors[t]));
  std::erase_if(blocks, [](const Block& block) { return block.first < 0 || block.bytes == 0; });
  return blocks;
}

std::size_t planned_bytes(std::vector<Block> blocks) {
  std::reverse(blocks.begin(), blocks.end());  // of equal ones the last is placed first
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
  std::vector<Block> placed;  // by their offsets
  std::size_t total = 0;
  for (Block& block : blocks) {
    std::size_t offset = 0;
    for (const Block& other : placed) {
      if (other.first > block.last || block.first > other.last) continue;
      if (other.offset >= offset + block.bytes) break;
      offset = std::max(offset, other.offset + other.bytes);
    }
    block.offset = offset;
    total = std::max(total, offset + block.bytes);
    const auto at =
        std::upper_bound(placed.begin(), placed.end(), block,
                         [](const Block& a, const Block& b) { return a.offset < b.offset; });
    placed.insert(at, block);
  }
  return total;
}

/// Elements of the vectors that operators keep by channel: multipliers and shifts.
std::size_t channels(const int8::Graph& graph) {
  std::size_t count = 0;
  for (const int8::Node& node : graph.nodes) {
    for (const int input : node.inputs) {
      if (input < 0) continue;
      const int8::TensorDef& tensor = graph.tensors[static_cast<std::size_t>(input)];
      if (tensor.constant && tensor.type == int8::DType::i8)
        count += tensor.quantization.scale.size();
    }
  }
  return count;
}

}  // namespace

TflmArena tflm_arena(const int8::Graph& graph) {
  const std::vector<Block> blocks = blocks_of(graph);
  TflmArena arena;
  arena.values = planned_bytes(blocks);
  // The sizes of the interpreter's structures on a 64-bit machine, each rounded up: tests compare
  // the sum with what TFLite Micro needs.
  constexpr std::size_t fixed = 1280, tensor = 24, edge = 112, node = 176, channel = 8;
  std::size_t kept = fixed + tensor * graph.tensors.size() +
                     edge * (graph.inputs.size() + graph.outputs.size()) +
                     node * graph.nodes.size() + channel * channels(graph);
  for (const int8::State& state : graph.states)
    kept += aligned(value_bytes(graph.tensors[static_cast<std::size_t>(state.input)]));
  // While it plans it describes every tensor and every value.
  const std::size_t planning = 48 * graph.tensors.size() + 48 * blocks.size();
  arena.structures = aligned(kept + (planning > arena.values ? planning - arena.values : 0));
  return arena;
}

}  // namespace octet::deploy
