// The ops the runtime knows. Adding one: CONTRIBUTING.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "int8/graph/graph.h"
#include "int8/graph/op_set.h"
#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8 {

/// Checks a node completely and compiles it. Throws Error.
using CreateStep = std::unique_ptr<Step> (*)(const NodeView&);

struct OpEntry {
  OpCode op;
  std::string_view name;  ///< as in the file format, "CONV_2D"
  CreateStep create;      ///< null: not of cnn_ops()
};

/// What compiles nodes.
struct OpSet {
  /// Null if the set lacks the operator.
  CreateStep (*find)(const NodeView&) noexcept;
};

/// Compiles a node with what the set has. Throws Error, also if that is nothing.
std::unique_ptr<Step> create_step(const OpSet& ops, const NodeView& node);

/// All ops, in the order of their codes.
std::span<const OpEntry> op_catalogue() noexcept;
/// The op's entry; null for a code the runtime does not know.
const OpEntry* find_op(OpCode op) noexcept;
/// The same by its name, "CONV_2D".
const OpEntry* find_op(std::string_view name) noexcept;

}  // namespace octet::int8
