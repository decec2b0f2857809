#include "interop/onnx_export/row_writer.h"

#include <algorithm>

namespace octet::onnx_export {

std::string RowWriter::add(std::string_view op, const std::vector<std::string>& inputs,
                           const AttributeList& attributes) {
  return onnx.add(op, inputs, attributes, text_of(values.name(y_index()), '_', op));
}

std::string RowWriter::scalar(std::string_view what, float value) {
  return onnx.floats(text_of(values.name(y_index()), '_', what), {}, std::span(&value, 1));
}

std::string RowWriter::integers(std::string_view what, const OnnxDims& list) {
  return onnx.integers(text_of(values.name(y_index()), '_', what), list);
}

std::string RowWriter::transposed(const std::string& value, const Order& order, int like) {
  if (std::is_sorted(order.begin(), order.end())) return value;
  return values.requantized(
      add("Transpose", {value}, {{"perm", OnnxDims(order.begin(), order.end())}}), like);
}

std::string RowWriter::reshaped(const std::string& value, const int8::Dims& shape, int like) {
  OnnxDims extents(shape.begin(), shape.end());
  if (!extents.empty()) extents[0] = -1;  // the batch is open
  return values.requantized(add("Reshape", {value, integers("shape", extents)}), like);
}

std::string RowWriter::broadcast_x(int i) {
  const int t = x_index(i);
  const int8::TensorDef& d = values.def(t);
  const std::size_t rank = d.shape.size();
  if (y_shape().size() != 4 || rank == 4 || int8::element_count(d.shape) == 1) return x(i);
  if (d.constant) return values.image_constant(t);
  int8::Dims shape(4, 1);
  // Dimension 0 is the batch's, whatever the rank.
  for (std::size_t k = 1; k < rank; ++k) shape[4 - rank + k] = d.shape[k];
  return transposed(reshaped(x(i), shape, t), file_order(Layout::image, 4), t);
}

std::string RowWriter::plain_x(int i) {
  const int t = x_index(i);
  return transposed(x(i), inverse(values.order(t)), t);
}

std::string RowWriter::as_output(const std::string& value, int like, int i) {
  const int t = y_index(i);
  const Order order = values.order(t);
  if (keeps_memory(y_shape(i), order)) return reshaped(value, values.file_shape(t), like);
  return transposed(reshaped(value, y_shape(i), like), order, like);
}

std::string RowWriter::bounded(const std::string& value, std::optional<float> lo,
                               std::optional<float> hi) {
  if (!lo && !hi) return value;
  if (lo == 0.0f && !hi) return add("Relu", {value});
  return add("Clip",
             {value, lo ? scalar("min", *lo) : std::string(), hi ? scalar("max", *hi) : ""});
}

std::string RowWriter::clamped(const std::string& value, int8::Activation activation) {
  const int t = y_index();
  if (values.has_quantizer(t)) {
    const int8::QuantParams p = int8::NodeView::code_params(view.output());
    const int8::ClampRange range = int8::clamp_range(activation, p, view.rounding());
    const auto real = [&](std::int32_t code) {
      return p.scale * static_cast<float>(code - p.zero_point);
    };
    return bounded(value, range.lo > -128 ? std::optional(real(range.lo)) : std::nullopt,
                   range.hi < 127 ? std::optional(real(range.hi)) : std::nullopt);
  }
  switch (activation) {
    case int8::Activation::none:
      return value;
    case int8::Activation::relu:
      return bounded(value, 0.0f, std::nullopt);
    case int8::Activation::relu6:
      return bounded(value, 0.0f, 6.0f);
    case int8::Activation::relu_n1_to_1:
      return bounded(value, -1.0f, 1.0f);
  }
  return value;
}

}  // namespace octet::onnx_export
