// A node of a file while it becomes ops of the graph: its operands, attributes and results. What
// throws Error gives the reason why the node cannot be imported. Not for users of the library.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/attributes.h"
#include "interop/tflite_import/import_state.h"

namespace octet::tflite_import {

class FileNode {
 public:
  FileNode(ImportState& state, const int8::Node& node) : state_(state), node_(node) {}

  int8::OpCode op() const { return node_.op; }
  template <class A>
  A attributes() const {
    return int8::attributes_as<A>(node_.attributes);
  }
  const NetworkBuilder& graph() const { return state_.graph; }

  // --- operands ---
  std::size_t input_count() const { return node_.inputs.size(); }
  bool has(std::size_t i) const { return i < node_.inputs.size() && node_.inputs[i] >= 0; }
  const int8::TensorDef& input(std::size_t i) const { return state_.tensor(tensor_of(i)); }
  const int8::Dims& dims(std::size_t i = 0) const { return input(i).shape; }
  /// The node of operand i, of the shape graph_shape(dims(i)).
  int value(std::size_t i) const;
  /// The same of an operand that must be computed from the network's inputs.
  int computed(std::size_t i) const;
  bool is_constant(std::size_t i) const { return is_constant_node(value(i)); }
  /// The reals of a constant operand, of shape graph_shape(dims(i)). `what` it is, for messages.
  const Tensor& reals(std::size_t i, std::string_view what) const;
  /// The integers of a constant operand.
  std::vector<std::int32_t> integers(std::size_t i, std::string_view what) const;
  /// Whether this node alone reads operand i, and the file does not give it out.
  bool reads_alone(std::size_t i) const {
    return state_.readers[static_cast<std::size_t>(tensor_of(i))] == 1;
  }

  // --- parameters: of constant operands, made once for each `use` ---
  /// [O, ...] of a constant whose dimension `axis`, the first or the last, is the output channels.
  /// Codes keep their scales.
  int weight(std::size_t i, const Shape& shape, int axis);
  /// [O]; INT32 codes count in units of the scale of operand `input` times that of the channel of
  /// operand `weight`.
  int bias(std::size_t i, std::int64_t channels, std::size_t input, std::size_t weight);
  /// One for each of `channels`, with one scale.
  int slopes(std::size_t i, std::int64_t channels);

  // --- ops ---
  /// `shape`: of the result. An op of constants is computed at once.
  int add(const OpPtr& op, std::vector<int> inputs, const Shape& shape);
  int constant(float value);
  const Shape& shape(int id) const { return state_.graph.node(id).shape; }
  int reshaped(int id, const Shape& shape);
  /// The same elements as another value.
  int copied(int id, const Shape& shape);
  int activated(int id, int8::Activation activation);
  /// Node `id` as the value with the scale and zero point of codes, by an op of its own if it has
  /// others.
  int quantized(int id, const StoredValue& params);

  // --- results ---
  std::size_t output_count() const { return node_.outputs.size(); }
  const int8::TensorDef& output(std::size_t i = 0) const { return state_.tensor(node_.outputs[i]); }
  /// Operand 0 is a constant of the file, and the result the same reals.
  bool passes_constant();
  /// Node `id` is result i. Throws Error unless it has the shape that the file says.
  void set(int id, std::size_t i = 0);
  /// The same, of as many elements as the file says, in its order.
  void set_reshaped(int id, std::size_t i = 0) {
    set(reshaped(id, graph_shape(output(i).shape)), i);
  }

  /// "CONV_2D 'name'"
  std::string described() const;

 private:
  int tensor_of(std::size_t i) const;
  bool is_constant_node(int id) const { return state_.graph.node(id).kind == Tape::Kind::constant; }
  int make_constant(int tensor) const;
  int same_constant(int id, const Shape& shape);
  /// The file's constant that operand i is, through DEQUANTIZE too; null: there is none.
  const int8::TensorDef* constant_of(std::size_t i) const;
  const int8::TensorDef& weight_constant(std::size_t i) const;
  template <class Make>
  int parameter(const int8::TensorDef& from, const std::string& use, bool decay, const Make& make);

  ImportState& state_;
  const int8::Node& node_;
};

}  // namespace octet::tflite_import
