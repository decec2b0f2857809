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

std::size_t elements(const int8::TensorDef& tensor) {
  std::size_t count = 1;
  for (const std::int32_t extent : tensor.shape) count *= static_cast<std::size_t>(extent);
  return count;
}

std::size_t value_bytes(const int8::TensorDef& tensor) {
  return int8::dtype_size(tensor.type) * elements(tensor);
}

/// Sizes of the buffers that the reference kernel of a node asks for, to compute in.
std::vector<std::size_t> scratch_bytes(const int8::Graph& graph, const int8::Node& node) {
  constexpr std::size_t integer = 4;
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  const int8::TensorDef& x = tensor(node.inputs[0]);
  const int8::TensorDef& y = tensor(node.outputs[0]);
  const std::size_t rank = integer * x.shape.size();
  switch (node.op) {
    case int8::OpCode::transpose_conv:
      return {integer * elements(y)};
    case int8::OpCode::mean:
    case int8::OpCode::sum:
      return {integer * elements(y), rank, integer * elements(tensor(node.inputs[1]))};
    case int8::OpCode::reduce_max:
    case int8::OpCode::reduce_min:
      return {rank, integer * elements(tensor(node.inputs[1]))};
    case int8::OpCode::mirror_pad:
      return {rank, rank};
    case int8::OpCode::svdf: {
      const auto batch = static_cast<std::size_t>(x.shape[0]);
      const auto filters = static_cast<std::size_t>(tensor(node.inputs[1]).shape[0]);
      return {integer * batch * filters, integer * elements(y)};
    }
    case int8::OpCode::unidirectional_sequence_lstm:
      return std::vector<std::size_t>(4, value_bytes(tensor(node.inputs[19])));  // of the cell
    default:
      return {};
  }
}

/// The memory of values that operators write, of inputs and of what kernels compute in; states have
/// memory of their own.
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
  for (time = 0; const int8::Node& node : graph.nodes) {
    ++time;
    for (const std::size_t bytes : scratch_bytes(graph, node))
      blocks.push_back({aligned(bytes), 0, time, time});
  }
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

/// What is described of a node's tensors while the kernel prepares: of each a structure, and a copy
/// of its zero points, one a channel. The file has as many for the bias as for the weights.
std::size_t preparing_bytes(const int8::Graph& graph, const int8::Node& node) {
  constexpr std::size_t structures = 96, zero_point = 4;
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  std::size_t by_channel = 1;
  for (const int t : node.inputs)
    if (t >= 0) by_channel = std::max(by_channel, tensor(t).quantization.scale.size());
  std::size_t bytes = 0;
  for (const int t : node.inputs) {
    if (t < 0) continue;
    const bool bias = tensor(t).type == int8::DType::i32 && elements(tensor(t)) == by_channel;
    const std::size_t points = bias ? by_channel : tensor(t).quantization.scale.size();
    bytes += structures + aligned(zero_point * points);
  }
  return bytes + node.outputs.size() * (structures + aligned(zero_point));
}

constexpr std::size_t request = 16;  ///< of a buffer to compute in

std::size_t asked_buffers(const int8::Graph& graph) {
  std::size_t count = 0;
  for (const int8::Node& node : graph.nodes) count += scratch_bytes(graph, node).size();
  return count;
}

/// The interpreter starts in the values' memory: while it prepares nodes it has there the buffers
/// that they ask for and the tensors of one; while it plans every tensor and every value.
std::size_t starting_bytes(const int8::Graph& graph, std::size_t values) {
  std::size_t preparing = 0;
  for (const int8::Node& node : graph.nodes)
    preparing = std::max(preparing, preparing_bytes(graph, node));
  constexpr std::size_t requests = 256;
  const std::size_t planning = 48 * graph.tensors.size() + 48 * values;
  return std::max(planning, requests + request * asked_buffers(graph) + preparing);
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
  kept += request * asked_buffers(graph);
  const std::size_t starting = starting_bytes(graph, blocks.size());
  arena.structures = aligned(kept + (starting > arena.values ? starting - arena.values : 0));
  return arena;
}

}  // namespace octet::deploy
