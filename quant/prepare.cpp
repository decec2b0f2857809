#include "quant/prepare.h"

#include <map>

#include "quant/qops/add.h"
#include "quant/qops/conv.h"
#include "quant/qops/pool.h"
#include "quant/qops/simple.h"

namespace octet::quant {

namespace {

/// Rewrites one float graph. Walks it in evaluation order; a fused pattern becomes one node at the
/// place of its first op and is entered for all the old ids it replaces.
class Rewriter {
 public:
  Rewriter(const GraphModule& graph, const QConfig& config)
      : old_(graph), config_(config), state_(std::make_shared<QatState>()) {
    state_->rounding = config.rounding;
    state_->isa = config.isa ? *config.isa : int8::best_isa();
  }

  QatModel rewrite(Stage integer_stage) {
    add_input();
    const auto& nodes = old_.nodes();
    for (int id = 0; id < static_cast<int>(nodes.size()); ++id) {
      const GraphNode& n = nodes[static_cast<std::size_t>(id)];
      if (n.kind != Tape::Kind::op || new_id_.count(id)) continue;
      if (dynamic_cast<const Conv2dOp*>(n.op.get()) || dynamic_cast<const LinearOp*>(n.op.get())) {
        rewrite_conv(id);
      } else if (dynamic_cast<const BatchNormOp*>(n.op.get())) {
        rewrite_batch_norm(id);
      } else if (dynamic_cast<const AddOp*>(n.op.get())) {
        rewrite_add(id);
      } else if (const auto* max = dynamic_cast<const MaxPool2dOp*>(n.op.get())) {
        rewrite_pool(id, QPoolOp::Kind::max, max->window);
      } else if (const auto* average = dynamic_cast<const AvgPool2dOp*>(n.op.get())) {
        rewrite_average_pool(id, *average);
      } else if (dynamic_cast<const GlobalAvgPoolOp*>(n.op.get())) {
        rewrite_pool(id, QPoolOp::Kind::global_average, {});
      } else if (const auto* reshape = dynamic_cast<const ReshapeOp*>(n.op.get())) {
        const Source x = source(id, 0);
        auto op = std::make_shared<QReshapeOp>(state_, x.value, n.name);
        op->dims = reshape->dims;
        add_op(id, op, {x.node}, x.value);
      } else if (const auto activation = clamp_of(id); activation != int8::Activation::none) {
        rewrite_clamp(id, activation);
      } else {
        fail("prepare: layer ", n.name, ": op ", n.op->name(), " has no int8 form");
      }
    }
    add_output();
    auto graph =
        std::make_shared<GraphModule>(std::move(nodes_), 0, static_cast<int>(nodes_.size()) - 1);
    return QatModel(std::move(graph), state_, std::move(values_), integer_stage);
  }

 private:
  struct Source {
    int node;  // in the new graph
    ValuePtr value;
  };

  const GraphNode& old_node(int id) const { return old_.nodes()[static_cast<std::size_t>(id)]; }

  ValuePtr new_value(const std::string& name, bool is_output) {
    // The network's output keeps its whole range (line 21).
    const ObserverKind kind = is_output ? ObserverKind::min_max : config_.observer;
    values_.push_back(std::make_shared<Value>(name, Observer(kind, config_.averaging)));
    return values_.back();
  }

  int append(GraphNode node) {
    nodes_.push_back(std::move(node));
    return static_cast<int>(nodes_.size()) - 1;
  }

  /// The quantized operand `index` of old node `id`.
  Source source(int id, std::size_t index) const {
    const int in = old_node(id).inputs.at(index);
    const auto at = new_id_.find(in);
    OCTET_CHECK(at != new_id_.end(), "prepare: layer ", old_node(id).name, ": operand ", index,
                " is not computed from the network's input; it has no int8 form");
    return at->second;
  }

  /// A parameter operand of the new graph; one node for each Parameter.
  int parameter(int id, std::size_t index) {
    const int in = old_node(id).inputs.at(index);
    const GraphNode& p = old_node(in);
    OCTET_CHECK(p.kind == Tape::Kind::param, "prepare: layer ", old_node(id).name, ": operand ",
                index, ": expected a parameter, got ",
                p.kind == Tape::Kind::op ? "the result of an op" : "a constant");
    const auto [at, added] = parameter_node_.try_emplace(in, 0);
    if (added) at->second = append(p);
    return at->second;
  }

  /// The only reader of old node `id`, or -1; a graph output has a reader outside.
  int sole_consumer(int id) const {
    if (id == old_.output()) return -1;
    const std::vector<int> readers = old_.consumers(id);
    return readers.size() == 1 ? readers[0] : -1;
  }

