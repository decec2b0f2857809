#include "apps/octet/import/file_network.h"

#include <malloc.h>

#include <cstring>
#include <filesystem>

#include "apps/octet/import/input_shapes.h"
#include "base/mapped_file.h"
#include "interop/tflite_import/import_tflite.h"

namespace octet::app {
namespace {

bool is_tflite(const std::string& path) {
  const MappedFile file = map_file(path);
  return file.bytes.size() >= 8 && std::memcmp(file.bytes.data() + 4, "TFL3", 4) == 0;
}

/// `nodes`: of the graph, for each value.
std::vector<OnnxValue> values_of(const std::vector<TfliteValue>& values, const GraphModule& graph,
                                 const std::vector<int>& nodes) {
  std::vector<OnnxValue> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const TfliteValue& v = values[i];
    OnnxValue& value = result.emplace_back();
    value.name = v.name;
    value.dims.assign(v.dims.begin(), v.dims.end());
    const Shape& here = graph.nodes()[static_cast<std::size_t>(nodes[i])].shape;
    if (here.rank() == static_cast<int>(v.dims.size())) {
      value.dims[0] = 0;
    } else {
      value.order.push_back(-1);
    }
    for (std::size_t d = 0; d < v.dims.size(); ++d) value.order.push_back(static_cast<int>(d));
  }
  return result;
}

}  // namespace

FileNetwork read_network(const std::string& path, const std::vector<std::string>& shapes,
                         const std::vector<std::string>& files) {
  OnnxOptions given = given_shapes(shapes);
  if (is_tflite(path)) {
    OCTET_CHECK(shapes.empty(), path,
                ": --shape is for ONNX files; TFLite files have their shapes");
    TfliteNetwork n = import_tflite(path);
    std::vector<int> outputs;
    for (const GraphOutput& y : n.graph->outputs()) outputs.push_back(y.node);
    auto inputs = values_of(n.inputs, *n.graph, n.graph->inputs());
    auto results = values_of(n.outputs, *n.graph, outputs);
    return {n.stored.empty() ? "TFLite" : "TFLite, quantized",
            std::move(n.graph),
            std::move(inputs),
            std::move(results),
            std::move(n.notes),
            std::move(n.stored),
            n.rounding};
  }
  if (!files.empty()) add_shapes_of_files(given, path, files);
  OnnxNetwork n = import_onnx(path, given);
  malloc_trim(0);  // the file's tensors lay between the network's
  return {"operator set " + std::to_string(n.opset),
          std::move(n.graph),
          std::move(n.inputs),
          std::move(n.outputs),
          std::move(n.notes),
          std::move(n.stored)};
}

void check_other_file(const std::string& option, const std::string& path, const std::string& out) {
  namespace fs = std::filesystem;
  OCTET_CHECK(fs::weakly_canonical(out) != fs::weakly_canonical(path), option, ": ", out,
              " is the file that is read: choose another");
}

}  // namespace octet::app
