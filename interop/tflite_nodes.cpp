#include "interop/tflite_nodes.h"

#include <algorithm>

#include "core/error.h"
#include "interop/tflite_graph_checks.h"
#include "interop/tflite_names.h"
#include "interop/tflite_ops.h"
#include "interop/tflite_options.h"

namespace octet::tflite {
namespace {

const OpFacts& read_operator_code(const Model& model, const Operator& op, unsigned index) {
  const auto& codes = *model.operator_codes();
  OCTET_CHECK(op.opcode_index() < codes.size(), "operator ", index, ": opcode_index ",
              op.opcode_index(), ", but the file has ", codes.size(), " operator codes");
  const OperatorCode& entry = *codes.Get(op.opcode_index());
  const std::int32_t code =
      std::max(entry.builtin_code(), std::int32_t{entry.deprecated_builtin_code()});
  constexpr std::int32_t custom = 32;
  OCTET_CHECK(code != custom, "operator ", index, ": the custom operator ",
              quoted(entry.custom_code() ? entry.custom_code()->string_view() : ""),
              " is not supported");
  const OpFacts* facts = find_op(code);
  OCTET_CHECK(facts, "operator ", index, ": ", builtin_operator_text(code), " is not supported");
  OCTET_CHECK(entry.version() >= 1 && entry.version() <= facts->max_version,
              node_text(index, facts->op), ": version ", entry.version(),
              " is not supported (1 to ", facts->max_version, " are)");
  return *facts;
}

}  // namespace

int8::Node read_node(const Model& model, const SubGraph& subgraph, unsigned index,
                     CopyBudget& budget) {
  const Operator& op = *subgraph.operators()->Get(index);
  budget.charge(sizeof(int8::Node));
  int8::Node node;
  node.op = read_operator_code(model, op, index).op;
  node.inputs = copy_ints(op.inputs(), budget);
  node.outputs = copy_ints(op.outputs(), budget);
  node.attributes = read_options(op, node.op, node_text(index, node.op));
  return node;
}

}  // namespace octet::tflite