  int8::Activation clamp_of(int id) const {
    if (id < 0 || old_node(id).kind != Tape::Kind::op) return int8::Activation::none;
    const Op* op = old_node(id).op.get();
    if (dynamic_cast<const ReluOp*>(op)) return int8::Activation::relu;
    if (dynamic_cast<const Relu6Op*>(op)) return int8::Activation::relu6;
    return int8::Activation::none;
  }

  void add_op(int old_id, std::shared_ptr<QOp> op, std::vector<int> inputs, ValuePtr value) {
    GraphNode node;
    node.kind = Tape::Kind::op;
    node.name = op->layer;
    node.inputs = std::move(inputs);
    node.shape = old_node(old_id).shape;
    node.op = std::move(op);
    new_id_[old_id] = {append(std::move(node)), std::move(value)};
  }

  void add_input() {
    const GraphNode& in = old_node(old_.input());
    append(in);
    ValuePtr value = new_value("input", false);
    value->fixed = config_.input;
    if (value->fixed) {
      OCTET_CHECK(value->fixed->scale >= activation_scale_floor &&
                      value->fixed->zero_point >= -128 && value->fixed->zero_point <= 127,
                  "prepare: input quantization: expected scale >= ", activation_scale_floor,
                  " and zero point in [-128, 127], got ", value->fixed->scale, " and ",
                  value->fixed->zero_point);
    }
    add_op(old_.input(), std::make_shared<QInputOp>(state_, value, "input"), {0}, value);
  }

  void add_output() {
    const auto at = new_id_.find(old_.output());
    OCTET_CHECK(at != new_id_.end(), "prepare: the network's output is not computed by an op");
    const Source y = at->second;
    GraphNode node;
    node.kind = Tape::Kind::op;
    node.name = "output";
    node.op = std::make_shared<QOutputOp>(state_, y.value, "output");
    node.inputs = {y.node};
    node.shape = old_node(old_.output()).shape;
    append(std::move(node));
  }

  /// True if only byte-moving ops lie between old node `id` and the output: its value is the
  /// network's output.
  bool is_output(int id) const {
    while (id != old_.output()) {
      id = sole_consumer(id);
      if (id < 0 || !dynamic_cast<const ReshapeOp*>(old_node(id).op.get())) return false;
    }
    return true;
  }

  void rewrite_conv(int id) {
    const GraphNode& n = old_node(id);
    const auto* conv = dynamic_cast<const Conv2dOp*>(n.op.get());
    const Source x = source(id, 0);
    std::vector<int> inputs{x.node, parameter(id, 1)};
    const bool has_bias = n.inputs.size() > 2;
    int last = id;
    std::optional<QConvOp::BatchNorm> batch_norm;
    if (const int next = sole_consumer(id); next >= 0 && old_node(next).inputs[0] == id) {
      if (const auto* bn = dynamic_cast<const BatchNormOp*>(old_node(next).op.get())) {
        batch_norm = {bn->stats, double(bn->eps), double(bn->momentum)};
        if (has_bias) absorb_bias(id, *bn);
        inputs.push_back(parameter(next, 1));
        inputs.push_back(parameter(next, 2));
        last = next;
      }
    }
    if (!batch_norm && has_bias) inputs.push_back(parameter(id, 2));
    const auto [activation, end] = fuse_clamp(last);
    const ValuePtr value = new_value(n.name, is_output(end));
    auto op = std::make_shared<QConvOp>(state_, value, n.name);
    op->in = x.value;
    op->linear = conv == nullptr;
    if (conv) {
      op->window = conv->window;
      op->groups = conv->groups;
    }
    op->batch_norm = std::move(batch_norm);
    op->activation = activation;
    add_op(end, op, std::move(inputs), value);
    for (int replaced : {id, last}) new_id_.try_emplace(replaced, new_id_[end]);
  }

  /// Line 6: a bias in front of batch norm only moves its mean.
  void absorb_bias(int id, const BatchNormOp& bn) {
    const GraphNode& p = old_node(old_node(id).inputs[2]);
    OCTET_CHECK(p.kind == Tape::Kind::param, "prepare: layer ", old_node(id).name,
                ": expected a parameter as bias");
    const auto bias = p.parameter->value.span<real>();
    real* mean = bn.stats->mean.r();
    for (std::size_t c = 0; c < bias.size(); ++c) mean[c] -= bias[c];
  }

  /// A clamp that alone reads `last` becomes part of its producer.
  std::pair<int8::Activation, int> fuse_clamp(int last) const {
    const int next = sole_consumer(last);
    const int8::Activation activation = clamp_of(next);
    return activation == int8::Activation::none ? std::pair{activation, last}
                                                : std::pair{activation, next};
  }

