#include "int8/ops/catalogue.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "int8/ops/wide.h"

namespace octet::int8 {

namespace {

#define OCTET_INT8_MORE_OP(op, code, name, create) {OpCode::op, name, nullptr},
constexpr auto entries = std::to_array<OpEntry>({
#define OCTET_INT8_OP(op, code, name, create) {OpCode::op, name, create},
#include "int8/graph/ops.inc"
});

/// Whether only the set of all operators has this form of an operator that both have.
bool is_of_larger_set(const NodeView& node) noexcept {
  if (node.rounding() == Rounding::float_rounding) return true;
  if (node.output_count() == 0 || !node.has_input(0)) return false;
  const bool floats = node.output().type == DType::f32;
  switch (node.op()) {
    case OpCode::reshape:
    case OpCode::squeeze:
    case OpCode::expand_dims:
      return false;
    case OpCode::quantize:
      return is_wide(node);
    case OpCode::dequantize:
      return is_wide(node) || node.tensor(node.input_index(0)).constant;
    case OpCode::softmax:
      return is_wide(node) || floats;
    default:
      return floats;
  }
}

CreateStep find_cnn(const NodeView& node) noexcept {
  return is_of_larger_set(node) ? nullptr : find_op(node.op())->create;
}

}  // namespace

std::span<const OpEntry> op_catalogue() noexcept {
  return entries;
}

const OpEntry* find_op(OpCode op) noexcept {
  const auto it = std::lower_bound(entries.begin(), entries.end(), op,
                                   [](const OpEntry& e, OpCode code) { return e.op < code; });
  return it != entries.end() && it->op == op ? &*it : nullptr;
}

const OpEntry* find_op(std::string_view name) noexcept {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [name](const OpEntry& e) { return e.name == name; });
  return it == entries.end() ? nullptr : &*it;
}

const OpSet& cnn_ops() noexcept {
  static constexpr OpSet set{find_cnn};
  return set;
}

std::unique_ptr<Step> create_step(const OpSet& ops, const NodeView& node) {
  const CreateStep create = ops.find(node);
  OCTET_CHECK(create,
              "not of the operators of convolutional networks (ModelOptions::ops, "
              "octet_all_operators: there are more)");
  return create(node);
}

std::string_view op_name(OpCode op) noexcept {
  const OpEntry* entry = find_op(op);
  return entry ? entry->name : "?";
}

}  // namespace octet::int8
