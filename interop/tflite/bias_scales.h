// The scales of biases, which the integer graph does not have.
#pragma once

#include <map>

#include "int8/graph/graph.h"

namespace octet::tflite {

/// By tensor; none for a bias that several operators with different scales share.
std::map<int, int8::Quantization> bias_quantizations(const int8::Graph& graph);

}  // namespace octet::tflite
