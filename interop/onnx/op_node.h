// A node of a file while it becomes ops of the graph: its operands, attributes and results.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "interop/onnx/model_file.h"
#include "interop/onnx/value.h"
#include "layers/graph/network_builder.h"

namespace octet::onnx {

class OpNode {
 public:
  /// An operand that the node leaves out is null. `read_once[i]`: no other node reads operand i,
  /// and it is not an output.
  OpNode(proto::NodeProto& node, int opset, const std::string& path,
         std::vector<const Value*> inputs, std::vector<bool> read_once, NetworkBuilder& graph,
         std::vector<std::string>& notes);

  const std::string& type() const { return node_.op_type(); }
  int opset() const { return opset_; }
  NetworkBuilder& graph;

  std::size_t input_count() const { return inputs_.size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i]; }
  /// Throws Error if the node leaves it out.
  const Value& input(std::size_t i) const;
  /// Another value in its place.
  void set_input(std::size_t i, Value v);
  /// With a node of the graph. Throws Error for a constant.
  Value activation(std::size_t i) const;
  /// Throws Error, saying what it is, unless it is known.
  const ConstantPtr& constant(std::size_t i, std::string_view what) const;
  /// The same, of reals.
  const ConstantPtr& reals(std::size_t i, std::string_view what) const;
  bool all_constant() const;
  /// Whether an operand is a real number that the number of samples went into.
  bool computes_with_batch() const;
  /// Of all operands.
  std::int64_t constant_elements() const;
  bool read_once(std::size_t i) const { return read_once_[i]; }
  /// A list of integers: an attribute up to operator set `last`, operand i after it.
  std::optional<std::vector<std::int64_t>> ints_or_input(std::string_view attribute, int last,
                                                         std::size_t i) const;

  // Attributes; of another type they throw Error.
  bool has_attribute(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  float number(std::string_view name, float otherwise) const;
  std::string string(std::string_view name, std::string otherwise) const;
  std::vector<std::int64_t> ints(std::string_view name,
                                 std::vector<std::int64_t> otherwise = {}) const;
  std::vector<float> numbers(std::string_view name) const;
  /// Throws Error if there is none.
  ConstantPtr tensor(std::string_view name);
  /// Throws Error naming an attribute that nobody asked for: what it means is not known here.
  void check_all_attributes_read() const;
  /// They make no difference to the result.
  void ignore(std::initializer_list<std::string_view> attributes) const;

  /// Results that somebody may read.
  std::size_t output_count() const { return static_cast<std::size_t>(node_.output_size()); }
  bool wants(std::size_t i) const {
    return i < output_count() && !node_.output(static_cast<int>(i)).empty();
  }
  const std::string& output_name(int i) const { return node_.output(i); }
  void set(std::size_t i, Value v);
  void set(Value v) { set(0, std::move(v)); }
  std::vector<std::optional<Value>>& results() { return results_; }

  /// Records what became of the node, for the report.
  void note(std::string text) { notes_.push_back(std::move(text)); }
  /// "Conv 'node name'"
  std::string described() const;

 private:
  const proto::AttributeProto* find(std::string_view name) const;
  const proto::AttributeProto* find(std::string_view name,
                                    proto::AttributeProto::AttributeType type) const;

  proto::NodeProto& node_;
  int opset_;
  const std::string& path_;
  std::vector<const Value*> inputs_;
  std::deque<Value> own_inputs_;
  std::vector<bool> read_once_;
  std::vector<std::optional<Value>> results_;
  std::vector<std::string>& notes_;
  mutable std::set<std::string, std::less<>> read_;
};

}  // namespace octet::onnx
