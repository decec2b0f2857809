// One node as the code that compiles it sees it: typed access to operands, attributes and constants
// with the loader's checks. Every accessor throws Error naming the tensor, expected and got; Model
// puts the op's index and name in front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "int8/graph/attributes.h"
#include "int8/graph/graph.h"
#include "int8/kernels/engine_isa.h"
#include "int8/ops/step.h"
#include "int8/reference/activation_range.h"

namespace octet::int8 {

std::string to_string(const Dims& shape);
/// Product of the dimensions; sizes were checked against overflow for every tensor of the graph.
std::int64_t element_count(const Dims& shape) noexcept;
/// Bytes of one sample.
std::size_t tensor_bytes(const TensorDef& t) noexcept;

/// Pads that a PAD in front of a VALID convolution became.
struct FusedPads {
  int top = 0, bottom = 0, left = 0, right = 0;
};

class NodeView {
 public:
  NodeView(const Graph& graph, int index, Rounding rounding, Isa isa);

  Rounding rounding() const noexcept { return rounding_; }
  /// The same node in another rounding.
  NodeView with(Rounding rounding) const {
    NodeView node = *this;
    node.rounding_ = rounding;
    return node;
  }
  Isa isa() const noexcept { return isa_; }
  const Graph& graph() const noexcept { return graph_; }
  OpCode op() const noexcept { return node_.op; }
  int input_count() const noexcept { return static_cast<int>(node_.inputs.size()); }
  int output_count() const noexcept { return static_cast<int>(node_.outputs.size()); }

  /// Throws unless the node has between `least` and `most` inputs and `outputs` outputs.
  void expect_operands(int least, int most, int outputs = 1) const;

  bool has_input(int i) const noexcept;
  const TensorDef& input(int i) const;
  const TensorDef& output(int i = 0) const;
  /// Input `i`, which must be a state of the graph that this node updates, and alone uses.
  const TensorDef& state(int i) const;
  int input_index(int i) const { return node_.inputs[static_cast<std::size_t>(i)]; }
  int output_index(int i = 0) const { return node_.outputs[static_cast<std::size_t>(i)]; }

  /// The node's attributes; defaults if it has none. Throws if it has those of another op.
  template <class A>
  A attributes() const {
    return attributes_as<A>(node_.attributes);
  }
  const Attributes& attributes() const noexcept { return node_.attributes; }

  /// An int8 input or output, per-tensor quantized. `activation` refuses constants.
  QuantParams i8_input(int i) const;
  QuantParams i8_activation(int i) const;
  QuantParams i8_output(int i = 0) const;
  /// Codes that the fused activation leaves of the int8 output.
  ClampRange i8_range(Activation activation) const;
  /// Those of codes of either type, for QUANTIZE and DEQUANTIZE.
  static QuantParams code_params(const TensorDef& t);
  /// A computed value whose codes an op only moves: of either type, quantized or not.
  const TensorDef& moved_activation(int i) const;
  /// The bytes of a constant whose codes an op only moves.
  std::span<const std::int8_t> moved_constant(int i) const;
  /// Throws unless both are codes of the same type, with the same scale and zero point where both
  /// are quantized.
  void expect_movable(const TensorDef& from, const TensorDef& to) const;
  /// Throws unless both are int8 with the same scale and zero point.
  void expect_same_params(const TensorDef& a, const TensorDef& b) const;
  void expect_params(const TensorDef& t, QuantParams expected) const;

  /// Throws unless ElementwiseAttributes have no fused activation.
  void expect_no_activation() const;
  /// Throws unless the declared shape of output `i` is `expected`.
  void expect_output_shape(const Dims& expected, int i = 0) const;
  void expect_rank(const TensorDef& t, int rank) const;

  /// Constant contents. Throws unless the tensor is a constant of the type. Spans are the graph's
  /// own memory, which lives as long as the model.
  std::vector<std::int32_t> i32_constant(int i) const;
  std::span<const std::int8_t> i8_constant(int i) const;

  FusedPads fused_pads;  ///< set by the fusion of PAD
  int fused_input = -1;  ///< tensor to read in place of input 0, or -1
  int ties_up = 0;       ///< channels of a convolution: see Requantization

  /// Input 0 of a convolution: the tensor in front of a fused PAD if there is one.
  int data_input() const { return fused_input >= 0 ? fused_input : input_index(0); }
  const TensorDef& tensor(int index) const {
    return graph_.tensors[static_cast<std::size_t>(index)];
  }

 private:
  const Graph& graph_;
  const Node& node_;
  Rounding rounding_;
  Isa isa_;
};

/// "tensor 'name'" for messages, on one line whatever the name; its shape if it has no name.
std::string quoted(const TensorDef& t);
/// "op 3 CONV_2D ('name of its first output')" for messages; "tensor 7" if that has no name.
std::string node_text(const Graph& graph, int node);

/// The code of real 0, as far as the tensor says: 0 if it is not quantized.
std::int32_t zero_code(const TensorDef& t) noexcept;

/// The dimension that `axis` names, which counts from the end if negative. Throws Error.
std::size_t resolve_axis(std::int32_t axis, const Dims& shape);

/// Reads the constant's bytes, which may be unaligned. Throws unless it is an i32 constant.
std::vector<std::int32_t> read_i32(const TensorDef& t);

// What compiles a node of each op. Cold: it runs once a model, and is compiled small.
#define OCTET_INT8_OP(op, code, name, create) \
  [[gnu::cold]] std::unique_ptr<Step> create(const NodeView&);
#include "int8/graph/ops.inc"

/// A step of class S with its operands set: input `i` of the node for each of `inputs`.
template <class S>
[[gnu::cold]] std::unique_ptr<S> new_step(const NodeView& node,
                                          std::initializer_list<int> inputs = {0}) {
  auto step = std::make_unique<S>();
  for (const int i : inputs) step->inputs.push_back(node.input_index(i));
  for (int i = 0; i < node.output_count(); ++i) step->outputs.push_back(node.output_index(i));
  return step;
}

}  // namespace octet::int8