  /// Line 15: a batch norm that folds into nothing is a depthwise 1x1 with weight one.
  void rewrite_batch_norm(int id) {
    const GraphNode& n = old_node(id);
    const auto* bn = dynamic_cast<const BatchNormOp*>(n.op.get());
    const Source x = source(id, 0);
    const std::int64_t channels = n.shape[-1];
    OCTET_CHECK(n.shape.rank() == 4, "prepare: layer ", n.name,
                ": a batch norm that no convolution can take in needs an input [N, H, W, C], got ",
                n.shape);
    GraphNode ones;
    ones.kind = Tape::Kind::constant;
    ones.constant = Tensor::full({channels, 1, 1, 1}, real(1));
    ones.shape = ones.constant.shape();
    ones.name = n.name + ".one";
    std::vector<int> inputs{x.node, append(std::move(ones)), parameter(id, 1), parameter(id, 2)};
    const auto [activation, end] = fuse_clamp(id);
    const ValuePtr value = new_value(n.name, is_output(end));
    auto op = std::make_shared<QConvOp>(state_, value, n.name);
    op->in = x.value;
    op->groups = static_cast<int>(channels);
    op->batch_norm = {bn->stats, double(bn->eps), double(bn->momentum)};
    op->activation = activation;
    add_op(end, op, std::move(inputs), value);
    new_id_.try_emplace(id, new_id_[end]);
  }

  void rewrite_add(int id) {
    const GraphNode& n = old_node(id);
    const Source a = source(id, 0), b = source(id, 1);
    const auto [activation, end] = fuse_clamp(id);
    const ValuePtr value = new_value(n.name, is_output(end));
    auto op = std::make_shared<QAddOp>(state_, value, n.name);
    op->a = a.value;
    op->b = b.value;
    op->activation = activation;
    add_op(end, op, {a.node, b.node}, value);
    new_id_.try_emplace(id, new_id_[end]);
  }

  void rewrite_pool(int id, QPoolOp::Kind kind, const Window2d& window) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QPoolOp>(state_, x.value, old_node(id).name);
    op->kind = kind;
    op->window = window;
    add_op(id, op, {x.node}, x.value);
  }

  void rewrite_average_pool(int id, const AvgPool2dOp& pool) {
    const Source x = source(id, 0);
    const Shape& in = old_node(old_node(id).inputs[0]).shape;
    const Padding2d pads = pool.window.resolve(in[1], in[2]);
    if (!pool.count_include_pad || pads == Padding2d{}) {
      rewrite_pool(id, QPoolOp::Kind::average, pool.window);
      return;
    }
    // Line 19: padded pixels count, so they are made explicit.
    auto pad = std::make_shared<QPadOp>(state_, x.value, old_node(id).name + ".pad");
    pad->pads = pads;
    GraphNode node;
    node.kind = Tape::Kind::op;
    node.name = pad->layer;
    node.inputs = {x.node};
    node.shape = {in[0], in[1] + pads.top + pads.bottom, in[2] + pads.left + pads.right, in[3]};
    node.op = std::move(pad);
    const int padded = append(std::move(node));
    auto op = std::make_shared<QPoolOp>(state_, x.value, old_node(id).name);
    op->kind = QPoolOp::Kind::average;
    op->window = pool.window;
    op->window.padding = {};
    add_op(id, op, {padded}, x.value);
  }

  void rewrite_clamp(int id, int8::Activation activation) {
    const Source x = source(id, 0);
    const GraphNode& n = old_node(id);
    const bool rescales = activation == int8::Activation::relu;
    const ValuePtr value = rescales ? new_value(n.name, is_output(id)) : x.value;
    auto op = std::make_shared<QClampOp>(state_, value, n.name);
    op->in = x.value;
    op->activation = activation;
    add_op(id, op, {x.node}, value);
  }

  const GraphModule& old_;
  const QConfig& config_;
  QatStatePtr state_;
  std::vector<GraphNode> nodes_;
  std::vector<ValuePtr> values_;
  std::map<int, Source> new_id_;       // old value -> new node
  std::map<int, int> parameter_node_;  // old parameter node -> new node
};

}  // namespace

QatModel prepare_qat(const GraphModule& graph, const QConfig& config) {
  const auto copy = graph.clone();
  return Rewriter(*copy, config).rewrite(Stage::train_bn);
}

QatModel prepare_ptq(const GraphModule& graph, const QConfig& config) {
  const auto copy = graph.clone();
  return Rewriter(*copy, config).rewrite(Stage::frozen_observers);
}

}  // namespace octet::quant
