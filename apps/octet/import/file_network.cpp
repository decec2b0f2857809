#include "apps/octet/import/file_network.h"

#include <cstring>

#include "apps/octet/import/input_shapes.h"
#include "base/mapped_file.h"
#include "interop/tflite_import/import_tflite.h"

namespace octet::app {
namespace {

bool is_tflite(const std::string& path) {
  const MappedFile file = map_file(path);
  return file.bytes.size() >= 8 && std::memcmp(file.bytes.data() + 4, "TFL3", 4) == 0;
}

std::vector<OnnxValue> values_of(const std::vector<TfliteValue>& values) {
  std::vector<OnnxValue> result;
  for (const TfliteValue& v : values) {
    OnnxValue& value = result.emplace_back();
    value.name = v.name;
    value.dims.assign(v.dims.begin(), v.dims.end());
    const bool has_batch = !v.dims.empty() && v.dims[0] == 1;
    if (has_batch) {
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
    return {n.stored.empty() ? "TFLite" : "TFLite, quantized",
            std::move(n.graph),
            values_of(n.inputs),
            values_of(n.outputs),
            std::move(n.notes),
            std::move(n.stored),
            n.rounding};
  }
  if (!files.empty()) add_shapes_of_files(given, path, files);
  OnnxNetwork n = import_onnx(path, given);
  return {"operator set " + std::to_string(n.opset),
          std::move(n.graph),
          std::move(n.inputs),
          std::move(n.outputs),
          std::move(n.notes),
          std::move(n.stored)};
}

}  // namespace octet::app
