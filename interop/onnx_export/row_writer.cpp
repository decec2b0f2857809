#include "interop/onnx_export/row_writer.h"

#include <algorithm>

#include "base/error.h"

namespace octet::onnx_export {

std::string RowWriter::add(std::string_view op, const std::vector<std::string>& inputs,
                           const AttributeList& attributes) {
  const std::string name = text_of(values.name(y_index()), '_', op);
  return *results_.insert(onnx.add(op, inputs, attributes, name)).first;
}

std::string RowWriter::scalar(std::string_view what, float value) {
  return onnx.floats(text_of(values.name(y_index()), '_', what), {}, std::span(&value, 1));
}

std::string RowWriter::integers(std::string_view what, const OnnxDims& list) {
  return onnx.integers(text_of(values.name(y_index()), '_', what), list);
}

std::string RowWriter::settled(const std::string& value, int like) {
  return results_.contains(value) ? values.quantizers.requantized(value, like_or_y(like)) : value;
}

std::string RowWriter::transposed(const std::string& value, const Order& order, int like) {
  if (std::is_sorted(order.begin(), order.end())) return value;
  return add("Transpose", {settled(value, like)}, {{"perm", OnnxDims(order.begin(), order.end())}});
}

std::string RowWriter::reshaped(const std::string& value, const int8::Dims& shape, int like) {
  const bool flattens =
      shape.size() == 2 && shape[0] == 1 && !x_shape().empty() && x_shape()[0] == 1;
  if (flattens) return add("Flatten", {settled(value, like)});
  OnnxDims dims(shape.begin(), shape.end());
  if (!dims.empty()) dims[0] = -1;
  return add("Reshape", {settled(value, like), integers("shape", dims)});
}

std::string RowWriter::broadcast_x(int i) {
  const int t = x_index(i);
  const int8::TensorDef& d = values.def(t);
  const std::size_t rank = d.shape.size();
  if (y_shape().size() != 4 || rank == 4 || int8::element_count(d.shape) == 1) return x(i);
  int8::Dims shape(4, 1);
  if (d.constant) {
    std::copy(d.shape.begin(), d.shape.end(), shape.end() - static_cast<std::ptrdiff_t>(rank));
    return values.constants.value(t, shape, file_order(Layout::image, 4));
  }
  // Dimension 0 is the batch's, whatever the rank.
  for (std::size_t k = 1; k < rank; ++k) shape[4 - rank + k] = d.shape[k];
  const std::string image = transposed(reshaped(x(i), shape, t), file_order(Layout::image, 4), t);
  return settled(image, t);
}

std::string RowWriter::plain_x(int i) {
  const int t = x_index(i);
  return settled(transposed(x(i), inverse(values.order(t)), t), t);
}

std::string RowWriter::as_output(const std::string& value, int i) {
  const int t = y_index(i);
  const Order order = values.order(t);
  if (keeps_memory(y_shape(i), order)) return reshaped(value, values.file_shape(t), t);
  return transposed(reshaped(value, y_shape(i), t), order, t);
}

std::string RowWriter::bounded(const std::string& value, std::optional<float> lo,
                               std::optional<float> hi) {
  if (!lo && !hi) return value;
  if (lo == 0.0f && !hi) return add("Relu", {value});
  return add("Clip", {value, lo ? scalar("min", *lo) : "", hi ? scalar("max", *hi) : ""});
}

namespace {

bool is_arithmetic(int8::OpCode op) noexcept {
  return op == int8::OpCode::add || op == int8::OpCode::sub || op == int8::OpCode::mul;
}

}  // namespace

std::string RowWriter::clamped(const std::string& value, int8::Activation activation) {
  if (values.quantizers.has_quantizer(y_index())) {
    // A bound at the end of the codes is the quantizer's own.
    const int8::QuantParams p = int8::NodeView::code_params(view.output());
    const int8::ClampRange range = int8::clamp_range(activation, p, view.rounding());
    const auto real = [&](std::int32_t code) {
      return p.scale * static_cast<float>(code - p.zero_point);
    };
    const bool cuts = range.lo > -128 || range.hi < 127;
    return bounded(cuts ? values.before_clamp(value, y_index()) : value,
                   range.lo > -128 ? std::optional(real(range.lo)) : std::nullopt,
                   range.hi < 127 ? std::optional(real(range.hi)) : std::nullopt);
  }
  switch (activation) {
    case int8::Activation::none:
      return value;
    case int8::Activation::relu:
      // MNN 3.6 makes one operator of a sum or product and a Relu, and computes it wrongly on
      // codes.
      if (is_arithmetic(view.op()) && int8::is_codes(view.output().type)) {
        const int8::QuantParams p = int8::NodeView::code_params(view.output());
        return bounded(value, 0.0f, p.scale * static_cast<float>(127 - p.zero_point));
      }
      return bounded(value, 0.0f, std::nullopt);
    case int8::Activation::relu6:
      return bounded(value, 0.0f, 6.0f);
    case int8::Activation::relu_n1_to_1:
      return bounded(value, -1.0f, 1.0f);
  }
  return value;
}

std::vector<std::size_t> resolved_axes(const std::vector<std::int32_t>& axes,
                                       const int8::Dims& shape) {
  std::set<std::size_t> found;
  for (const std::int32_t axis : axes) found.insert(int8::resolve_axis(axis, shape));
  return {found.begin(), found.end()};
}

}  // namespace octet::onnx_export
