// What is printed about an imported network.
#pragma once

#include <string>
#include <vector>

#include "interop/onnx/import_onnx.h"

namespace octet::app {

void print_network(const std::string& path, const OnnxNetwork& network);
/// Layers, the number of parameters, what was folded and what has no int8 form.
void print_layers(const GraphModule& graph, const std::vector<std::string>& notes);
/// The operators that are read, as Markdown.
void print_operators();

}  // namespace octet::app
