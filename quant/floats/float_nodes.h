// The float operators of one layer, appended to a graph.
#pragma once

#include <string>
#include <vector>

#include "core/ops/reduction_ops.h"
#include "quant/lowering.h"

namespace octet::quant {

/// Operands and results are tensors of the graph; shapes are of one sample. Results are called
/// after the layer and the operator, the last one after the layer: finish().
class FloatNodes {
 public:
  FloatNodes(Lowering& graph, std::string layer) : graph_(graph), layer_(std::move(layer)) {}

  int node(int8::OpCode op, std::vector<int> inputs, const Shape& result,
           int8::Attributes attributes);
  int unary(int8::OpCode op, int x, int8::Attributes attributes = {});
  /// numpy's broadcasting. Throws Error naming the layer if the shapes do not fit.
  int binary(int8::OpCode op, int a, int b, int8::Attributes attributes = {});
  int with_scalar(int8::OpCode op, int x, float value, int8::Attributes attributes = {}) {
    return binary(op, x, scalar(value), std::move(attributes));
  }
  int reduce(int8::OpCode op, int x, const std::vector<int>& axes, bool keep_dims);
  /// `constants`: what the operator takes besides x, as TILE its multiples.
  int move(int8::OpCode op, int x, const Shape& result, std::vector<int> constants,
           int8::Attributes attributes = {});
  int reshape(int x, const Shape& result);
  int scalar(float value);
  int integers(const Shape& shape, std::span<const std::int32_t> values);

  Shape shape(int x) const { return graph_.shape(x); }
  Lowering& graph() noexcept { return graph_; }
  const std::string& layer() const noexcept { return layer_; }
  /// `y`, called as the layer.
  int finish(int y);

 private:
  std::string name(std::string_view what);

  Lowering& graph_;
  std::string layer_;
  int count_ = 0;
};

}  // namespace octet::quant
