// From an operator table of a TFLite file to int8::Node.
#pragma once

#include "interop/tflite/tensors.h"

namespace octet::tflite {

/// The operator's code; null if the file has no such code.
const OperatorCode* operator_code(const Model& model, const Operator& op) noexcept;
/// A BuiltinOperator, by the rule for old files: the larger of its two fields.
std::int32_t builtin_code(const OperatorCode& code) noexcept;

/// FILL, which is read as BROADCAST_TO of its value.
inline constexpr std::int32_t fill_code = 94;

/// Operator `index` of `subgraph`. Throws Error naming what is not supported: operator, version,
/// attribute; its operands are left to check_graph.
int8::Node read_node(const Model& model, const SubGraph& subgraph, unsigned index,
                     CopyBudget& budget);

}  // namespace octet::tflite
