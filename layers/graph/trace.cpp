// trace(): record twice, compare, name the nodes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>

#include "layers/graph/graph_module.h"
#include "layers/init.h"

namespace octet {
namespace {

/// Other data in another batch size: reals of the opposite sign and four times the magnitude, with
/// noise (so that sums, maxima and signs differ); integers (class ids, codes) keep their range and
/// change their order.
Tensor other_example(const Tensor& example) {
  Shape shape = example.shape();
  shape.set(0, shape[0] == 1 ? 2 : 1);
  const std::int64_t from = example.numel();
  auto source = [&](std::int64_t i) { return from - 1 - i % from; };
  if (example.dtype() != ElementType::real) {
    Tensor out = Tensor::empty(shape, example.dtype());
    const std::size_t size = dtype_size(example.dtype());
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      std::memcpy(out.raw() + static_cast<std::size_t>(i) * size,
                  example.raw() + static_cast<std::size_t>(source(i)) * size, size);
    }
    return out;
  }
  const real* x = example.r();
  real largest = 0;
  for (std::int64_t i = 0; i < from; ++i) largest = std::max(largest, std::abs(x[i]));
  const double scale = largest > 0 ? static_cast<double>(largest) : 1;
  Tensor out = Init().uniform(shape, 2 * scale);
  for (std::int64_t i = 0; i < out.numel(); ++i) out.r()[i] -= 4 * x[source(i)];
  return out;
}

std::string describe(const Tape::Node& n) {
  const std::string where = n.scope.empty() ? "the model itself" : "layer '" + n.scope + "'";
  switch (n.kind) {
    case Tape::Kind::input:
      return "an input in " + where;
    case Tape::Kind::constant:
      return "a constant " + n.shape.to_string() + " in " + where;
    case Tape::Kind::param:
      return "a parameter " + n.shape.to_string() + " in " + where;
    case Tape::Kind::op:
      break;
  }
  const std::string attributes = n.op->attributes();
  return "op " + std::string(n.op->name()) + (attributes.empty() ? "" : " (" + attributes + ")") +
         " in " + where;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.numel() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

/// What differs between two nodes, or null.
const char* difference(const Tape::Node& a, const Tape::Node& b) {
  if (a.kind != b.kind) return "another kind of value";
  switch (a.kind) {
    case Tape::Kind::input:
      return nullptr;
    case Tape::Kind::constant:
      return same_bits(a.value, b.value) ? nullptr : "another constant";
    case Tape::Kind::param:
      return a.parameter == b.parameter ? nullptr : "another parameter";
    case Tape::Kind::op:
      break;
  }
  if (a.op->name() != b.op->name()) return "another op";
  if (a.op->attributes() != b.op->attributes()) return "other attributes";
  if (a.inputs != b.inputs) return "other operands";
  const auto* bn_a = dynamic_cast<const BatchNormOp*>(a.op.get());
  const auto* bn_b = dynamic_cast<const BatchNormOp*>(b.op.get());
  if ((bn_a ? bn_a->stats : nullptr) != (bn_b ? bn_b->stats : nullptr)) return "other statistics";
  return nullptr;
}

constexpr const char* advice =
    "; the structure must not depend on the data or on the batch size, so that it can be recorded";

void check_same(const Tape& a, const std::vector<Var>& out_a, const Tape& b,
                const std::vector<Var>& out_b) {
  const int common = std::min(a.size(), b.size());
  for (int i = 0; i < common; ++i) {
    if (const char* what = difference(a.node(i), b.node(i))) {
      fail("trace: ", what, " with other data and another batch size: first ", describe(a.node(i)),
           ", then ", describe(b.node(i)), advice);
    }
  }
  if (a.size() != b.size()) {
    const bool more = a.size() > b.size();
    fail("trace: with other data and another batch size the model ", more ? "leaves out " : "adds ",
         describe((more ? a : b).node(common)), advice);
  }
  OCTET_CHECK(out_a.size() == out_b.size(), "trace: with other data first ", out_a.size(),
              " results, then ", out_b.size(), advice);
  for (std::size_t i = 0; i < out_a.size(); ++i) {
    OCTET_CHECK(out_a[i].id == out_b[i].id, "trace: another result with other data: first ",
                describe(a.node(out_a[i].id)), ", then ", describe(b.node(out_b[i].id)), advice);
  }
}

/// Where names come from: the module tree and, for batch norms, the owner of the statistics.
struct ModuleNames {
  explicit ModuleNames(const Module& model) {
    for (const NamedModule& m : model.named_modules()) leaf.emplace(m.name, m.leaf);
    for (const NamedParameter& p : model.named_parameters()) {
      parameters.emplace(p.parameter.get(), p.name);
    }
    for (const NamedTensor& b : model.named_buffers()) buffers.emplace(b.value.raw(), b.name);
  }

  std::map<std::string, bool> leaf;  // by path
  std::unordered_map<const Parameter*, std::string> parameters;
  std::unordered_map<const std::byte*, std::string> buffers;
};

/// Name of each op before it is made unique. A layer that is a leaf of the module tree and records
/// ops of one kind gives them its path; other ops get "<path>.<op>".
std::vector<std::string> base_names(const Tape& tape, const ModuleNames& names) {
  std::map<std::string, std::set<std::string_view>> kinds;  // scope -> op names
  for (int i = 0; i < tape.size(); ++i) {
    const Tape::Node& n = tape.node(i);
    if (n.kind == Tape::Kind::op) kinds[n.scope].insert(n.op->name());
  }
  constexpr std::string_view mean_suffix = ".running_mean";
  std::vector<std::string> base(static_cast<std::size_t>(tape.size()));
  for (int i = 0; i < tape.size(); ++i) {
    const Tape::Node& n = tape.node(i);
    if (n.kind != Tape::Kind::op) continue;
    std::string& name = base[static_cast<std::size_t>(i)];
    if (const auto* bn = dynamic_cast<const BatchNormOp*>(n.op.get())) {
      auto owner = names.buffers.find(bn->stats->mean.raw());
      if (owner != names.buffers.end() && owner->second.size() > mean_suffix.size() &&
          std::string_view(owner->second).substr(owner->second.size() - mean_suffix.size()) ==
              mean_suffix) {
        name = owner->second.substr(0, owner->second.size() - mean_suffix.size());
        continue;
      }
    }
    auto module = names.leaf.find(n.scope);
    const bool leaf = module == names.leaf.end() || module->second;
    if (leaf && !n.scope.empty() && kinds[n.scope].size() == 1) {
      name = n.scope;
    } else {
      name = (n.scope.empty() ? "" : n.scope + ".") + std::string(n.op->name());
    }
  }
  return base;
}

/// The first holder of a name keeps it; the others get "_1", "_2", ...
std::vector<std::string> unique_names(std::vector<std::string> names) {
  std::set<std::string> used;
  std::vector<std::size_t> again;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty() && !used.insert(names[i]).second) again.push_back(i);
  }
  for (std::size_t i : again) {
    const std::string stem = names[i] + "_";
    for (int n = 1; !used.insert(names[i] = stem + std::to_string(n)).second;) ++n;
  }
  return names;
}

