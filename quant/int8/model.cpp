#include "quant/int8/model.h"

#include <algorithm>

#include "core/error.h"
#include "quant/int8/catalogue.h"
#include "quant/int8/fuse_pads.h"
#include "quant/int8/graph_checks.h"
#include "quant/int8/model_impl.h"

namespace octet::int8 {
namespace {

ValueInfo value_info(const TensorDef& t) {
  const bool quantized = !t.quantization.scale.empty();
  return {.name = t.name,
          .type = t.type,
          .shape = t.shape,
          .scale = quantized ? t.quantization.scale[0] : 0.0f,
          .zero_point = quantized ? t.quantization.zero_point[0] : 0,
          .bytes = tensor_bytes(t)};
}

std::unique_ptr<Step> compile_node(const Model::Impl& m, int index, const PadFusion& fusion) {
  const Node& node = m.graph.nodes[static_cast<std::size_t>(index)];
  try {
    NodeView view(m.graph, index, m.rounding, m.isa);
    view.fused_input = fusion.input;
    view.fused_pads = fusion.pads;
    std::unique_ptr<Step> step = find_op(node.op)->create(view);
    step->node_index = index;
    return step;
  } catch (const Error& e) {
    const TensorDef& y = m.graph.tensors[static_cast<std::size_t>(node.outputs[0])];
    fail("op ", index, " ", op_name(node.op), " ('", y.name, "'): ", e.what());
  }
}

void compile(Model::Impl& m, bool fuse) {
  const std::size_t nodes = m.graph.nodes.size();
  std::vector<std::unique_ptr<Step>> steps;
  steps.reserve(nodes);
  for (std::size_t n = 0; n < nodes; ++n) {
    steps.push_back(compile_node(m, static_cast<int>(n), {}));
    if (!fuse && steps[n]->alias) {
      steps[n]->alias = false;
      steps[n]->in_place.clear();
    }
  }
  if (fuse) {
    const std::vector<PadFusion> fusions = fuse_pads(m.graph);
    for (std::size_t n = 0; n < nodes; ++n) {
      if (fusions[n].removed) steps[n] = nullptr;
      if (fusions[n].input >= 0) steps[n] = compile_node(m, static_cast<int>(n), fusions[n]);
    }
  }
  for (auto& step : steps) {
    if (!step) continue;
    m.macs += step->macs;
    m.steps.push_back(std::move(step));
  }
}

}  // namespace

Model::Model(Graph graph, const ModelOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->graph = std::move(graph);
  impl->rounding = options.rounding.value_or(impl->graph.rounding);
  impl->isa = options.isa ? *options.isa : best_isa();
  const std::vector<Isa> isas = available_isas();
  OCTET_CHECK(std::find(isas.begin(), isas.end(), impl->isa) != isas.end(), "ISA ",
              isa_name(impl->isa), ": this machine lacks it");
  check_graph(impl->graph);
  compile(*impl, options.fuse);
  for (const TensorDef& t : impl->graph.tensors) impl->bytes.push_back(tensor_bytes(t));
  const auto describe = [&](const std::vector<int>& tensors, std::vector<ValueInfo>& infos) {
    for (const int t : tensors) {
      infos.push_back(value_info(impl->graph.tensors[static_cast<std::size_t>(t)]));
    }
  };
  describe(impl->graph.inputs, impl->inputs);
  describe(impl->graph.outputs, impl->outputs);
  impl_ = std::move(impl);
}

Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

const Graph& Model::graph() const noexcept {
  return impl_->graph;
}
Rounding Model::rounding() const noexcept {
  return impl_->rounding;
}
Isa Model::isa() const noexcept {
  return impl_->isa;
}
std::span<const ValueInfo> Model::inputs() const noexcept {
  return impl_->inputs;
}
std::span<const ValueInfo> Model::outputs() const noexcept {
  return impl_->outputs;
}
std::int64_t Model::macs() const noexcept {
  return impl_->macs;
}
std::vector<StepInfo> Model::steps() const {
  std::vector<StepInfo> infos;
  for (const auto& step : impl_->steps)
    infos.push_back({step->node_index, step->kernel_name(), step->macs});
  return infos;
}

}  // namespace octet::int8
