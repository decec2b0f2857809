// What is printed about an imported network.
#pragma once

#include <string>
#include <vector>

#include "apps/octet/import/file_network.h"

namespace octet::app {

void print_network(const std::string& path, const FileNetwork& network);
/// Layers, the number of parameters, what was folded and what has no int8 form.
void print_layers(const GraphModule& graph, const std::vector<std::string>& notes);
/// The operators that are read of ONNX files, as Markdown.
void print_operators();
/// Those of TFLite files.
void print_tflite_operators();
/// What is written into ONNX files for each operator of TFLite.
void print_written_operators();

}  // namespace octet::app
