// How each operator is written. One row an operator.
#pragma once

#include <string_view>

#include "interop/onnx_export/row_writer.h"

namespace octet::onnx_export {

struct OnnxRow {
  int8::OpCode op;
  void (*write)(RowWriter& row);
  std::string_view form;  ///< what is written, for docs/onnx.md
};

/// Null: there is none.
const OnnxRow* find_row(int8::OpCode op) noexcept;

// By operator, as in rows.cpp.
void write_conv(RowWriter& row);
void write_fully_connected(RowWriter& row);
void write_transpose_conv(RowWriter& row);
void write_pool(RowWriter& row);
void write_reduction(RowWriter& row);
void write_resize(RowWriter& row);
void write_binary(RowWriter& row);
void write_squared_difference(RowWriter& row);
void write_activation(RowWriter& row);
void write_unary(RowWriter& row);
void write_softmax(RowWriter& row);
void write_leaky_relu(RowWriter& row);
void write_prelu(RowWriter& row);
void write_gelu(RowWriter& row);
void write_rsqrt(RowWriter& row);
void write_square(RowWriter& row);
void write_conversion(RowWriter& row);
void write_reshape(RowWriter& row);
void write_concatenation(RowWriter& row);
void write_pad(RowWriter& row);

}  // namespace octet::onnx_export
