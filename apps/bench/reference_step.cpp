#include "apps/bench/reference_step.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include "core/ops/losses.h"
#include "core/ops/ops.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"

namespace octet::bench {
namespace {

/// The quantized network's value in place of the input; the gradient passes inside the clamp.
struct ReplaceOp final : Op {
  const ReferenceValue& value;
  explicit ReplaceOp(const ReferenceValue& v) : value(v) {}
  std::string_view name() const override { return "replace"; }
  Tensor forward(Context& ctx, In x, Saved& saved) const override {
    OCTET_CHECK(x[0].numel() == value.count, "layer ", value.layer ? value.layer : "?",
                ": expected ", x[0].numel(), " values, got ", value.count);
    Tensor y = ctx.empty(x[0].shape());
    std::copy(value.reals, value.reals + value.count, y.r());
    saved.tensors = {x[0]};
    return y;
  }
  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override {
    if (!dx[0]) return;
    Tensor d = ctx.empty(dy.shape());
    const real* v = saved.tensors[0].r();
    for (std::int64_t i = 0; i < value.count; ++i) {
      d.r()[i] = passes(double{value.reals[i]}, double{v[i]}) ? dy.r()[i] : real(0);
    }
    dx[0]->add(std::move(d), ctx);
  }
  /// `quantized`: what the clamp left of `computed`.
  bool passes(double quantized, double computed) const {
    const double code = std::round(quantized / value.scale + value.zero_point);
    const double before = computed / value.scale + value.zero_point;
    if (code <= value.lo) return !value.open_lower && before > value.lo - 0.5;
    return code < value.hi || before < value.hi + 0.5;
  }
};

bool is_clamp(const Op& op) {
  return dynamic_cast<const ReluOp*>(&op) || dynamic_cast<const Relu6Op*>(&op);
}

/// Runs a float graph with the values of a quantized step.
class Replay {
 public:
  Replay(const GraphModule& graph, const ReferenceStep& step) : graph_(graph) {
    std::map<std::string, int> ids;
    std::vector<int> ops;
    for (int id = 0; id < size(); ++id) {
      if (node(id).kind != Tape::Kind::op) continue;
      ids[node(id).name] = id;
      ops.push_back(id);
    }
    if (step.value_count > 0 && !step.values[0].layer) {
      OCTET_CHECK(static_cast<std::int64_t>(ops.size()) == step.value_count, "expected ",
                  ops.size(), " values, got ", step.value_count);
      for (std::size_t i = 0; i < ops.size(); ++i) replaced_[ops[i]] = &step.values[i];
      return;
    }
    for (std::int64_t i = 0; i < step.value_count; ++i) {
      const ReferenceValue& v = step.values[i];
      const auto found = ids.find(v.layer);
      if (found == ids.end()) {
        add_part(ids, v);
        continue;
      }
      int last = found->second;
      if (v.batch_norm) {
        if (!dynamic_cast<const BatchNormOp*>(node(last).op.get())) last = reader(last);
        statistics_[last] = &v;
      }
      replaced_[last] = &v;
      if (v.clamp) passed_.push_back(reader(last));
    }
  }

  Var run(Var x) {
    Tape& tape = *x.tape;
    std::vector<Var> values;
    for (int id = 0; id < size(); ++id) {
      const GraphNode& n = node(id);
      switch (n.kind) {
        case Tape::Kind::input:
          values.push_back(x);
          break;
        case Tape::Kind::constant:
          values.push_back(tape.constant(n.constant));
          break;
        case Tape::Kind::param:
          values.push_back(tape.param(n.parameter));
          break;
        case Tape::Kind::op:
          values.push_back(run_op(tape, id, values));
      }
    }
    return values[static_cast<std::size_t>(graph_.outputs()[0].node)];
  }

 private:
  /// The value between the two halves of a hard sigmoid, relu6(x + 3): "<layer>.add".
  void add_part(const std::map<std::string, int>& ids, const ReferenceValue& v) {
    const std::string name = v.layer, ending = ".add";
    OCTET_CHECK(name.ends_with(ending), "no layer ", name);
    const auto whole = ids.find(name.substr(0, name.size() - ending.size()));
    OCTET_CHECK(
        whole != ids.end() && dynamic_cast<const HardSigmoidOp*>(node(whole->second).op.get()),
        "no layer ", name);
    halves_[whole->second] = &v;
  }

