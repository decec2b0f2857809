#include "deploy/rules/rules.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::deploy {

void onnx_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  for (const std::string& text : onnx_export::without_onnx_form(graph))
    findings.push_back({.refused = true, .text = text + ": ONNX has no form of it"});
}

}  // namespace octet::deploy
