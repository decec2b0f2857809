// The step of every op that is a table of 256 codes.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"
#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// Checks what unary int8 ops have in common: one computed int8 input, one int8 output, same shape.
void check_unary(const NodeView& node);

/// The table of a node that create_table() takes.
Table table_of(const NodeView& node);

/// Codes of one value to codes of another of the same shape.
std::unique_ptr<Step> create_table_step(const NodeView& node, const Table& table);

}  // namespace octet::int8
