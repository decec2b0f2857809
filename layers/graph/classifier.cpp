#include "layers/graph/classifier.h"

#include <algorithm>

namespace octet {
namespace {

template <class... Ops>
bool is_any_of(const Op* op) {
  return (... || (dynamic_cast<const Ops*>(op) != nullptr));
}

/// One number for each channel: [1, K], [1, 1, 1, K].
bool is_row(const Shape& s) {
  return s.rank() >= 2 && s[-1] == s.numel();
}

/// A graph taken to pieces.
class Head {
 public:
  explicit Head(const GraphModule& graph)
      : nodes_(graph.nodes()), inputs_(graph.inputs()), output_(graph.outputs()[0]) {}

  const Shape& shape() const { return node(output_.node).shape; }

  /// Takes away what makes probabilities of the logits; returns its name, or nothing.
  std::string leave_out_probabilities() {
    int id = output_.node;
    while (is_op<ReshapeOp>(id)) id = node(id).inputs[0];
    if (!is_op<SoftmaxOp, LogSoftmaxOp, SigmoidOp>(id) || readers(id) > 1) return {};
    for (int behind = output_.node; behind != id; behind = node(behind).inputs[0]) change(behind);
    change(id);
    const std::string name(node(id).op->name());
    remove(id);
    return name;
  }

  void flatten() {
    GraphNode n;
    n.kind = Tape::Kind::op;
    n.op = std::make_shared<ReshapeOp>(std::vector<std::int64_t>{-1});
    n.inputs = {output_.node};
    n.name = node(output_.node).name + ".logits";
    n.shape = {shape()[0], shape()[-1]};
    output_.node = static_cast<int>(nodes_.size());
    nodes_.push_back(std::move(n));
  }

  /// Makes the last layer anew; returns the names of its parameters.
  std::vector<std::string> renew(std::int64_t classes, Init& init) {
    const std::int64_t before = shape()[-1];
    int id = output_.node;
    for (; !is_op<LinearOp, Conv2dOp>(id); id = node(id).inputs[0]) {
      check_single(id);
      check_passes_channels(id);
      widen(id, classes);
      change(id);
    }
    check_single(id);
    change(id);
    GraphNode& layer = node(id);
    const auto* conv = dynamic_cast<const Conv2dOp*>(layer.op.get());
    OCTET_CHECK(layer.shape[-1] == before && (!conv || conv->groups == 1), "layer '", layer.name,
                "': expected a head of ", before, " outputs that all see the whole input, got ",
                layer.shape[-1], " in ", conv ? conv->groups : 1, " groups");
    layer.shape.set(layer.shape.rank() - 1, classes);
    const std::vector<int> parameters(layer.inputs.begin() + 1, layer.inputs.end());
    const GraphNode& weight = node(parameters[0]);
    const std::int64_t fan_in = weight.parameter ? weight.parameter->value.numel() / before : 1;
    std::vector<std::string> names;
    for (const int p : parameters) names.push_back(draw(p, classes, fan_in, init));
    return names;
  }

  std::vector<std::string> changed() { return std::move(changed_); }

  std::shared_ptr<GraphModule> finish(bool training) {
    auto graph = std::make_shared<GraphModule>(std::move(nodes_), inputs_, std::vector{output_});
    graph->train(training);
    return graph;
  }

 private:
  void change(int id) { changed_.push_back(node(id).name); }
  const GraphNode& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  GraphNode& node(int id) { return nodes_[static_cast<std::size_t>(id)]; }

  template <class... Ops>
  bool is_op(int id) const {
    return is_any_of<Ops...>(node(id).op.get());
  }

  /// Ops that read node `id`, and the output.
  std::ptrdiff_t readers(int id) const {
    return (output_.node == id) + std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& n) {
             return std::find(n.inputs.begin(), n.inputs.end(), id) != n.inputs.end();
           });
  }

  void check_single(int id) const {
    OCTET_CHECK(readers(id) == 1, "layer '", node(id).name,
                "': its result is used elsewhere in the network, too, so the head cannot have "
                "another number of classes");
  }

  /// Throws Error unless the op does the same to each channel, whatever their number.
  void check_passes_channels(int id) const {
    const GraphNode& n = node(id);
    OCTET_CHECK(n.kind == Tape::Kind::op,
                "there is no linear layer or convolution that could get "
                "another number of classes");
    const Shape& x = node(n.inputs[0]).shape;
    const bool elementwise =
        is_any_of<ActivationOp, ReluOp, Relu6Op, HardTanhOp, DropoutOp>(n.op.get());
    const bool pool =
        x.rank() == 4 && x[-1] == n.shape[-1] &&
        is_any_of<GlobalAvgPoolOp, AvgPool2dOp, MaxPool2dOp, MeanOp, ReduceMaxOp>(n.op.get());
    const bool rows = is_any_of<ReshapeOp>(n.op.get()) && is_row(x) && is_row(n.shape);
    OCTET_CHECK(elementwise || pool || rows, "layer '", n.name, "' (", n.op->name(),
                "): expected a linear layer or convolution, or what does the same to each of its "
                "outputs, at the end of a network that is to have another number of classes");
  }

  void widen(int id, std::int64_t classes) {
    GraphNode& n = node(id);
    n.shape.set(n.shape.rank() - 1, classes);
    if (!is_op<ReshapeOp>(id)) return;
    std::vector<std::int64_t> dims(n.shape.dims().begin() + 1, n.shape.dims().end());
    n.op = std::make_shared<ReshapeOp>(std::move(dims));
  }

  std::string draw(int id, std::int64_t classes, std::int64_t fan_in, Init& init) {
    GraphNode& n = node(id);
    OCTET_CHECK(n.kind == Tape::Kind::param && readers(id) == 1,
                "the head's weights are constants, or another layer's too, so it cannot have "
                "another number of classes");
    n.shape = n.parameter->value.shape();
    n.shape.set(0, classes);
    auto fresh = std::make_shared<Parameter>(init.kaiming_uniform(n.shape, fan_in));
    fresh->decay = n.parameter->decay;
    n.parameter = std::move(fresh);
    return n.name;
  }

  /// An op of one input, whose readers then read that.
  void remove(int id) {
    const auto moved = [&](int i) { return i < id ? i : i == id ? node(id).inputs[0] : i - 1; };
    std::vector<GraphNode> rest;
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      if (i == id) continue;
      rest.push_back(node(i));
      for (int& in : rest.back().inputs) in = moved(in);
    }
    for (int& in : inputs_) in = moved(in);
    output_.node = moved(output_.node);
    nodes_ = std::move(rest);
  }

  std::vector<GraphNode> nodes_;
  std::vector<int> inputs_;
  GraphOutput output_;
  std::vector<std::string> changed_;
};

}  // namespace

Classifier make_classifier(const GraphModule& graph, std::int64_t classes, Init& init,
                           bool logits) {
  OCTET_CHECK(graph.inputs().size() == 1 && graph.outputs().size() == 1,
              "expected a network of one input and one output, got ", graph.inputs().size(),
              " and ", graph.outputs().size());
  Head head(graph);
  Classifier result;
  if (logits) result.left_out = head.leave_out_probabilities();
  OCTET_CHECK(is_row(head.shape()), "expected an output of a number for each class, [N, classes], ",
              "got ", head.shape(), " for one sample");
  result.classes_before = head.shape()[-1];
  if (result.classes_before != classes) result.fresh = head.renew(classes, init);
  if (head.shape().rank() > 2) head.flatten();
  result.changed = head.changed();
  result.graph = head.finish(graph.is_training());
  return result;
}

}  // namespace octet
