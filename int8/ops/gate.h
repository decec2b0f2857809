// A value times a table of itself, in one step.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"

namespace octet::int8 {

/// The step of MUL, whose input `x` is the value that `table`, a node that create_table() takes,
/// reads, and whose other input is what it writes.
std::unique_ptr<Step> create_gate(const NodeView& product, int x, const NodeView& table);

}  // namespace octet::int8
