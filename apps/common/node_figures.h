// The operators of a deployed model, in numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "int8/engine/model.h"

namespace octet::app {

struct NodeFigures {
  int index = 0;
  std::string op;
  std::string name;                                        ///< of its (first) output
  std::vector<std::vector<std::int32_t>> inputs, outputs;  ///< shapes; constants left out
  std::int64_t params = 0;                                 ///< elements of weights and biases
  std::int64_t macs = 0;                                   ///< of one sample
  std::string kernel;                                      ///< empty: fused into another op
  std::string arithmetic;                                  ///< in float rounding: whose it is
};

/// In the order of the file.
std::vector<NodeFigures> node_figures(const int8::Model& model);

}  // namespace octet::app
