// What fuzz targets of importers demand of a network.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "layers/graph/graph_module.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/interop/fuzz_target.h"

namespace octet::test {

/// Roughly, the multiplications of one sample; elements alone for most ops.
inline double work(const GraphModule& graph) {
  double sum = 0;
  const auto& nodes = graph.nodes();
  for (const GraphNode& n : nodes) {
    double own = static_cast<double>(n.shape.numel());
    for (const int in : n.inputs) {
      const GraphNode& x = nodes[static_cast<std::size_t>(in)];
      sum += static_cast<double>(x.shape.numel());
      if (x.kind == Tape::Kind::param && x.shape.rank() > 1 && x.shape[0] > 0)
        own *= static_cast<double>(x.shape.numel()) / static_cast<double>(x.shape[0]);
    }
    if (n.kind == Tape::Kind::op && n.op->name().ends_with("pool2d"))
      own *= static_cast<double>(nodes[static_cast<std::size_t>(n.inputs[0])].shape.numel());
    sum += own;
  }
  return sum;
}

/// Runs with a batch of two and gives results of the shapes that it says.
inline std::vector<Tensor> checked_results(GraphModule& graph) {
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  std::vector<Var> x;
  for (const int id : graph.inputs()) {
    Shape shape = graph.nodes()[static_cast<std::size_t>(id)].shape;
    shape.set(0, 2);
    x.push_back(tape.input(Tensor::full(shape, 0.5f)));
  }
  const std::vector<Var> y = graph(x);
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < y.size(); ++i) {
    Shape shape = graph.nodes()[static_cast<std::size_t>(graph.outputs()[i].node)].shape;
    shape.set(0, 2);
    require(y[i].shape() == shape, "a result has another shape than the graph says");
    results.push_back(y[i].value());
  }
  return results;
}

/// What a file says of its quantization may be none that can be kept; else the integer model
/// computes what its training forward does.
inline void keep_quantization(const GraphModule& graph, const StoredQuantization& stored) {
  if (stored.empty() || work(graph) > 1e5) return;
  try {
    quant::QConfig config;
    config.stored = stored;
    prepare_qat(graph, config);
    config.stored_use = quant::StoredUse::keep;
    const quant::QatModelPtr model = prepare_ptq(graph, config);
    model->finish_calibration();
    convert(*model);
  } catch (const Error& error) {
    require(std::string_view(error.what()).find("convert: layer") != 0,
            "the integer model differs from its training forward");
  }
}

}  // namespace octet::test
