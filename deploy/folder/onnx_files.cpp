// The folders of targets that take ONNX.
#include "base/error.h"
#include "deploy/folder/deployment_values.h"
#include "deploy/folder/escapes.h"
#include "deploy/folder/folder_files.h"
#include "deploy/folder/pixel_code.h"

namespace octet::deploy {
namespace {

struct Runtime {
  std::string_view target, title;
  bool python;  ///< its folder has a program
  /// By which outputs may be others than octet's. Seen of the networks of docs/deploy.md: 3, 3 and
  /// 8 (MNN, whose result is in floats); TensorRT's is taken to be as OpenVINO's.
  int most_codes;
};
constexpr Runtime runtimes[] = {{"onnxruntime", "ONNX Runtime", true, 4},
                                {"openvino", "OpenVINO", true, 4},
                                {"tensorrt", "TensorRT", false, 4},
                                {"mnn", "MNN", true, 8}};

const Runtime& runtime_of(const Deployment& d) {
  for (const Runtime& r : runtimes) {
    if (r.target == d.target->name) return r;
  }
  fail("deploy: ", d.target->name, ": not a target of ONNX with a folder");
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string shape_text(const std::vector<std::int32_t>& shape, const char* between) {
  std::vector<std::string> extents;
  for (const std::int32_t extent : shape) extents.push_back(std::to_string(extent));
  return joined(extents, between);
}

/// "{"name": "x", "dtype": "float32", "shape": [1, 1, 28, 28]}," a line.
std::string details(const std::vector<int8::ValueInfo>& values,
                    const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < values.size(); ++i) {
    lines.push_back("    {\"name\": " + string_literal(Language::python, names[i]) +
                    ", \"dtype\": \"" + type_words(values[i].type) + "\", \"shape\": [" +
                    shape_text(values[i].shape, ", ") + "]},");
  }
  return joined(lines, "\n");
}

/// "x:1x1x28x28", for trtexec.
std::string trt_shapes(const Deployment& d, std::int32_t batch) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < d.inputs.size(); ++i) {
    std::vector<std::int32_t> shape = d.inputs[i].shape;
    if (!shape.empty()) shape[0] = batch;
    texts.push_back(markdown_text(int8::input_name(d.graph, i)) + ":" + shape_text(shape, "x"));
  }
  return joined(texts, ",");
}

}  // namespace

Files onnx_files(const Deployment& d) {
  const Runtime& runtime = runtime_of(d);
  Values v = deployment_values(d, Language::python);
  set_readme(v, d, std::string(runtime.title), "", "preprocess");
  v["runtime"] = runtime.title;
  for (const Runtime& r : runtimes)
    v[std::string(r.target)] = r.target == runtime.target ? "yes" : "";
  v["most_codes"] = std::to_string(runtime.most_codes);
  v["line_words"] =
      "The last line says how many of the golden outputs are equal. " + std::string(runtime.title) +
      " rounds a few values otherwise than octet does: the exit code is 0 if no output "
      "is more than " +
      v["most_codes"] + " codes apart.";
  std::vector<std::string> inputs, outputs;
  for (std::size_t i = 0; i < d.inputs.size(); ++i) inputs.push_back(int8::input_name(d.graph, i));
  for (std::size_t i = 0; i < d.outputs.size(); ++i)
    outputs.push_back(int8::output_name(d.graph, i));
  v["input_details"] = details(d.inputs, inputs);
  v["output_details"] = details(d.outputs, outputs);
  v["one_input"] = d.inputs.size() == 1 ? "yes" : "";
  v["trt_input"] = markdown_text(inputs[0]);
  v["trt_shapes"] = trt_shapes(d, 1);
  v["trt_batch"] = trt_shapes(d, golden_count);
  Files files = fill_templates(runtime.target, v);
  if (runtime.python) {
    add(files, fill_templates("onnx_python", v));
    add(files, fill_templates("check_python", v));
    add(files, fill_templates("common_python", v));
  }
  files["model.onnx"] = d.model;
  if (d.target->form == FileForm::mnn) files["compression.bin"] = d.compression;
  return whole_folder(std::move(files), d, v);
}

}  // namespace octet::deploy
