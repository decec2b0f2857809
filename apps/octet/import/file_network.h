// A network that another program's file holds, whatever kind of file it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "int8/reference/fixed_point.h"
#include "interop/onnx/import_onnx.h"
#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet::app {

struct FileNetwork {
  std::string kind;                        ///< of the file, for the report
  std::shared_ptr<GraphModule> graph;      ///< in evaluation mode
  std::vector<OnnxValue> inputs, outputs;  ///< where elements lie; TFLite's lie as in the graph
  std::vector<std::string> notes;          ///< what became of parts of the file, a sentence each
  StoredQuantization stored;
  int8::Rounding rounding = int8::Rounding::single_rounding;  ///< that the file asks for
};

/// Of a TFLite file, which begins as such, or an ONNX file. `shapes`: see given_shapes(); `files`:
/// of inputs, see add_shapes_of_files(). Throws Error as the readers do.
FileNetwork read_network(const std::string& path, const std::vector<std::string>& shapes,
                         const std::vector<std::string>& files);

/// Throws Error, beginning with the option, if the file to write is the one that is read.
void check_other_file(const std::string& option, const std::string& path, const std::string& out);

}  // namespace octet::app
