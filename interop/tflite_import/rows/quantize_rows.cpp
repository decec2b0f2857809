// Between reals and codes, and between codes of other scales: in the graph all are reals.
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {

void import_dequantize(FileNode& node) {
  if (node.passes_constant()) return;
  const int8::TensorDef& x = node.input(0);
  OCTET_CHECK(x.type == int8::DType::f32 || int8::is_codes(x.type), "its operand is ",
              int8::dtype_name(x.type));
  node.set(node.value(0));
}

void import_quantize(FileNode& node) {
  const int8::TensorDef& x = node.input(0);
  OCTET_CHECK(x.type == int8::DType::f32 || int8::is_codes(x.type), "its operand is ",
              int8::dtype_name(x.type));
  int id = node.value(0);
  // Reals that others read, too, stay as they are.
  if (x.type == int8::DType::f32 && !node.is_constant(0) && !node.reads_alone(0))
    id = node.copied(id, node.shape(id));
  node.set(id);
}

}  // namespace octet::tflite_import
