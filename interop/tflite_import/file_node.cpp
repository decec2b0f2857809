#include "interop/tflite_import/file_node.h"

#include <algorithm>
#include <cstring>

#include "core/ops/ops.h"

namespace octet::tflite_import {

using int8::TensorDef;

std::string FileNode::described() const {
  std::string text(int8::op_name(op()));
  if (!node_.outputs.empty()) text += " '" + one_line(output().name) + "'";
  return text;
}

// --- operands ---

int FileNode::tensor_of(std::size_t i) const {
  OCTET_CHECK(has(i), "expected an operand ", i);
  return node_.inputs[i];
}

int FileNode::make_constant(int tensor) const {
  const TensorDef& t = state_.tensor(tensor);
  std::int64_t n = 1;
  for (const std::int32_t d : t.shape) n *= d;
  state_.count_elements(n);
  state_.graph.enter(layer_name(t.name));
  const int id = state_.graph.constant(constant_reals(t).reshape(graph_shape(t.shape)));
  if (t.quantization.scale.size() == 1) {
    if (const auto params = stored_value(t)) state_.graph.quantized[id] = *params;
  }
  return id;
}

int FileNode::value(std::size_t i) const {
  const auto t = static_cast<std::size_t>(tensor_of(i));
  if (state_.node_of[t] < 0) {
    OCTET_CHECK(state_.constant_of[t] >= 0, "'", one_line(input(i).name), "' is not computed");
    state_.node_of[t] = make_constant(state_.constant_of[t]);
  }
  return state_.node_of[t];
}

int FileNode::computed(std::size_t i) const {
  const int id = value(i);
  OCTET_CHECK(!is_constant_node(id), "operand ", i, " is a constant, expected it to be computed");
  return id;
}

const Tensor& FileNode::reals(std::size_t i, std::string_view what) const {
  const int id = value(i);
  OCTET_CHECK(is_constant_node(id), what, ": expected a constant, got a value that is computed");
  return state_.graph.node(id).constant;
}

std::vector<std::int32_t> FileNode::integers(std::size_t i, std::string_view what) const {
  const TensorDef& t = input(i);
  OCTET_CHECK(t.constant && t.type == int8::DType::i32, what, ": expected constant integers");
  std::vector<std::int32_t> values(t.constant.size / sizeof(std::int32_t));
  std::memcpy(values.data(), t.constant.data, t.constant.size);
  return values;
}

const TensorDef* FileNode::constant_of(std::size_t i) const {
  const int t = state_.constant_of[static_cast<std::size_t>(tensor_of(i))];
  return t < 0 ? nullptr : &state_.tensor(t);
}

// --- ops ---

int FileNode::add(const OpPtr& op, std::vector<int> inputs, const Shape& shape) {
  NetworkBuilder& graph = state_.graph;
  graph.enter(layer_name(output().name));
  if (!std::ranges::all_of(inputs, [&](int id) { return is_constant_node(id); }))
    return graph.op(op, std::move(inputs), shape);
  state_.count_elements(shape.numel());
  std::vector<Tensor> x;
  for (const int id : inputs) x.push_back(graph.node(id).constant);
  Context context;
  context.training = false;
  Saved unused;
  unused.wanted = false;
  const Tensor y = op->forward(context, x, unused);
  OCTET_CHECK(y.shape() == shape, op->name(), ": expected a result of shape ", shape, ", got ",
              y.shape());
  return graph.constant(y);
}

int FileNode::constant(float value) {
  state_.graph.enter(layer_name(output().name));
  return state_.graph.constant(Tensor::full({1}, value));
}

int FileNode::reshaped(int id, const Shape& wanted) {
  return shape(id) == wanted ? id : copied(id, wanted);
}

int FileNode::same_constant(int id, const Shape& wanted) {
  NetworkBuilder& graph = state_.graph;
  const int other = graph.constant(graph.node(id).constant.reshape(wanted));
  graph.node(other).name = graph.node(id).name;
  const auto params = graph.quantized.find(id);
  if (params != graph.quantized.end()) graph.quantized[other] = params->second;
  return other;
}

int FileNode::copied(int id, const Shape& wanted) {
  OCTET_CHECK(shape(id).numel() == wanted.numel(), "expected ", wanted.numel(), " elements, got ",
              shape(id));
  if (is_constant_node(id)) return same_constant(id, wanted);
  const auto dims = wanted.dims().subspan(1);
  return add(std::make_shared<ReshapeOp>(std::vector<std::int64_t>(dims.begin(), dims.end())), {id},
             wanted);
}

int FileNode::activated(int id, int8::Activation activation) {
  if (activation == int8::Activation::none) return id;
  // Before it is fused again the result has the same scale.
  if (const auto params = stored_value(output())) state_.graph.quantized.try_emplace(id, *params);
  OpPtr op;
  if (activation == int8::Activation::relu) op = std::make_shared<ReluOp>();
  if (activation == int8::Activation::relu6) op = std::make_shared<Relu6Op>();
  if (activation == int8::Activation::relu_n1_to_1) op = std::make_shared<HardTanhOp>();
  OCTET_CHECK(op, "fused activation ", static_cast<int>(activation), " is not known");
  return add(op, {id}, shape(id));
}

int FileNode::quantized(int id, const StoredValue& params) {
  const auto [at, isnew] = state_.graph.quantized.try_emplace(id, params);
  if (isnew || at->second == params) return id;
  const int other = copied(id, shape(id));
  state_.graph.quantized[other] = params;
  return other;
}

// --- results ---

bool FileNode::passes_constant() {
  const int t = state_.constant_of[static_cast<std::size_t>(tensor_of(0))];
  if (t < 0) return false;
  OCTET_CHECK(graph_shape(state_.tensor(t).shape) == graph_shape(output().shape) &&
                  output().type == int8::DType::f32,
              "its result is not as its operand");
  state_.constant_of[static_cast<std::size_t>(node_.outputs[0])] = t;
  return true;
}

void FileNode::set(int id, std::size_t i) {
  const TensorDef& t = output(i);
  const Shape expected = graph_shape(t.shape);
  OCTET_CHECK(shape(id) == expected, "its result is ", shape(id), ", the file says ", expected);
  const auto params = stored_value(t);
  OCTET_CHECK(params || t.type == int8::DType::f32, "its result is ", int8::dtype_name(t.type),
              ", expected float32 or int8");
  if (params) id = quantized(id, *params);
  state_.node_of[static_cast<std::size_t>(node_.outputs[i])] = id;
}

}  // namespace octet::tflite_import
