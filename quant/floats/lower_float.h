// From a network to a graph of float operators.
#pragma once

#include <string>

#include "int8/graph/graph.h"
#include "layers/graph/graph_module.h"

namespace octet::quant {

/// What `graph` computes in evaluation mode, of one sample, as TFLite's float operators: batch
/// norms are folded into the layers in front of them (in double), relu, relu6 and hard_tanh fused,
/// and what no output depends on is left out. All values are FLOAT32; write_tflite() writes the
/// constants as FLOAT16 if told to. They may share the memory of the network's parameters. Throws
/// Error naming every layer that has no float operators, and why.
int8::Graph lower_float(const GraphModule& graph, std::string name = "octet");
/// Of a network that is not needed any more: batch norms are multiplied into its own weights, which
/// thus are in memory once.
int8::Graph lower_float(GraphModule&& graph, std::string name = "octet");

}  // namespace octet::quant
