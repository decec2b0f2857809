// A network as a list of ops: recorded by trace(), replayed as a Module, rewritten by quantization.
#pragma once

#include <string>
#include <vector>

#include "layers/module.h"

namespace octet {

/// Nodes in evaluation order; node ids are indices.
struct GraphNode {
  Tape::Kind kind = Tape::Kind::input;
  OpPtr op;                 ///< Kind::op
  std::vector<int> inputs;  ///< Kind::op
  ParameterPtr parameter;   ///< Kind::param
  Tensor constant;          ///< Kind::constant
  /// Kind::op: the layer's dotted path, made unique ("block1.conv1", "block1.add", "block1.add_1").
  /// Kind::param: the parameter's dotted name. Kind::input: the input's, or none.
  std::string name;
  /// Value shape seen when tracing, with the example's batch.
  Shape shape;
};

/// A result of a graph: any node's value, also one that other nodes read or another output is.
struct GraphOutput {
  int node = 0;
  std::string name = {};  ///< or none
};

/// A network as a list of ops in evaluation order.
class GraphModule final : public MultiModule {
 public:
  /// Takes nodes in evaluation order. Registers the parameters under their names and the buffers of
  /// batch norms ("<layer>.running_mean", ".running_var"; of several that share statistics, under
  /// the first one's name).
  /// Throws Error if a node reads one that is not earlier, if `inputs` are not the nodes of that
  /// kind, each once, if there is no input or no output, if an op lacks a name, if two ops, two
  /// inputs or two outputs have the same, or if parameters' names clash.
  GraphModule(std::vector<GraphNode> nodes, std::vector<int> inputs,
              std::vector<GraphOutput> outputs);
  GraphModule(std::vector<GraphNode> nodes, int input, int output)
      : GraphModule(std::move(nodes), std::vector{input}, std::vector{GraphOutput{output}}) {}

  /// Replays the ops on the inputs' tape; inner values go away at their last use, unless the tape
  /// keeps them (Tape::keep_inner_values). What backward needs stays saved.
  std::vector<Var> forward_many(std::span<const Var> x) override;

  const std::vector<GraphNode>& nodes() const noexcept { return nodes_; }
  const std::vector<int>& inputs() const noexcept { return inputs_; }
  const std::vector<GraphOutput>& outputs() const noexcept { return outputs_; }
  /// Ids of the nodes that read node `id`.
  std::vector<int> consumers(int id) const;
  /// A deep copy: own parameters, statistics and constants; ops shared unless they hold state.
  /// What was shared inside stays shared inside. Same mode; gradients are not copied.
  std::shared_ptr<GraphModule> clone() const;

 private:
  void validate() const;
  const GraphNode& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }

  std::vector<GraphNode> nodes_;
  std::vector<int> inputs_;
  std::vector<GraphOutput> outputs_;
  // node id -> the last node that reads it; itself if none does; of an output the number of nodes
  std::vector<int> last_use_;
};

/// Names of a graph's inputs and outputs, in order; none, or one for each. They go into the file
/// that ships.
struct GraphNames {
  std::vector<std::string> inputs = {}, outputs = {};
};

/// Records `model` on `examples`, one for each input (all [N, ...] of one N >= 1, any values).
/// Parameters and statistics stay shared with `model`, under the same names, so that a state saved
/// from either loads into the other (if forward uses every parameter; unused ones are not in the
/// graph). The mode is not baked in: the graph takes over model.is_training(). Tracing changes no
/// state: it runs in evaluation mode without gradients. Runs the model twice, with other data and
/// another batch size, and throws Error if the op lists, attributes, wiring, parameters or
/// constants differ (the structure depends on the data), naming the first difference; also if a
/// parameter in use is not registered.
std::shared_ptr<GraphModule> trace(Module& model, const std::vector<Tensor>& examples,
                                   const GraphNames& names = {});
/// The same of a module that is held by a pointer.
inline std::shared_ptr<GraphModule> trace(const ModulePtr& model,
                                          const std::vector<Tensor>& examples,
                                          const GraphNames& names = {}) {
  return trace(*model, examples, names);
}
/// Of one input.
inline std::shared_ptr<GraphModule> trace(Module& model, const Tensor& example) {
  return trace(model, std::vector{example});
}
/// Of one input, of a module that is held by a pointer.
inline std::shared_ptr<GraphModule> trace(const ModulePtr& model, const Tensor& example) {
  return trace(*model, example);
}

}  // namespace octet
