#include "interop/tflite_import/rows/row_table.h"

#include <algorithm>
#include <array>

#include "interop/tflite_import/import_tflite.h"

namespace octet {
namespace tflite_import {
namespace {

constexpr std::array rows{
#define OCTET_TRAINED_OP(op, function, text) OperatorRow{int8::OpCode::op, function, text},
#define OCTET_UNTRAINED_OP(op, text) OperatorRow{int8::OpCode::op, nullptr, text},
#include "interop/tflite_import/rows/rows.inc"
};

}  // namespace

const OperatorRow* find_row(int8::OpCode op) {
  const auto at = std::ranges::find(rows, op, &OperatorRow::op);
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace tflite_import

std::vector<TfliteOperator> tflite_operators() {
  std::vector<TfliteOperator> all;
  for (const tflite_import::OperatorRow& r : tflite_import::rows)
    all.push_back({int8::op_name(r.op), r.import != nullptr, r.text});
  return all;
}

}  // namespace octet
