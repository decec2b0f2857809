#include "apps/trainer/float_files.h"

#include <string_view>

#include "apps/common/version/version.h"
#include "interop/onnx/import_onnx.h"
#include "interop/onnx_export/write_onnx.h"
#include "interop/tflite_import/import_tflite.h"
#include "quant/floats/lower_float.h"

namespace octet::trainer {
namespace {

constexpr FloatFile every_float_file[] = {
    {"fp16", "model_fp16.tflite", &config::OutputsConfig::fp16},
    {"onnx", "model.onnx", &config::OutputsConfig::onnx},
    {"onnx_fp16", "model_fp16.onnx", &config::OutputsConfig::onnx_fp16},
};

}  // namespace

std::span<const FloatFile> float_files() noexcept {
  return every_float_file;
}

void write_float_file(const FloatFile& file, const GraphModule& network,
                      const std::filesystem::path& path,
                      const std::function<void(const int8::Graph&)>& write_half) {
  const int8::Graph graph = quant::lower_float(network);
  if (path.extension() == ".tflite") {
    write_half(graph);
  } else {
    const std::string program = version();
    onnx_export::write_onnx(
        graph, path,
        {.half = file.asked == &config::OutputsConfig::onnx_fp16, .producer_version = program});
  }
}

std::shared_ptr<GraphModule> read_float_file(const std::filesystem::path& path) {
  return path.extension() == ".tflite" ? import_tflite(path.string()).graph
                                       : import_onnx(path.string()).graph;
}

}  // namespace octet::trainer
