#include "apps/octet/import/write_floats.h"

#include <filesystem>
#include <functional>
#include <iostream>
#include <utility>
#include <vector>

#include "apps/octet/import/file_network.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "interop/onnx_export/write_onnx.h"
#include "interop/tflite/writer.h"
#include "quant/floats/lower_float.h"

namespace octet::app {
namespace {

struct Output {
  std::string option, label, file;
  std::function<void(const int8::Graph&, const std::string&)> write;
};

std::vector<Output> asked(const FloatOutputs& files) {
  const auto as_onnx = [](bool half) {
    return [half](const int8::Graph& graph, const std::string& file) {
      onnx_export::write_onnx(graph, file, {.half = half, .producer_version = OCTET_VERSION});
    };
  };
  std::vector<Output> outputs{
      {"--fp16", "fp16     ", files.fp16,
       [](const int8::Graph& graph, const std::string& file) {
         write_tflite(graph, file, {.half_constants = true});
       }},
      {"--onnx", "onnx     ", files.onnx, as_onnx(false)},
      {"--onnx-fp16", "onnx     ", files.onnx_fp16, as_onnx(true)},
  };
  std::erase_if(outputs, [](const Output& output) { return output.file.empty(); });
  return outputs;
}

}  // namespace

void write_floats(const std::string& path, GraphModule&& graph, const FloatOutputs& files) {
  const std::vector<Output> outputs = asked(files);
  std::string option;
  try {
    for (const Output& output : outputs) check_other_file(output.option, path, output.file);
    option = outputs.at(0).option;
    const int8::Graph floats = quant::lower_float(std::move(graph));
    for (const Output& output : outputs) {
      option = output.option;
      output.write(floats, output.file);
      std::cout << output.label << printable_text(output.file) << ", "
                << grouped(static_cast<std::int64_t>(std::filesystem::file_size(output.file)))
                << " bytes\n";
    }
  } catch (const Error& error) {
    if (option.empty()) throw;
    fail(path, ": ", option, ": ", error.what());
  }
}

}  // namespace octet::app
