#include "quant/lowering.h"

#include <array>
#include <limits>

namespace octet::quant {

namespace {

template <class T>
int8::ConstBytes bytes_of(std::span<const T> values) {
  return int8::own_bytes(std::as_bytes(values));
}

std::vector<std::int32_t> extents(const Shape& shape) {
  std::vector<std::int32_t> dims;
  for (std::int64_t d : shape.dims()) dims.push_back(static_cast<std::int32_t>(d));
  return dims;
}

}  // namespace

int Lowering::add(int8::TensorDef tensor) {
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph.tensors.size()) - 1;
}

int Lowering::add_value(std::string name, const Shape& shape, QuantParams params) {
  return add({std::move(name),
              int8::DType::i8,
              extents(shape),
              {{params.scale}, {params.zero_point}, 0},
              {}});
}

int Lowering::add_floats(std::string name, const Shape& shape) {
  return add({std::move(name), int8::DType::f32, extents(shape), {}, {}});
}

int Lowering::add_integers(std::string name, const Shape& shape) {
  return add({std::move(name), int8::DType::i32, extents(shape), {}, {}});
}

int Lowering::add_like(int other, std::string name, const Shape& shape) {
  const int8::TensorDef& like = tensor(other);
  return add({std::move(name), like.type, extents(shape), like.quantization, {}});
}

int Lowering::add_float_constant(std::string name, const Tensor& reals) {
  return add({std::move(name),
              int8::DType::f32,
              extents(reals.shape()),
              {},
              bytes_of(reals.span<float>())});
}

int Lowering::share_float_constant(std::string name, const Tensor& reals) {
  const auto owner = std::make_shared<const Tensor>(reals);
  return add({std::move(name),
              int8::DType::f32,
              extents(reals.shape()),
              {},
              {owner, owner->raw(), owner->bytes()}});
}

int Lowering::add_weights(std::string name, const Shape& shape, std::span<const std::int8_t> codes,
                          std::vector<float> scale, int axis) {
  std::vector<std::int32_t> zero(scale.size(), 0);
  return add({std::move(name),
              int8::DType::i8,
              extents(shape),
              {std::move(scale), std::move(zero), axis},
              bytes_of(codes)});
}

int Lowering::add_bias(std::string name, std::span<const std::int32_t> codes,
                       std::vector<float> scale) {
  std::vector<std::int32_t> zero(scale.size(), 0);
  return add({std::move(name),
              int8::DType::i32,
              {static_cast<std::int32_t>(codes.size())},
              {std::move(scale), std::move(zero), 0},
              bytes_of(codes)});
}

int Lowering::add_int32(std::string name, const Shape& shape,
                        std::span<const std::int32_t> values) {
  return add({std::move(name), int8::DType::i32, extents(shape), {}, bytes_of(values)});
}

int Lowering::add_constant(std::string name, const Shape& shape, std::span<const std::int8_t> codes,
                           QuantParams params) {
  return add({std::move(name),
              int8::DType::i8,
              extents(shape),
              {{params.scale}, {params.zero_point}, 0},
              bytes_of(codes)});
}

int Lowering::add_paddings(std::string name, const Padding2d& pads) {
  const std::array<std::int32_t, 8> amounts{0,         0,          pads.top, pads.bottom,
                                            pads.left, pads.right, 0,        0};
  return add_int32(std::move(name), {4, 2}, amounts);
}

int Lowering::add_slice(const std::string& name, int input, std::span<const std::int64_t> begin,
                        std::span<const std::int64_t> end, std::span<const std::int64_t> step) {
  const auto constant = [&](const char* what, std::span<const std::int64_t> values) {
    const std::vector<std::int32_t> narrow(values.begin(), values.end());
    return add_int32(name + what, {static_cast<std::int64_t>(narrow.size())}, narrow);
  };
  Shape out = shape(input);
  for (int d = 1; d < out.rank(); ++d) {
    const auto i = static_cast<std::size_t>(d);
    out.set(d, (end[i] - begin[i] + step[i] - 1) / step[i]);
  }
  const int from = constant(".begin", begin), to = constant(".end", end),
            by = constant(".strides", step);
  const int y = add_like(input, name, out);
  add_node(int8::OpCode::strided_slice, {input, from, to, by}, y,
           int8::StridedSliceAttributes{.begin_mask = 1, .end_mask = 1});
  return y;
}

Shape Lowering::shape(int id) const {
  const std::vector<std::int32_t>& dims = tensor(id).shape;
  const std::vector<std::int64_t> wide(dims.begin(), dims.end());
  return Shape(std::span<const std::int64_t>(wide));
}

void Lowering::add_node(int8::OpCode op, std::vector<int> inputs, int output,
                        int8::Attributes attributes) {
  graph.nodes.push_back({op, std::move(inputs), {output}, std::move(attributes)});
}

namespace {

/// The least value of the type and quantization of tensor `like`.
int add_least(Lowering& l, int like, std::string name) {
  const int8::TensorDef& t = l.tensor(like);
  if (t.type == int8::DType::f32)
    return l.add_float_constant(std::move(name),
                                Tensor::full({1}, std::numeric_limits<float>::lowest()));
  const int8::Quantization& q = t.quantization;
  return l.add_scalar_code(std::move(name), -128, {q.scale[0], q.zero_point[0]});
}

}  // namespace

int8::Padding lower_padding(Lowering& l, int& input, const std::string& layer,
                            const Window2d& window, bool of_maximum) {
  const std::vector<std::int32_t> in = l.tensor(input).shape;
  const Padding2d pads = window.resolve(in[1], in[2]);
  // As many windows in the same places: what lies behind the last of them is never read.
  const auto lies_as_with = [&](const Padding2d& padding) {
    Window2d other = window;
    other.padding = padding;
    const Padding2d p = other.resolve(in[1], in[2]);
    return p.top == pads.top && p.left == pads.left &&
           other.output_size(in[1], in[2], layer) == window.output_size(in[1], in[2], layer);
  };
  const bool fits = in[1] > (window.kernel_h - 1) * window.dilation_h &&
                    in[2] > (window.kernel_w - 1) * window.dilation_w;
  if (fits && lies_as_with(Padding2d{})) return int8::Padding::valid;
  if (lies_as_with(Padding2d::same_padding())) return int8::Padding::same;

  const Shape padded{in[0], in[1] + pads.top + pads.bottom, in[2] + pads.left + pads.right, in[3]};
  const int paddings = l.add_paddings(layer + ".paddings", pads);
  const int out = l.add_like(input, layer + ".pad", padded);
  if (of_maximum) {
    const int constant = add_least(l, input, layer + ".pad_value");
    l.add_node(int8::OpCode::padv2, {input, paddings, constant}, out, {});
  } else {
    l.add_node(int8::OpCode::pad, {input, paddings}, out, {});
  }
  input = out;
  return int8::Padding::valid;
}

}  // namespace octet::quant
