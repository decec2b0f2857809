#include "int8/engine/model.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "int8/engine/fuse_pads.h"
#include "int8/engine/graph_checks.h"
#include "int8/engine/model_impl.h"
#include "int8/ops/catalogue.h"

namespace octet::int8 {
namespace {

ValueInfo value_info(const TensorDef& t, const std::string& name) {
  const bool quantized = is_quantizable(t.type) && !t.quantization.scale.empty();
  return {.name = name,
          .type = t.type,
          .shape = t.shape,
          .scale = quantized ? t.quantization.scale[0] : 0.0f,
          .zero_point = quantized ? t.quantization.zero_point[0] : 0,
          .bytes = tensor_bytes(t)};
}

/// The sum of numbers >= 0, at most the largest one there is: what a file says may be absurd.
std::int64_t saturating_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

/// As Model::work().
std::int64_t work_of(const Step& step, const std::vector<std::size_t>& bytes) {
  std::size_t moved = 0;
  for (const auto* values : {&step.inputs, &step.outputs}) {
    for (const int t : *values) moved += bytes[static_cast<std::size_t>(t)];
  }
  return saturating_sum(saturating_sum(step.macs, step.window_codes),
                        static_cast<std::int64_t>(moved));
}

class Compiler {
 public:
  Compiler(const Model::Impl& model, const ModelOptions& options)
      : m_(model),
        options_(options),
        ops_(options.ops ? *options.ops : cnn_ops()),
        steps_(model.graph.nodes.size()) {}

  /// The steps of all nodes in order, null for those that were fused away.
  std::vector<std::unique_ptr<Step>> compile() {
    for (std::size_t n = 0; n < steps_.size(); ++n) {
      compile_node(n, {});
      if (!options_.fuse && steps_[n]->alias) {
        steps_[n]->alias = false;
        steps_[n]->in_place.clear();
      }
    }
    if (options_.fuse) fuse();
    return std::move(steps_);
  }
  std::size_t packed_bytes() const noexcept { return packed_bytes_; }

 private:
  void fuse() {
    const std::vector<PadFusion> fusions = fuse_pads(m_.graph);
    for (std::size_t n = 0; n < steps_.size(); ++n) {
      if (fusions[n].removed) drop(n);
      if (fusions[n].input >= 0) {
        drop(n);
        compile_node(n, fusions[n]);
      }
    }
  }

  void compile_node(std::size_t n, const PadFusion& fusion) {
    const int index = static_cast<int>(n);
    try {
      NodeView view(m_.graph, index, m_.rounding, m_.isa);
      view.fused_input = fusion.input;
      view.fused_pads = fusion.pads;
      const CreateStep create = ops_.find(view);
      OCTET_CHECK(create, "not of the operators of convolutional networks");
      steps_[n] = create(view);
    } catch (const Error& e) {
      const bool more = &ops_ == &cnn_ops() && is_beyond_cnn_ops(m_.graph.nodes[n]);
      fail(node_text(m_.graph, index), ": ", e.what(),
           more ? " (ModelOptions::ops, octet_all_operators: there are more)" : "");
    }
    steps_[n]->node_index = index;
    packed_bytes_ += steps_[n]->packed_bytes();
    if (packed_bytes_ > options_.memory_limit) {
      throw MemoryError(text_of("packed weights and tables: expected at most ",
                                options_.memory_limit,
                                " bytes (ModelOptions::memory_limit, octet --memory-limit), got ",
                                packed_bytes_, " up to ", node_text(m_.graph, index)));
    }
  }

  /// An operator that cnn_ops() lacks or, as it seems, has for other values only.
  bool is_beyond_cnn_ops(const Node& node) const {
    const auto type = [&](int t) { return m_.graph.tensors[static_cast<std::size_t>(t)].type; };
    return !find_op(node.op)->create ||
           std::any_of(
               node.inputs.begin(), node.inputs.end(),
               [&](int t) { return t >= 0 && !is_codes(type(t)) && type(t) != DType::i32; }) ||
           std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&](int t) { return !is_codes(type(t)); });
  }

  void drop(std::size_t n) {
    packed_bytes_ -= steps_[n]->packed_bytes();
    steps_[n] = nullptr;
  }

  const Model::Impl& m_;
  const ModelOptions& options_;
  const OpSet& ops_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::size_t packed_bytes_ = 0;
};

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
  for (const TensorDef& t : impl->graph.tensors) impl->bytes.push_back(tensor_bytes(t));
  for (const State& s : impl->graph.states)
    impl->state_bytes += impl->bytes[static_cast<std::size_t>(s.input)];
  Compiler compiler(*impl, options);
  for (std::unique_ptr<Step>& step : compiler.compile()) {
    if (!step) continue;
    impl->macs = saturating_sum(impl->macs, step->macs);
    impl->work = saturating_sum(impl->work, work_of(*step, impl->bytes));
    impl->steps.push_back(std::move(step));
  }
  impl->packed_bytes = compiler.packed_bytes();
  const Graph& g = impl->graph;
  const auto tensor = [&](int t) -> const TensorDef& {
    return g.tensors[static_cast<std::size_t>(t)];
  };
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    impl->inputs.push_back(value_info(tensor(g.inputs[i]), input_name(g, i)));
  }
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    impl->outputs.push_back(value_info(tensor(g.outputs[i]), output_name(g, i)));
  }
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
std::int64_t Model::work() const noexcept {
  return impl_->work;
}
std::size_t Model::packed_bytes() const noexcept {
  return impl_->packed_bytes;
}
std::size_t Model::state_bytes() const noexcept {
  return impl_->state_bytes;
}
std::vector<StepInfo> Model::steps() const {
  std::vector<StepInfo> infos;
  for (const auto& step : impl_->steps)
    infos.push_back({step->node_index, step->kernel_name(), step->macs});
  return infos;
}

}  // namespace octet::int8
