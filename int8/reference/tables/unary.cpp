#include "int8/reference/tables/unary.h"

namespace octet::int8 {

const UnaryOp* find_unary_op(OpCode op) noexcept {
  switch (op) {
#define OCTET_INT8_OP(op, code, name, create)
#define OCTET_INT8_TABLE_OP(op, code, name) \
  case OpCode::op:                          \
    return &op##_op;
#include "int8/graph/ops.inc"
    default:
      return nullptr;
  }
}

}  // namespace octet::int8
