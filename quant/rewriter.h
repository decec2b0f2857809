// How prepare_qat and prepare_ptq rewrite a graph. Not for users of the library.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ops/layout.h"
#include "layers/graph/graph_module.h"
#include "quant/qat_model.h"
#include "quant/qconfig.h"
#include "quant/qops/qbinary.h"
#include "quant/qops/qpool.h"
#include "quant/qops/unary_function.h"
#include "quant/weights/weight_quantizer.h"

namespace octet::quant {

/// Rewrites one float graph. Walks it in evaluation order; a fused pattern becomes one node at the
/// place of its first op and is entered for all the old ids it replaces.
class Rewriter {
 public:
  Rewriter(const GraphModule& graph, const QConfig& config);
  QatModelPtr rewrite(Stage integer_stage);
  /// See without_int8_form().
  static std::string refused(const Op& op, const Shape& x);

 private:
  struct Source {
    int node;                  // in the new graph
    QuantizedTensorPtr value;  // null: floats
  };

  // --- prepare_rules.cpp ---
  struct Rule {
    void (Rewriter::*rewrite)(int id);
    bool keeps_params = false;  ///< the result has its input's (line 17)
    int8::Activation clamp = int8::Activation::none;
    /// See quant/no_int8_form.h; null: whatever its attributes, it has one.
    std::string (*refused)(const Op& op, const Shape& x) = nullptr;
  };
  /// What becomes of a float op; null: it has no int8 form.
  static const Rule* rule_of(const Op& op);
  /// What becomes of old node `id`, an op.
  const Rule* rule_of(int id) const;

  // --- prepare.cpp: the graph ---
  /// Throws Error naming every live op that has no int8 form, or none in floats.
  void check_ops() const;
  /// Finds the layers that stay in floats.
  void find_floats();
  const GraphNode& old_node(int id) const { return old_.nodes()[static_cast<std::size_t>(id)]; }
  QuantizedTensorPtr new_value(const std::string& name, bool is_output);
  /// A value whose params the file format fixes.
  QuantizedTensorPtr fixed_value(const std::string& name, QuantParams params);
  int append(GraphNode node);
  /// The operand `index` of old node `id`, as it is.
  Source computed(int id, std::size_t index) const;
  /// The same quantized, behind a QUANTIZE if it is floats.
  Source source(int id, std::size_t index);
  /// Node `old_id` of the new graph: a parameter or constant, once.
  int constant_node(int old_id);
  /// A parameter operand of the new graph; one node for each Parameter.
  int parameter(int id, std::size_t index);
  /// Live ops that read old node `id`.
  std::vector<int> readers(int id) const;
  /// The only reader of old node `id`, or -1; a graph output has a reader outside.
  int sole_consumer(int id) const;
  /// The clamp activation that old node `id` is, or none.
  int8::Activation clamp_of(int id) const;
  /// A clamp that alone reads `last` becomes part of its producer: the activation, and the node
  /// whose value the producer now makes.
  std::pair<int8::Activation, int> fuse_clamp(int last) const;
  /// True if only ops that keep params lie between old node `id` and an output: its value is that
  /// of an output.
  bool is_output(int id) const;
  /// Appends an op whose result has `shape`.
  Source add_node(std::shared_ptr<QOp> op, std::vector<int> inputs, const Shape& shape);
  /// The same, as the result of old node `old_id`.
  void add_op(int old_id, std::shared_ptr<QOp> op, std::vector<int> inputs);
  /// What node `node` of the new graph is in the integer graph: itself, or what it passes on.
  int in_graph(int node) const;
  /// `wanted`, or with a number behind it if a layer or another input or output has that name.
  std::string unique_name(const std::string& wanted);
  void add_inputs();
  /// What fixes the params of the input `name`, if anything does.
  std::optional<QuantParams> fixed_input(const std::string& name) const;
  std::vector<GraphOutput> add_outputs();

  // --- prepare_stored.cpp: QConfig::stored ---
  bool keeps_stored() const { return config_.stored_use == StoredUse::keep; }
  /// Throws Error for names that the graph does not have, and params that are none.
  void check_stored() const;
  /// Of old node `id`, as QConfig::stored has it.
  std::string value_name(int id) const;
  const StoredQuantization::Value* stored(int id) const;
  /// Of the value that old nodes `first` to `end`, which become one op, make: the last one's that
  /// has any, else that of an op behind which has its operand's params.
  const StoredQuantization::Value* stored_of_result(int first, int end) const;
  void take_stored(QuantizedTensor& value, const StoredQuantization::Value* stored) const;
  /// The value of `first` to `end`, with its stored params.
  QuantizedTensorPtr result_value(int first, int end);
  /// False: between old nodes `last` and `next` stands a quantizer that is to be kept.
  bool may_fuse(int last, int next) const;
  /// Params to keep for old node `id`, if they are not those of `value`.
  std::optional<QuantParams> other_params(int id, const QuantizedTensor& value) const;
  /// A QUANTIZE behind the result of old node `id`, an op that keeps its operand's params, if other
  /// ones are stored.
  void requantize_as_stored(int id);
  /// The mean over a window as a depthwise convolution, which has params of its own and rounds
  /// once.
  void add_window_mean(int id, const Window2d& window);
  /// What makes the codes of the weight of old node `id`.
  WeightQuantizerPtr weights_of(int id, const WeightQuantizerPtr& otherwise) const;

