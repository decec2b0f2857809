#include "interop/onnx/op_node.h"

#include <algorithm>

#include "interop/onnx/value_layout.h"

namespace octet::onnx {

using Attribute = proto::AttributeProto;

OpNode::OpNode(proto::NodeProto& node, int opset, const std::string& path,
               std::vector<const Value*> inputs, std::vector<bool> read_once, NetworkBuilder& g,
               std::vector<std::string>& notes)
    : graph(g),
      node_(node),
      opset_(opset),
      path_(path),
      inputs_(std::move(inputs)),
      read_once_(std::move(read_once)),
      results_(output_count()),
      notes_(notes) {}

std::string OpNode::described() const {
  const std::string& name =
      node_.name().empty() && node_.output_size() > 0 ? node_.output(0) : node_.name();
  return one_line(type()) + " '" + one_line(name) + "'";
}

const Value& OpNode::input(std::size_t i) const {
  OCTET_CHECK(has(i), "expected an operand ", i);
  return *inputs_[i];
}

void OpNode::set_input(std::size_t i, Value v) {
  inputs_.at(i) = &own_inputs_.emplace_back(std::move(v));
}

Value OpNode::activation(std::size_t i) const {
  OCTET_CHECK(!input(i).is_constant(), "operand ", i, " is a constant, expected it to be computed");
  return realized(graph, input(i));
}

const ConstantPtr& OpNode::constant(std::size_t i, std::string_view what) const {
  OCTET_CHECK(input(i).is_constant(), what, ": expected a constant, got a value that is computed");
  return input(i).constant;
}

const ConstantPtr& OpNode::reals(std::size_t i, std::string_view what) const {
  const ConstantPtr& c = constant(i, what);
  OCTET_CHECK(c->real, what, ": expected reals, got integers");
  return c;
}

bool OpNode::all_constant() const {
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](const Value* v) { return !v || v->is_constant(); });
}

bool OpNode::computes_with_batch() const {
  return std::any_of(inputs_.begin(), inputs_.end(), [](const Value* v) {
    return v && v->is_constant() && v->constant->real && v->constant->of_batch;
  });
}

std::int64_t OpNode::constant_elements() const {
  std::int64_t n = 0;
  for (const Value* v : inputs_) n += v && v->is_constant() ? v->constant->size() : 0;
  return n;
}

std::optional<std::vector<std::int64_t>> OpNode::ints_or_input(std::string_view attribute, int last,
                                                               std::size_t i) const {
  if (opset_ <= last)
    return has_attribute(attribute) ? std::optional(ints(attribute)) : std::nullopt;
  return has(i) ? std::optional(int_list(*constant(i, attribute))) : std::nullopt;
}

const Attribute* OpNode::find(std::string_view name) const {
  for (const Attribute& a : node_.attribute()) {
    if (a.name() != name) continue;
    read_.insert(a.name());
    OCTET_CHECK(a.ref_attr_name().empty(), "attribute '", name, "' is that of a function");
    return &a;
  }
  return nullptr;
}

const Attribute* OpNode::find(std::string_view name, Attribute::AttributeType type) const {
  const Attribute* a = find(name);
  OCTET_CHECK(!a || a->type() == type || a->type() == Attribute::UNDEFINED, "attribute '", name,
              "': expected type ", static_cast<int>(type), ", got ",
              static_cast<int>(a ? a->type() : type));
  return a;
}

std::int64_t OpNode::integer(std::string_view name, std::int64_t otherwise) const {
  const Attribute* a = find(name, Attribute::INT);
  return a ? a->i() : otherwise;
}

float OpNode::number(std::string_view name, float otherwise) const {
  const Attribute* a = find(name, Attribute::FLOAT);
  return a ? a->f() : otherwise;
}

std::string OpNode::string(std::string_view name, std::string otherwise) const {
  const Attribute* a = find(name, Attribute::STRING);
  return a ? a->s() : otherwise;
}

std::vector<std::int64_t> OpNode::ints(std::string_view name,
                                       std::vector<std::int64_t> otherwise) const {
  const Attribute* a = find(name, Attribute::INTS);
  return a ? std::vector<std::int64_t>(a->ints().begin(), a->ints().end()) : std::move(otherwise);
}

std::vector<float> OpNode::numbers(std::string_view name) const {
  const Attribute* a = find(name, Attribute::FLOATS);
  return a ? std::vector<float>(a->floats().begin(), a->floats().end()) : std::vector<float>();
}

ConstantPtr OpNode::tensor(std::string_view name) {
  const Attribute* a = find(name, Attribute::TENSOR);
  OCTET_CHECK(a && a->has_t(), "expected an attribute '", name, "'");
  for (Attribute& own : *node_.mutable_attribute()) {
    if (&own == a) return take_tensor(*own.mutable_t(), path_);
  }
  return nullptr;
}

void OpNode::check_all_attributes_read() const {
  for (const Attribute& a : node_.attribute())
    OCTET_CHECK(read_.contains(a.name()), "attribute '", one_line(a.name()), "' is not known");
}

void OpNode::ignore(std::initializer_list<std::string_view> attributes) const {
  for (const std::string_view name : attributes) read_.emplace(name);
}

void OpNode::set(std::size_t i, Value v) {
  if (i < results_.size()) results_[i] = std::move(v);
}

}  // namespace octet::onnx
