// What one rule finds in a graph.
#pragma once

#include <vector>

#include "deploy/rules/rules.h"

namespace octet::test {

inline std::vector<deploy::Finding> findings(decltype(deploy::Rule::check) rule,
                                             const int8::Graph& graph) {
  std::vector<deploy::Finding> found;
  rule(graph, found);
  return found;
}

}  // namespace octet::test
