#include "quant/floats/run_nodes.h"

#include <utility>
#include <vector>

#include "int8/graph/op_set.h"
#include "int8/ops/catalogue.h"

namespace octet::quant {

namespace {

Shape batch_shape(const int8::TensorDef& t, std::int64_t batch) {
  const std::vector<std::int64_t> extents(t.shape.begin(), t.shape.end());
  Shape shape{std::span<const std::int64_t>(extents)};
  shape.set(0, batch);
  return shape;
}

}  // namespace

Tensor run_nodes(Context& ctx, const int8::Graph& graph, std::span<const Tensor> x, int y) {
  const std::int64_t batch = x[0].shape()[0];
  std::vector<Tensor> values(x.begin(), x.end());
  values.resize(graph.tensors.size());
  const auto value = [&](int t) -> Tensor& { return values[static_cast<std::size_t>(t)]; };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const int8::NodeView node(graph, static_cast<int>(i), graph.rounding, int8::Isa::portable);
    const std::unique_ptr<int8::Step> step = int8::create_step(int8::all_ops(), node);
    std::vector<const std::byte*> in;
    for (const int t : step->inputs) in.push_back(std::as_const(value(t)).raw());
    std::vector<std::byte*> out;
    for (const int t : step->outputs) {
      value(t) = ctx.empty(batch_shape(node.tensor(t), batch));
      out.push_back(value(t).raw());
    }
    step->run({.in = in.data(), .out = out.data(), .batch = batch, .threads = ctx.threads});
  }
  return value(y);
}

}  // namespace octet::quant
