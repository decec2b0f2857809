// Functions of two values, and what changes the type or the quantizer alone.
#include "base/error.h"
#include "int8/graph/attributes.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {

void write_binary(RowWriter& row) {
  const auto* a = std::get_if<int8::ElementwiseAttributes>(&row.view.attributes());
  const std::string y = row.add(row.onnx_name, {row.broadcast_x(0), row.broadcast_x(1)});
  row.y(row.clamped(y, a ? a->activation : int8::Activation::none));
}

void write_squared_difference(RowWriter& row) {
  const std::string d = row.add("Sub", {row.broadcast_x(0), row.broadcast_x(1)});
  row.y(row.add("Mul", {d, d}));
}

void write_conversion(RowWriter& row) {
  if (row.values.quantizers.same_codes(row.y_index(), row.x_index())) {
    row.values.set_same(row.y_index(), row.x_index());
  } else {
    row.y(row.x());
  }
}

void write_cast(RowWriter& row) {
  const int8::DType type = row.view.output().type;
  const bool codes = !row.view.input(0).quantization.scale.empty() ||
                     !row.view.output().quantization.scale.empty();
  OCTET_CHECK(!codes, "codes as numbers, whatever their scale, have no ONNX form");
  const bool half = type == int8::DType::f32 && row.onnx.half();
  row.y(row.add("Cast", {row.x()}, {{"to", half ? proto::TensorProto::FLOAT16 : onnx_type(type)}}));
}

}  // namespace octet::onnx_export
