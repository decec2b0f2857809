// All operators: on codes those of int8/graph/ops.inc, on floats those of this folder.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/ops/catalogue.h"
#include "int8/ops/wide.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8 {
namespace {

struct Entry {
  OpCode op;
  CreateStep create;
};

constexpr auto of_codes = std::to_array<Entry>({
#define OCTET_INT8_OP(op, code, name, create) {OpCode::op, create},
#include "int8/graph/ops.inc"
});

constexpr auto of_floats = std::to_array<Entry>({
#define OCTET_FLOAT_OP(op, create) {OpCode::op, floats::create},
#include "int8/floats/ops.inc"
});

CreateStep find_in(std::span<const Entry> entries, OpCode op) noexcept {
  const auto it =
      std::find_if(entries.begin(), entries.end(), [op](const Entry& e) { return e.op == op; });
  return it == entries.end() ? nullptr : it->create;
}

/// Floats come out: also where codes go in, as into DEQUANTIZE of a constant.
bool makes_floats(const NodeView& node) noexcept {
  return node.output_count() > 0 && node.output().type == DType::f32;
}

CreateStep find_wide(OpCode op) noexcept {
  switch (op) {
    case OpCode::quantize:
      return create_wide_quantize;
    case OpCode::dequantize:
      return create_wide_dequantize;
    case OpCode::softmax:
      return create_wide_softmax;
    default:
      return nullptr;
  }
}

CreateStep find(const NodeView& node) noexcept {
  if (node.rounding() == Rounding::float_rounding) return xnnpack::create;
  if (is_wide(node)) {
    if (const CreateStep create = find_wide(node.op())) return create;
  }
  if (makes_floats(node)) {
    const bool computed = node.op() == OpCode::dequantize && node.has_input(0) &&
                          !node.tensor(node.input_index(0)).constant;
    const CreateStep create = find_in(of_floats, node.op());
    if (create && !computed) return create;
  }
  return find_in(of_codes, node.op());
}

}  // namespace

const OpSet& all_ops() noexcept {
  static constexpr OpSet set{find};
  return set;
}

CreateStep floats::create_of_codes(OpCode op) noexcept {
  return find_in(of_codes, op);
}

std::unique_ptr<Step> create_float(const NodeView& node) {
  fail(quoted(node.output()), ": this operator is for floats only: expected type f32, got ",
       dtype_name(node.output().type));
}

}  // namespace octet::int8
