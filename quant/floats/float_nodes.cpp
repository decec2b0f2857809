#include "quant/floats/float_nodes.h"

#include <array>
#include <cctype>

#include "core/kernels/broadcast.h"
#include "quant/lower_moves.h"

namespace octet::quant {

std::string FloatNodes::name(std::string_view what) {
  std::string text = layer_ + "." + std::string(what);
  for (char& c : std::span(text).subspan(layer_.size())) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return count_++ == 0 ? text : text + "_" + std::to_string(count_ - 1);
}

int FloatNodes::node(int8::OpCode op, std::vector<int> inputs, const Shape& result,
                     int8::Attributes attributes) {
  const int y = graph_.add_floats(name(int8::op_name(op)), result);
  graph_.add_node(op, std::move(inputs), y, std::move(attributes));
  return y;
}

int FloatNodes::unary(int8::OpCode op, int x, int8::Attributes attributes) {
  return node(op, {x}, shape(x), std::move(attributes));
}

int FloatNodes::binary(int8::OpCode op, int a, int b, int8::Attributes attributes) {
  const Broadcast broadcast("layer " + layer_, shape(a), shape(b));
  return node(op, {a, b}, broadcast.shape(), std::move(attributes));
}

int FloatNodes::reduce(int8::OpCode op, int x, const std::vector<int>& axes, bool keep_dims) {
  const Shape in = shape(x);
  std::vector<bool> reduced(static_cast<std::size_t>(in.rank()), false);
  std::vector<std::int32_t> list;
  for (const int axis : axes) {
    list.push_back(axis < 0 ? axis + in.rank() : axis);
    reduced.at(static_cast<std::size_t>(list.back())) = true;
  }
  std::vector<std::int64_t> extents;
  for (int d = 0; d < in.rank(); ++d) {
    const bool is_reduced = reduced[static_cast<std::size_t>(d)];
    if (!is_reduced || keep_dims) extents.push_back(is_reduced ? 1 : in[d]);
  }
  const int operand = integers({static_cast<std::int64_t>(list.size())}, list);
  return node(op, {x, operand}, Shape(std::span<const std::int64_t>(extents)),
              int8::MeanAttributes{keep_dims});
}

int FloatNodes::move(int8::OpCode op, int x, const Shape& result, std::vector<int> constants,
                     int8::Attributes attributes) {
  constants.insert(constants.begin(), x);
  return node(op, std::move(constants), result, std::move(attributes));
}

int FloatNodes::reshape(int x, const Shape& result) {
  return lower_reshape(graph_, result, name("reshape"), x);
}

int FloatNodes::scalar(float value) {
  return graph_.add_float_constant(name("constant"), Tensor::full({1}, value));
}

int FloatNodes::integers(const Shape& shape, std::span<const std::int32_t> values) {
  return graph_.add_int32(name("operand"), shape, values);
}

int FloatNodes::finish(int y) {
  graph_.graph.tensors[static_cast<std::size_t>(y)].name = layer_;
  return y;
}

}  // namespace octet::quant
