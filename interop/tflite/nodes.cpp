#include "interop/tflite/nodes.h"

#include <algorithm>

#include "base/error.h"
#include "interop/tflite/file_checks.h"
#include "interop/tflite/names.h"
#include "interop/tflite/options.h"
#include "interop/tflite/tflite_ops.h"

namespace octet::tflite {
namespace {

std::string first_output(const SubGraph& subgraph, const Operator& op) {
  const auto& tensors = *subgraph.tensors();
  if (!op.outputs() || op.outputs()->size() == 0) return "nothing";
  const std::int32_t t = op.outputs()->Get(0);
  if (t < 0 || static_cast<std::uint32_t>(t) >= tensors.size()) return text_of("tensor ", t);
  const auto* name = tensors.Get(static_cast<unsigned>(t))->name();
  return tensor_text(static_cast<std::size_t>(t), name ? name->string_view() : "");
}

const OpFacts& read_operator_code(const Model& model, const SubGraph& subgraph, const Operator& op,
                                  unsigned index) {
  const OperatorCode* found = operator_code(model, op);
  OCTET_CHECK(found, "operator ", index, ": opcode_index ", op.opcode_index(),
              ", but the file has ", model.operator_codes()->size(), " operator codes");
  const OperatorCode& entry = *found;
  const std::int32_t code = builtin_code(entry);
  constexpr std::int32_t custom = 32;
  if (code == custom) {
    const auto name = entry.custom_code() ? entry.custom_code()->string_view() : "";
    fail("operator ", index, ": the custom operator ", quoted(name), " is not supported",
         name == "TFLite_Detection_PostProcess"
             ? " (convert the detector without it: its inputs, boxes and scores, are outputs then)"
             : "");
  }
  const OpFacts* facts = find_op(code);
  OCTET_CHECK(facts, "operator ", index, ": ", builtin_operator_text(code), " version ",
              entry.version(), ", which computes ", first_output(subgraph, op),
              ", is not supported");
  OCTET_CHECK(entry.version() >= 1 && entry.version() <= facts->max_version,
              node_text(index, facts->op), ", which computes ", first_output(subgraph, op),
              ": version ", entry.version(), " is not supported (1 to ", facts->max_version,
              " are)");
  return *facts;
}

}  // namespace

const OperatorCode* operator_code(const Model& model, const Operator& op) noexcept {
  const auto& codes = *model.operator_codes();
  return op.opcode_index() < codes.size() ? codes.Get(op.opcode_index()) : nullptr;
}

std::int32_t builtin_code(const OperatorCode& code) noexcept {
  return std::max(code.builtin_code(), std::int32_t{code.deprecated_builtin_code()});
}

int8::Node read_node(const Model& model, const SubGraph& subgraph, unsigned index,
                     CopyBudget& budget) {
  const Operator& op = *subgraph.operators()->Get(index);
  budget.charge(sizeof(int8::Node));
  int8::Node node;
  const OperatorCode* code = operator_code(model, op);
  const bool fills = code && builtin_code(*code) == fill_code;
  node.op = fills ? int8::OpCode::broadcast_to : read_operator_code(model, subgraph, op, index).op;
  node.inputs = copy_ints(op.inputs(), budget);
  if (fills) std::reverse(node.inputs.begin(), node.inputs.end());  // shape, value
  node.outputs = copy_ints(op.outputs(), budget);
  node.attributes = read_options(op, node.op, node_text(index, node.op));
  return node;
}

}  // namespace octet::tflite
