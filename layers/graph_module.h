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
  /// under their names and the buffers of batch norms ("<layer>.running_mean", ".running_var").
  /// Throws Error if an input id is not an earlier node.
  GraphModule(std::vector<GraphNode> nodes, int input, int output);

  /// Replays the ops on x.tape; with gradients off, values go away at their last use.
  Var forward(Var x) override;

  const std::vector<GraphNode>& nodes() const noexcept { return nodes_; }
  int input() const noexcept { return input_; }
  int output() const noexcept { return output_; }
  /// Ids of the nodes that read node `id`.
  std::vector<int> consumers(int id) const;
  /// A deep copy: own parameters, statistics and constants; ops shared unless they hold state.
  std::shared_ptr<GraphModule> clone() const;

 private:
  std::vector<GraphNode> nodes_;
  int input_, output_;
  std::vector<int> last_use_;
};

/// Records `model` on `example` ([N, ...], any values). Parameters and statistics stay shared with
/// `model`; the mode is not baked in; tracing changes no state. Runs the model twice, with other
/// data and another batch size, and throws Error if the op lists, attributes, wiring or constants
/// differ (the model's structure depends on the data), naming the first difference.
std::shared_ptr<GraphModule> trace(Module& model, const Tensor& example);
inline std::shared_ptr<GraphModule> trace(const ModulePtr& model, const Tensor& example) {
  return trace(*model, example);
}

}  // namespace octet
