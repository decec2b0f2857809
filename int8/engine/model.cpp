#include "int8/engine/model.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "int8/engine/find_tables.h"
#include "int8/engine/fuse_gates.h"
#include "int8/engine/fuse_pads.h"
#include "int8/engine/graph_checks.h"
#include "int8/engine/model_impl.h"
#include "int8/ops/gate.h"
#include "int8/ops/of_constants.h"
#include "int8/ops/unary_step.h"

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
  Compiler(Model::Impl& model, const ModelOptions& options)
      : m_(model), options_(options), steps_(model.graph.nodes.size()) {}

  /// The steps of all nodes in order, null for those that were fused away.
  std::vector<std::unique_ptr<Step>> compile() {
    std::vector<bool> in_table(steps_.size());
    for (const GatheredTable& table : find_gathered_tables(m_.graph)) {
      for (const int n : {table.cast, table.add, table.gather})
        in_table[static_cast<std::size_t>(n)] = true;
      compile_table(table);
    }
    for (std::size_t n = 0; n < steps_.size(); ++n) {
      if (in_table[n]) continue;
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
    if (m_.rounding == Rounding::float_rounding) return;  // a product there is not this table's
    for (const Gate& gate : find_gates(m_.graph)) {
      const auto product = static_cast<std::size_t>(gate.product);
      drop(static_cast<std::size_t>(gate.table));
      drop(product);
      steps_[product] = create_gate(view_of(gate.product), gate.x, view_of(gate.table));
      steps_[product]->node_index = gate.product;
      packed_bytes_ += steps_[product]->packed_bytes();
    }
  }
  NodeView view_of(int node) { return {m_.graph, node, m_.rounding, m_.isa}; }

  void compile_node(std::size_t n, const PadFusion& fusion) {
    const int index = static_cast<int>(n);
    NodeView view = view_of(index);
    view.fused_input = fusion.input;
    view.fused_pads = fusion.pads;
    const OpSet& ops = options_.ops ? *options_.ops : cnn_ops();
    const bool constant = is_of_constants(view);
    if (constant) check_memory(index, packed_bytes_ + output_bytes(n));
    try {
      steps_[n] = constant ? create_of_constants(m_.graph, view, ops) : create_step(ops, view);
    } catch (const Error& e) {
      fail(node_text(m_.graph, index), ": ", e.what());
    }
    steps_[n]->node_index = index;
    packed_bytes_ += steps_[n]->packed_bytes();
    check_memory(index, packed_bytes_);
  }

  void compile_table(const GatheredTable& gathered) {
    NodeView view = view_of(gathered.gather);
    view.fused_input = gathered.x;
    Table table;
    std::ranges::copy(view.i8_constant(0), table.begin());
    std::unique_ptr<Step>& step = steps_[static_cast<std::size_t>(gathered.gather)];
    step = create_table_step(view, table);
    step->node_index = gathered.gather;
    packed_bytes_ += step->packed_bytes();
  }

  std::size_t output_bytes(std::size_t node) const {
    std::size_t bytes = 0;
    for (const int t : m_.graph.nodes[node].outputs) bytes += m_.bytes[static_cast<std::size_t>(t)];
    return bytes;
  }

  void check_memory(int node, std::size_t packed) const {
    if (packed <= options_.memory_limit) return;
    throw MemoryError(text_of("packed weights and tables: expected at most ", options_.memory_limit,
                              " bytes (ModelOptions::memory_limit, octet --memory-limit), got ",
                              packed, " up to ", node_text(m_.graph, node)));
  }

  void drop(std::size_t n) {
    packed_bytes_ -= steps_[n]->packed_bytes();
    steps_[n] = nullptr;
  }

  Model::Impl& m_;  ///< whose graph is changed while a node is compiled
  const ModelOptions& options_;
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
