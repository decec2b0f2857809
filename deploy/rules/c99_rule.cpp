#include "deploy/rules/rules.h"
#include "interop/c99/export_c.h"

namespace octet::deploy {

void c99_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  if (graph.rounding == int8::Rounding::float_rounding) {
    findings.push_back({true, false, "rounding: float has no C form; expected single or double"});
    return;
  }
  for (const std::string& text : c99::without_c_form(graph))
    findings.push_back({true, false, text + " has no C form"});
}

}  // namespace octet::deploy