  int size() const { return static_cast<int>(graph_.nodes().size()); }
  const GraphNode& node(int id) const { return graph_.nodes()[static_cast<std::size_t>(id)]; }
  int reader(int id) const {
    const std::vector<int> all = graph_.consumers(id);
    OCTET_CHECK(all.size() == 1, "layer ", node(id).name, ": expected one reader, got ",
                all.size());
    return all[0];
  }

  Var run_op(Tape& tape, int id, const std::vector<Var>& values) {
    const GraphNode& n = node(id);
    std::vector<Var> inputs;
    for (const int i : n.inputs) inputs.push_back(values[static_cast<std::size_t>(i)]);
    if (std::find(passed_.begin(), passed_.end(), id) != passed_.end()) return inputs[0];
    tape.context().training = true;
    if (const auto s = statistics_.find(id); s != statistics_.end() && s->second->mean) {
      tape.context().training = false;
      BatchNormStats& stats = *dynamic_cast<const BatchNormOp&>(*n.op).stats;
      std::copy_n(s->second->mean, stats.mean.numel(), stats.mean.r());
      std::copy_n(s->second->var, stats.var.numel(), stats.var.r());
    }
    const auto replaced = replaced_.find(id);
    if (replaced == replaced_.end()) return tape.record(n.op, inputs);
    return tape.record(std::make_shared<ReplaceOp>(*replaced->second),
                       {before_replacing(tape, id, inputs)});
  }

  Var before_replacing(Tape& tape, int id, const std::vector<Var>& inputs) const {
    const GraphNode& n = node(id);
    // A clamp of its own: its gradient is that of the codes' clamp.
    if (replaced_.at(id)->layer && is_clamp(*n.op)) return inputs[0];
    const auto half = halves_.find(id);
    if (half == halves_.end()) return tape.record(n.op, inputs);
    const Var sum = inputs[0] + tape.constant(Tensor::full(inputs[0].shape(), real(3)));
    return tape.record(std::make_shared<ReplaceOp>(*half->second), {sum}) * (real(1) / 6);
  }

  const GraphModule& graph_;
  std::map<int, const ReferenceValue*> replaced_, statistics_, halves_;
  std::vector<int> passed_;  // clamps that belong to the value in front of them
};

Var loss_of(const ReferenceStep& step, Var y) {
  if (!zoo::is_classifier(step.model)) {
    Tensor target = Tensor::empty(y.shape());
    std::copy_n(step.target, target.numel(), target.r());
    return mse_loss(y, target);
  }
  CrossEntropyOptions options;
  options.label_smoothing = step.label_smoothing;
  if (step.class_weights) {
    options.class_weights = Tensor::empty({step.classes});
    std::copy_n(step.class_weights, step.classes, options.class_weights.r());
  }
  return cross_entropy(
      y,
      Tensor::from<std::int32_t>({step.batch}, {step.labels, static_cast<std::size_t>(step.batch)}),
      options);
}

void run(ReferenceStep& step) {
  zoo::NetworkOptions options;
  options.classes = step.classes;
  options.in_h = step.in_h;
  options.in_w = step.in_w;
  options.in_c = step.in_c;
  options.width = step.width;
  const ModulePtr model = zoo::make_model(step.model, options);
  const float* from = step.parameters;
  for (const NamedParameter& p : model->named_parameters()) {
    for (real& v : p.parameter->value.span<real>()) v = *from++;
  }
  Tensor x = Tensor::empty({step.batch, step.in_h, step.in_w, step.in_c});
  std::copy_n(step.x, x.numel(), x.r());
  Tape tape;
  const auto graph = trace(model, Tensor::zeros({1, step.in_h, step.in_w, step.in_c}));
  const Var input = tape.input(x);
  const Var loss = loss_of(step, step.values ? Replay(*graph, step).run(input) : (*model)(input));
  step.loss = loss.value().item();
  if (!step.gradients) return;
  tape.backward(loss);
  double* to = step.gradients;
  for (const NamedParameter& p : model->named_parameters()) {
    const Grad& g = p.parameter->grad;
    const auto n = p.parameter->value.numel();
    if (g.empty()) {
      to = std::fill_n(to, n, 0.0);
    } else {
      to = std::copy_n(g.value().r(), n, to);
    }
  }
}

}  // namespace

bool run_reference_step(ReferenceStep& step, char* message, std::size_t message_size) noexcept {
  try {
    run(step);
    return true;
  } catch (const std::exception& error) {
    std::snprintf(message, message_size, "%s", error.what());
    return false;
  }
}

}  // namespace octet::bench
