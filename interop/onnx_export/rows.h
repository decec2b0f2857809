// How each operator is written. One row an operator.
#pragma once

#include <span>
#include <string_view>

#include "interop/onnx_export/row_writer.h"

namespace octet::onnx_export {

struct OnnxRow {
  int8::OpCode op;
  std::string_view onnx;  ///< the operator that is written, if it is one
  void (*write)(RowWriter& row);
  std::string_view form = onnx;  ///< for docs/onnx.md
  int opset = 13;                ///< that it needs
};

std::span<const OnnxRow> all_rows() noexcept;
/// Null: there is none.
const OnnxRow* find_row(int8::OpCode op) noexcept;

// By operator, as in rows.cpp.
void write_conv(RowWriter& row);
void write_fully_connected(RowWriter& row);
void write_transpose_conv(RowWriter& row);
void write_batch_matmul(RowWriter& row);
void write_pool(RowWriter& row);
void write_reduction(RowWriter& row);
void write_arg(RowWriter& row);
void write_resize(RowWriter& row);
void write_binary(RowWriter& row);  ///< numpy's broadcasting, and an activation
void write_squared_difference(RowWriter& row);
void write_conversion(RowWriter& row);
void write_cast(RowWriter& row);
void write_unary(RowWriter& row);  ///< one operator of the same name, without attributes
void write_activation(RowWriter& row);
void write_along_channels(RowWriter& row);
void write_softmax(RowWriter& row);
void write_leaky_relu(RowWriter& row);
void write_gelu(RowWriter& row);
void write_rsqrt(RowWriter& row);
void write_square(RowWriter& row);
void write_reshape(RowWriter& row);
void write_transpose(RowWriter& row);
void write_concatenation(RowWriter& row);
void write_pad(RowWriter& row);
void write_mirror_pad(RowWriter& row);
void write_tile(RowWriter& row);
void write_broadcast(RowWriter& row);
void write_blocks(RowWriter& row);
void write_slice(RowWriter& row);
void write_strided_slice(RowWriter& row);
void write_split(RowWriter& row);
void write_gather(RowWriter& row);
void write_pack(RowWriter& row);
void write_unpack(RowWriter& row);

}  // namespace octet::onnx_export
