#include "apps/common/setup/imported_network.h"

#include <string_view>

#include "base/error.h"
#include "interop/onnx/import_onnx.h"
#include "interop/tflite_import/import_tflite.h"

namespace octet::setup {
namespace {

ImportedNetwork read_onnx(const std::string& file, const Shape& picture) {
  OnnxOptions options;
  for (const OnnxValue& input : onnx_inputs(file)) {
    std::vector<std::int64_t> dims = input.dims;
    if (dims.size() != 4) continue;
    // Who says the channels alone says where they are.
    const bool channels_last = dims[1] == 0 && dims[3] != 0;
    for (int d = 1; d < 4; ++d) {  // the batch stays open
      const int here = channels_last ? d : d == 1 ? 3 : d - 1;
      std::int64_t& extent = dims[static_cast<std::size_t>(d)];
      if (extent == 0) extent = picture[here];
    }
    options.shapes[input.name] = dims;
  }
  OnnxNetwork network = import_onnx(file, options);
  return {std::move(network.graph), std::move(network.stored)};
}

ImportedNetwork read_tflite(const std::string& file, const Shape&) {
  TfliteNetwork network = import_tflite(file);
  return {std::move(network.graph), std::move(network.stored)};
}

/// The place for another kind of file: a row.
struct Kind {
  std::string_view ending;
  ImportedNetwork (*read)(const std::string& file, const Shape& picture);
};
constexpr Kind kinds[] = {{".onnx", read_onnx}, {".tflite", read_tflite}};

}  // namespace

ImportedNetwork import_network(const std::filesystem::path& file, const Shape& picture) {
  std::string endings;
  for (const Kind& kind : kinds) {
    if (file.extension() == kind.ending) return kind.read(file.string(), picture);
    endings += (endings.empty() ? "" : " or ") + std::string(kind.ending);
  }
  fail(file.string(), ": expected the file of a network, its name ending in ", endings);
}

void check_takes(const GraphModule& graph, const Shape& picture, const std::string& file) {
  OCTET_CHECK(graph.inputs().size() == 1, file, ": expected a network of one input, got ",
              graph.inputs().size());
  const GraphNode& input = graph.nodes()[static_cast<std::size_t>(graph.inputs()[0])];
  const auto sample = [](const Shape& s) { return Shape(s.dims().subspan(1)); };
  OCTET_CHECK(input.shape == picture, file, ": input '", one_line(input.name),
              "': expected pictures of ", sample(input.shape), " (height, width, channels), got ",
              sample(picture));
}

}  // namespace octet::setup
