#include "interop/tflite_import/dilated_convs.h"

#include <cstring>
#include <optional>
#include <utility>

#include "int8/graph/attributes.h"

namespace octet::tflite_import {
namespace {

using int8::Dims;
using int8::Node;
using int8::OpCode;

class Joiner {
 public:
  explicit Joiner(int8::Graph& graph) : graph_(graph), readers_(graph.tensors.size()) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const int t : graph.nodes[n].inputs) {
        if (t >= 0) readers_[static_cast<std::size_t>(t)].push_back(static_cast<int>(n));
      }
    }
    for (const int t : graph.outputs) readers_[static_cast<std::size_t>(t)].push_back(-1);
  }
  void join(std::size_t n);

 private:
  int8::TensorDef& tensor(int t) { return graph_.tensors[static_cast<std::size_t>(t)]; }
  const Dims& result(const Node& n) { return tensor(n.outputs.at(0)).shape; }
  /// The only reader of the node's result; null: there is none.
  Node* next(const Node& n) {
    const std::vector<int>& all = readers_[static_cast<std::size_t>(n.outputs.at(0))];
    return all.size() == 1 && all[0] >= 0 ? &graph_.nodes[static_cast<std::size_t>(all[0])]
                                          : nullptr;
  }
  std::optional<std::vector<std::int32_t>> integers(const Node& n, std::size_t i) {
    const int8::TensorDef& t = tensor(n.inputs.at(i));
    if (!t.constant || t.type != int8::DType::i32) return std::nullopt;
    std::vector<std::int32_t> values(t.constant.size / sizeof(std::int32_t));
    std::memcpy(values.data(), t.constant.data, t.constant.size);
    return values;
  }
  int constant(const std::vector<std::int32_t>& values, Dims shape) {
    graph_.tensors.push_back({"",
                              int8::DType::i32,
                              std::move(shape),
                              {},
                              int8::own_bytes(std::as_bytes(std::span(values)))});
    readers_.emplace_back();
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  int8::Graph& graph_;
  std::vector<std::vector<int>> readers_;  // nodes; -1: the graph's outputs
};

bool reshapes(const Node& n) {
  return n.op == OpCode::reshape || n.op == OpCode::expand_dims || n.op == OpCode::squeeze;
}

/// All of the parts' pixels.
Dims widened(Dims dims, const std::vector<std::int32_t>& factors) {
  dims[0] = 1;
  for (std::size_t d = 0; d < factors.size() && d + 1 < dims.size(); ++d) dims[d + 1] *= factors[d];
  return dims;
}

void Joiner::join(std::size_t n) {
  Node& parts = graph_.nodes[n];
  if (parts.op != OpCode::space_to_batch_nd || parts.inputs.size() != 3) return;
  const Dims x = tensor(parts.inputs[0]).shape;
  const auto block = integers(parts, 1), pads = integers(parts, 2);
  if (!block || !pads || x.empty() || x[0] != 1 || x.size() < 3 || x.size() > 4 || block->empty() ||
      block->size() > x.size() - 2 || pads->size() != 2 * block->size()) {
    return;
  }
  Node* conv = next(parts);
  Node* image = conv && reshapes(*conv) ? std::exchange(conv, next(*conv)) : nullptr;
  if (!conv || (conv->op != OpCode::conv_2d && conv->op != OpCode::depthwise_conv_2d)) return;
  if (conv->inputs.at(0) != (image ? *image : parts).outputs[0]) return;
  Node* whole = next(*conv);
  Node* rows = whole && reshapes(*whole) ? std::exchange(whole, next(*whole)) : nullptr;
  if (!whole || whole->op != OpCode::batch_to_space_nd || whole->inputs.size() != 3) return;
  const auto same_block = integers(*whole, 1), crops = integers(*whole, 2);
  auto a = int8::attributes_as<int8::ConvAttributes>(conv->attributes);
  if (same_block != block || !crops || crops->size() != pads->size() ||
      a.padding != int8::Padding::valid || a.stride_h != 1 || a.stride_w != 1 ||
      a.dilation_h != 1 || a.dilation_w != 1) {
    return;
  }
  // Of height and width, as the convolution has them.
  const Dims seen = result(image ? *image : parts), made = result(*conv);
  const Dims ends = rows ? result(*rows) : made;
  if (seen.size() != 4 || made.size() != 4 || ends.size() != x.size()) return;
  std::vector<std::int32_t> factors = *block;
  if (x.size() == 3) {
    if (seen[1] == 1) {
      factors = {1, (*block)[0]};
    } else if (seen[2] != 1) {
      return;
    }
  }
  for (std::size_t d = 0; d < block->size(); ++d) {
    const std::int64_t extent = std::int64_t{ends[d + 1]} * (*block)[d];
    if ((*block)[d] < 1 || extent >= 1 << 24 || x[d + 1] >= 1 << 24 || (*pads)[2 * d] < 0 ||
        (*pads)[2 * d + 1] < 0 || (*crops)[2 * d] < 0 || (*crops)[2 * d + 1] < 0) {
      return;
    }
  }

  const auto rank = static_cast<std::int32_t>(x.size());
  std::vector<std::int32_t> around(2 * x.size()), begin(x.size());
  std::copy(pads->begin(), pads->end(), around.begin() + 2);
  for (std::size_t d = 0; d < block->size(); ++d) begin[d + 1] = (*crops)[2 * d];
  const Dims end_shape = result(*whole);
  tensor(parts.outputs[0]).shape = widened(result(parts), *block);
  if (image) tensor(image->outputs[0]).shape = widened(seen, factors);
  tensor(conv->outputs[0]).shape = widened(made, factors);
  if (rows) tensor(rows->outputs[0]).shape = widened(ends, *block);
  a.dilation_h = factors[0];
  a.dilation_w = factors.size() > 1 ? factors[1] : 1;
  conv->attributes = a;
  const int paddings = constant(around, {rank, 2}), from = constant(begin, {rank}),
            size = constant(end_shape, {rank});
  parts = {OpCode::pad, {parts.inputs[0], paddings}, parts.outputs, {}};
  *whole = {OpCode::slice, {whole->inputs[0], from, size}, whole->outputs, {}};
}

}  // namespace

void join_dilated_convs(int8::Graph& graph) {
  Joiner joiner(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) joiner.join(n);
}

}  // namespace octet::tflite_import
