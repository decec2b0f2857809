// What becomes of each operator. Not for users of the library.
#pragma once

#include <string_view>

#include "interop/tflite_import/file_node.h"

namespace octet::tflite_import {

#define OCTET_TRAINED_OP(op, function, text) void function(FileNode& node);
#define OCTET_UNTRAINED_OP(op, text)
#include "interop/tflite_import/rows/rows.inc"

struct OperatorRow {
  int8::OpCode op;
  void (*import)(FileNode& node);  ///< null: it cannot train
  std::string_view text;           ///< for the documentation; why not
};
/// Null for what is no operator.
const OperatorRow* find_row(int8::OpCode op);

}  // namespace octet::tflite_import