/// The inputs are the tape's first nodes.
std::vector<Var> run(Module& model, Tape& tape, const std::vector<Tensor>& examples) {
  std::vector<Var> x;
  for (const Tensor& example : examples) x.push_back(tape.input(example));
  const std::vector<Var> y = model.forward_many(x);  // not operator(): names are relative to it
  OCTET_CHECK(!y.empty(), "trace: the model has no result");
  for (const Var& v : y) {
    OCTET_CHECK(v.tape == &tape && v.id >= 0 && v.id < tape.size(),
                "trace: the model's result is not on its input's tape");
  }
  for (int i = static_cast<int>(x.size()); i < tape.size(); ++i) {
    OCTET_CHECK(tape.node(i).kind != Tape::Kind::input, "trace: ", describe(tape.node(i)),
                ": a model has no inputs but those it is called with (", x.size(),
                "); use Tape::constant for a value that does not depend on the data");
  }
  return y;
}

void check_examples(const std::vector<Tensor>& examples) {
  OCTET_CHECK(!examples.empty(), "trace: expected an example of each input");
  for (const Tensor& example : examples) {
    OCTET_CHECK(example.defined() && example.shape().rank() >= 1 && example.numel() > 0,
                "trace: expected an example [N, ...] with N >= 1, got ",
                example.defined() ? example.shape().to_string() : "an undefined tensor");
    OCTET_CHECK(example.shape()[0] == examples[0].shape()[0], "trace: expected examples of ",
                examples[0].shape()[0], " samples, as the first one, got ", example.shape());
  }
}

void check_name_count(const std::vector<std::string>& names, std::size_t count, const char* what) {
  OCTET_CHECK(names.empty() || names.size() == count, "trace: expected a name for each of ", count,
              " ", what, ", got ", names.size());
}

}  // namespace

std::shared_ptr<GraphModule> trace(Module& model, const std::vector<Tensor>& examples,
                                   const GraphNames& graph_names) {
  check_examples(examples);
  check_name_count(graph_names.inputs, examples.size(), "inputs");
  const bool training = model.is_training();
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  Tape other(context, GradMode::off);
  std::vector<Var> y;
  {
    EvaluationMode mode(model);
    y = run(model, tape, examples);
    std::vector<Tensor> others;
    for (const Tensor& example : examples) others.push_back(other_example(example));
    check_same(tape, y, other, run(model, other, others));
  }
  check_name_count(graph_names.outputs, y.size(), "outputs");

  const ModuleNames module_names(model);
  const std::vector<std::string> names = unique_names(base_names(tape, module_names));
  std::vector<GraphNode> nodes;
  std::vector<int> inputs;
  for (int i = 0; i < tape.size(); ++i) {
    const Tape::Node& n = tape.node(i);
    GraphNode g{n.kind, n.op, n.inputs, n.parameter, {}, names[static_cast<std::size_t>(i)], {}};
    g.shape = n.shape;
    if (n.kind == Tape::Kind::input) {
      if (!graph_names.inputs.empty()) g.name = graph_names.inputs[inputs.size()];
      inputs.push_back(i);
    }
    if (n.kind == Tape::Kind::constant) g.constant = n.value.clone();
    if (n.kind == Tape::Kind::param) {
      auto name = module_names.parameters.find(n.parameter.get());
      OCTET_CHECK(name != module_names.parameters.end(), "trace: ", describe(n),
                  " is not registered with the model");
      g.name = name->second;
    }
    nodes.push_back(std::move(g));
  }
  std::vector<GraphOutput> outputs;
  for (std::size_t i = 0; i < y.size(); ++i) {
    outputs.push_back({y[i].id, graph_names.outputs.empty() ? "" : graph_names.outputs[i]});
  }
  auto graph = std::make_shared<GraphModule>(std::move(nodes), inputs, std::move(outputs));
  graph->train(training);
  return graph;
}

}  // namespace octet
