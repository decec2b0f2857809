// Shapes of inputs that a file leaves open.
#pragma once

#include <string>
#include <vector>

#include "interop/onnx/import_onnx.h"

namespace octet::app {

/// Of words NAME=1,3,224,224. Throws CLI::ValidationError.
OnnxOptions given_shapes(const std::vector<std::string>& words);
/// Where extents are open that nobody gave: what the sizes of the inputs' files leave no doubt
/// about.
void add_shapes_of_files(OnnxOptions& options, const std::string& path,
                         const std::vector<std::string>& files);

}  // namespace octet::app
