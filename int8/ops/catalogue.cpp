#include "int8/ops/catalogue.h"

#include <algorithm>
#include <array>

namespace octet::int8 {

namespace {

#define OCTET_INT8_MORE_OP(op, code, name, create) {OpCode::op, name, nullptr},
constexpr auto entries = std::to_array<OpEntry>({
#define OCTET_INT8_OP(op, code, name, create) {OpCode::op, name, create},
#include "int8/graph/ops.inc"
});

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
  static constexpr OpSet set{
      [](const NodeView& node) noexcept { return find_op(node.op())->create; }};
  return set;
}

std::string_view op_name(OpCode op) noexcept {
  const OpEntry* entry = find_op(op);
  return entry ? entry->name : "?";
}

}  // namespace octet::int8