  // --- prepare_floats.cpp ---
  void rewrite_float(int id);
  /// The node of operand `index` of old node `id` in floats.
  int float_source(int id, std::size_t index);

  // --- prepare_conv.cpp ---
  void rewrite_conv(int id);
  /// The batch norm that folds into convolution `id`, or -1.
  int folding_batch_norm(int id) const;
  /// The bias in front of batch norm `id`, if it alone reads the convolution there; else null.
  const Parameter* bias_before(int id) const;
  /// Line 6: a bias in front of batch norm only moves its mean.
  void absorb_bias(int id, const BatchNormOp& bn);
  /// Line 15: a batch norm that folds into nothing is a depthwise 1x1 with weight one.
  void rewrite_batch_norm(int id);

  // --- prepare_activations.cpp ---
  void rewrite_clamp(int id);
  void rewrite_hard_sigmoid(int id);
  void rewrite_silu(int id);
  /// A function that the file format has an op for.
  void rewrite_activation(int id);
  /// The result of old node `id` as `function` of `x`.
  void add_table(int id, const Source& x, UnaryFunctionPtr function);
  /// An op that reads `x` through a table.
  Source add_table(const std::string& name, const Source& x, UnaryFunctionPtr function,
                   QuantizedTensorPtr value, const Shape& shape);

  // --- prepare_ops.cpp ---
  void rewrite_reshape(int id);
  void rewrite_layout(int id);
  void rewrite_resize(int id);
  void rewrite_dropout(int id);
  void rewrite_mean(int id);
  void add_mean(int id, std::shared_ptr<const MeanOp> mean);
  void rewrite_softmax(int id);
  void rewrite_prelu(int id);
  void rewrite_concat(int id);
  void rewrite_conv_transpose(int id);
  /// A constant operand's QuantizedTensor.
  QuantizedTensorPtr constant_value(const std::string& name, ParameterPtr constant);
  /// Both operands of an elementwise op; one of them may be a constant or a parameter.
  std::pair<Source, Source> operands(int id);
  /// The class of an op whose parts and result have the same params, but for those that are cut
  /// off.
  QuantizedTensorPtr shared_value(int id, std::vector<QuantizedTensorPtr> parts);
  void rewrite_add(int id) { rewrite_binary(id, QBinaryOp::Kind::add); }
  void rewrite_sub(int id) { rewrite_binary(id, QBinaryOp::Kind::sub); }
  void rewrite_mul(int id) { rewrite_binary(id, QBinaryOp::Kind::mul); }
  void rewrite_binary(int id, QBinaryOp::Kind kind);
  /// With one constant for all elements: a table. False: it is not so.
  bool rewrite_with_scalar(int id, QBinaryOp::Kind kind);
  void rewrite_minimum(int id) { rewrite_min_max(id, true); }
  void rewrite_maximum(int id) { rewrite_min_max(id, false); }
  void rewrite_min_max(int id, bool minimum);
  void rewrite_pad(int id);
  void rewrite_max_pool(int id);
  void rewrite_average_pool(int id);
  void rewrite_global_average_pool(int id);
  void rewrite_pool(int id, QPoolOp::Kind kind, const Window2d& window);

  const GraphModule& old_;
  const QConfig& config_;
  std::set<int> outputs_;        // of the old graph
  std::set<int> live_;           // old nodes that an output depends on
  std::set<std::string> names_;  // of old ops, inputs and outputs
  QatStatePtr state_;
  WeightQuantizerPtr weights_;
  std::vector<GraphNode> nodes_;
  std::vector<QuantizedTensorPtr> values_;
  std::set<int> floats_;                           // old ops that stay in floats
  std::map<int, Source> new_id_;                   // old value -> new node
  std::map<int, Source> quantized_, dequantized_;  // the same behind a QUANTIZE, a DEQUANTIZE
  std::map<const QuantizedTensor*, const QuantizedTensor*>
      shared_;                                // operand -> result, of ops that share params
  std::map<int, int> parameter_node_;         // old parameter node -> new node
  std::set<const BatchNormStats*> absorbed_;  // have had a bias taken off their mean
};

}  // namespace octet::quant
