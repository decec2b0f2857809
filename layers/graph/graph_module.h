// A network as a list of ops: recorded by trace(), replayed as a Module, rewritten by quantization.
#pragma once

#include <string>
#include <vector>

#include "layers/module.h"

namespace octet {

/// Nodes in evaluation order; node ids are indices. One input, one output.
struct GraphNode {
  Tape::Kind kind = Tape::Kind::input;
  OpPtr op;                 ///< Kind::op
  std::vector<int> inputs;  ///< Kind::op
  ParameterPtr parameter;   ///< Kind::param
  Tensor constant;          ///< Kind::constant
  /// Kind::op: the layer's dotted path, made unique ("block1.conv1", "block1.add", "block1.add_1").
  /// Kind::param: the parameter's dotted name.
  std::string name;
  /// Value shape seen when tracing, with the example's batch.
  Shape shape;
};

class GraphModule final : public Module {
 public:
  /// Takes nodes in evaluation order; `output` is the id of the result. Registers the parameters
  /// under their names and the buffers of batch norms ("<layer>.running_mean", ".running_var"; of
  /// several that share statistics, under the first one's name).
  /// Throws Error if an input id is not an earlier node, if `input` is not the only node of its
  /// kind, if an op lacks a name or two have the same, or if parameters' names clash.
  GraphModule(std::vector<GraphNode> nodes, int input, int output);

  /// Replays the ops on x.tape; inner values go away at their last use, unless the tape keeps them
  /// (Tape::keep_inner_values). What backward needs stays saved.
  Var forward(Var x) override;

  const std::vector<GraphNode>& nodes() const noexcept { return nodes_; }
  int input() const noexcept { return input_; }
  int output() const noexcept { return output_; }
  /// Ids of the nodes that read node `id`.
  std::vector<int> consumers(int id) const;
  /// A deep copy: own parameters, statistics and constants; ops shared unless they hold state.
  /// What was shared inside stays shared inside. Same mode; gradients are not copied.
  std::shared_ptr<GraphModule> clone() const;

 private:
  void validate() const;

  std::vector<GraphNode> nodes_;
  int input_, output_;
  std::vector<int> last_use_;  // node id -> the last node that reads it; itself if none does
};

/// Records `model` on `example` ([N, ...], N >= 1, any values). Parameters and statistics stay
/// shared with `model`, under the same names, so that a state saved from either loads into the
/// other (if forward uses every parameter; unused ones are not in the graph). The mode is not baked
/// in: the graph takes over model.is_training(). Tracing changes no state: it runs in evaluation
/// mode without gradients. Runs the model twice, with other data and another batch size, and throws
/// Error if the op lists, attributes, wiring, parameters or constants differ (the structure depends
/// on the data), naming the first difference; also if a parameter in use is not registered.
std::shared_ptr<GraphModule> trace(Module& model, const Tensor& example);
inline std::shared_ptr<GraphModule> trace(const ModulePtr& model, const Tensor& example) {
  return trace(*model, example);
}

}  // namespace octet
