#include "int8/ops/node_view.h"

#include <algorithm>
#include <cstring>

namespace octet::int8 {

std::string to_string(const Dims& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

std::int64_t element_count(const Dims& shape) noexcept {
  std::int64_t n = 1;
  for (const std::int32_t d : shape) n *= d;
  return n;
}

std::string quoted(const TensorDef& t) {
  if (t.name.empty()) return "unnamed tensor of shape " + to_string(t.shape);
  return "tensor '" + one_line(t.name) + "'";
}

std::string node_text(const Graph& graph, int node) {
  const Node& n = graph.nodes[static_cast<std::size_t>(node)];
  const TensorDef& y = graph.tensors[static_cast<std::size_t>(n.outputs[0])];
  const std::string name =
      y.name.empty() ? text_of("tensor ", n.outputs[0]) : "'" + one_line(y.name) + "'";
  return text_of("op ", node, ' ', op_name(n.op), " (", name, ")");
}

std::size_t tensor_bytes(const TensorDef& t) noexcept {
  return static_cast<std::size_t>(element_count(t.shape)) * dtype_size(t.type);
}

std::int32_t zero_code(const TensorDef& t) noexcept {
  return t.quantization.zero_point.empty() ? 0 : t.quantization.zero_point[0];
}

std::size_t resolve_axis(std::int32_t axis, const Dims& shape) {
  const auto rank = static_cast<std::int32_t>(shape.size());
  OCTET_CHECK(axis >= -rank && axis < rank, "axis: expected within ", -rank, " to ", rank - 1,
              ", got ", axis);
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

std::vector<std::int32_t> read_i32(const TensorDef& t) {
  OCTET_CHECK(t.type == DType::i32, quoted(t), ": expected type i32, got ", dtype_name(t.type));
  OCTET_CHECK(t.constant, quoted(t), ": expected a constant, got a computed value");
  std::vector<std::int32_t> values(t.constant.size / sizeof(std::int32_t));
  if (!values.empty()) {
    std::memcpy(values.data(), t.constant.data, values.size() * sizeof(std::int32_t));
  }
  return values;
}

NodeView::NodeView(const Graph& graph, int index, Rounding rounding, Isa isa)
    : graph_(graph),
      node_(graph.nodes[static_cast<std::size_t>(index)]),
      rounding_(rounding),
      isa_(isa) {}

void NodeView::expect_operands(int least, int most, int outputs) const {
  const int n = input_count();
  OCTET_CHECK(n >= least && n <= most, "inputs: expected ", least,
              most == least ? std::string() : " to " + std::to_string(most), ", got ", n);
  for (int i = 0; i < least; ++i) OCTET_CHECK(has_input(i), "input ", i, ": missing");
  OCTET_CHECK(output_count() == outputs, "outputs: expected ", outputs, ", got ", output_count());
}

bool NodeView::has_input(int i) const noexcept {
  return i < input_count() && input_index(i) >= 0;
}

const TensorDef& NodeView::input(int i) const {
  OCTET_CHECK(has_input(i), "input ", i, ": missing");
  return tensor(input_index(i));
}

const TensorDef& NodeView::state(int i) const {
  const TensorDef& t = input(i);
  const int index = input_index(i);
  const auto is_this = [index](const State& s) { return s.input == index && s.output == index; };
  OCTET_CHECK(std::any_of(graph_.states.begin(), graph_.states.end(), is_this), quoted(t),
              ": expected a variable, which keeps its value from run to run");
  std::ptrdiff_t uses = std::count(graph_.outputs.begin(), graph_.outputs.end(), index);
  for (const Node& n : graph_.nodes) uses += std::count(n.inputs.begin(), n.inputs.end(), index);
  OCTET_CHECK(uses == 1, quoted(t), ": a variable that this operator updates has other uses, too");
  return t;
}

const TensorDef& NodeView::output(int i) const {
  return tensor(output_index(i));
}

namespace {

QuantParams params_of(const TensorDef& t) {
  const Quantization& q = t.quantization;
  OCTET_CHECK(q.scale.size() == 1 && q.zero_point.size() == 1, quoted(t),
              ": expected one scale and zero point, got ", q.scale.size(), " and ",
              q.zero_point.size());
  return {q.scale[0], q.zero_point[0]};
}

void expect_equal(const TensorDef& t, QuantParams got, QuantParams expected) {
  OCTET_CHECK(got == expected, quoted(t), ": expected scale ", expected.scale, " and zero point ",
              expected.zero_point, ", got ", got.scale, " and ", got.zero_point);
}

QuantParams i8_params(const TensorDef& t) {
  OCTET_CHECK(t.type == DType::i8, quoted(t), ": expected type i8, got ", dtype_name(t.type));
  return params_of(t);
}

}  // namespace

QuantParams NodeView::code_params(const TensorDef& t) {
  OCTET_CHECK(is_codes(t.type), quoted(t), ": expected type i8 or u8, got ", dtype_name(t.type));
  return params_of(t);
}

const TensorDef& NodeView::moved_activation(int i) const {
  const TensorDef& t = input(i);
  OCTET_CHECK(!t.constant, quoted(t), ": expected a computed value, got a constant");
  expect_movable(t, t);
  return t;
}

void NodeView::expect_movable(const TensorDef& from, const TensorDef& to) const {
  OCTET_CHECK(is_codes(from.type), quoted(from), ": expected type i8 or u8, got ",
              dtype_name(from.type));
  OCTET_CHECK(to.type == from.type, quoted(to), ": expected type ", dtype_name(from.type), ", got ",
              dtype_name(to.type));
  if (from.quantization.scale.empty() || to.quantization.scale.empty()) return;
  expect_equal(to, params_of(to), params_of(from));
}

QuantParams NodeView::i8_input(int i) const {
  return i8_params(input(i));
}

QuantParams NodeView::i8_activation(int i) const {
  const TensorDef& t = input(i);
  OCTET_CHECK(!t.constant, quoted(t), ": expected a computed value, got a constant");
  return i8_params(t);
}

QuantParams NodeView::i8_output(int i) const {
  return i8_params(output(i));
}

ClampRange NodeView::i8_range(Activation activation) const {
  return clamp_range(activation, i8_output(), rounding_);
}

void NodeView::expect_same_params(const TensorDef& a, const TensorDef& b) const {
  expect_params(b, i8_params(a));
}

void NodeView::expect_params(const TensorDef& t, QuantParams expected) const {
  expect_equal(t, i8_params(t), expected);
}

void NodeView::expect_no_activation() const {
  const Activation got = attributes<ElementwiseAttributes>().activation;
  OCTET_CHECK(got == Activation::none, "fused activation: expected none, got ",
              static_cast<int>(got), " of TFLite's ActivationFunctionType");
}

void NodeView::expect_output_shape(const Dims& expected, int i) const {
  const TensorDef& t = output(i);
  OCTET_CHECK(t.shape == expected, quoted(t), ": expected shape ", to_string(expected), ", got ",
              to_string(t.shape));
}

void NodeView::expect_rank(const TensorDef& t, int rank) const {
  OCTET_CHECK(static_cast<int>(t.shape.size()) == rank, quoted(t), ": expected ", rank,
              " dimensions, got shape ", to_string(t.shape));
}

std::vector<std::int32_t> NodeView::i32_constant(int i) const {
  return read_i32(input(i));
}

std::span<const std::int8_t> NodeView::i8_constant(int i) const {
  const TensorDef& t = input(i);
  OCTET_CHECK(t.type == DType::i8, quoted(t), ": expected type i8, got ", dtype_name(t.type));
  return moved_constant(i);
}

std::span<const std::int8_t> NodeView::moved_constant(int i) const {
  const TensorDef& t = input(i);
  OCTET_CHECK(is_codes(t.type), quoted(t), ": expected type i8 or u8, got ", dtype_name(t.type));
  OCTET_CHECK(t.constant, quoted(t), ": expected a constant, got a computed value");
  return {reinterpret_cast<const std::int8_t*>(t.constant.data), t.constant.size};
}

}  // namespace octet::int8
