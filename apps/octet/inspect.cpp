// octet inspect: what a model file holds and what it costs.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/common/node_figures.h"
#include "apps/octet/commands.h"
#include "apps/octet/kernel_table.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/work.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/text_table.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/names.h"

namespace octet::app {
namespace {

using int8::Graph;
using int8::TensorDef;
using Json = nlohmann::ordered_json;

struct Options {
  ModelArguments model;
  bool json = false, ops = false, sign = false;
};

std::size_t constant_bytes(const Graph& graph) {
  std::map<const void*, std::size_t> buffers;  // shared ones count once
  for (const TensorDef& t : graph.tensors) buffers[t.constant.data] = t.constant.size;
  std::size_t bytes = 0;
  for (const auto& [data, size] : buffers) bytes += size;
  return bytes;
}

Json value_json(const int8::ValueInfo& v) {
  Json json = {
      {"name", v.name}, {"type", int8::dtype_name(v.type)}, {"shape", v.shape}, {"bytes", v.bytes}};
  if (v.scale > 0.0f) {
    json["scale"] = v.scale;
    json["zero_point"] = v.zero_point;
  }
  return json;
}

/// What the file says of its values in the standard metadata.
void add_metadata(Json& values, const std::vector<ValueMetadata>& metadata) {
  for (std::size_t i = 0; i < std::min(values.size(), metadata.size()); ++i) {
    if (metadata[i].color != ColorSpace::unknown)
      values[i]["color_space"] = color_name(metadata[i].color);
    if (metadata[i].height > 0 && metadata[i].width > 0)
      values[i]["picture"] = {metadata[i].height, metadata[i].width};
    if (metadata[i].numbers && !metadata[i].mean.empty()) values[i]["numbers"] = true;
    if (!metadata[i].mean.empty()) values[i]["mean"] = metadata[i].mean;
    if (!metadata[i].std.empty()) values[i]["std"] = metadata[i].std;
    if (!metadata[i].labels.empty()) values[i]["labels"] = metadata[i].labels;
  }
}

/// Everything but the signature: nothing is run.
Json inspect_json(const int8::Model& model, const ModelArguments& arguments) {
  const std::string& path = arguments.path;
  const Graph& graph = model.graph();
  const int8::ExecutionContext context(model, {.memory_limit = arguments.memory_limit()});
  Json json = {{"file", path},
               {"file_bytes", std::filesystem::file_size(path)},
               {"description", graph.description},
               {"name", graph.name},
               {"metadata", graph.metadata},
               {"rounding", int8::rounding_name(model.rounding())},
               {"inputs", Json::array()},
               {"outputs", Json::array()},
               {"ops", Json::array()}};
  for (const int8::ValueInfo& v : model.inputs()) json["inputs"].push_back(value_json(v));
  for (const int8::ValueInfo& v : model.outputs()) json["outputs"].push_back(value_json(v));
  if (const auto standard = read_model_metadata(map_file(path).bytes)) {
    add_metadata(json["inputs"], standard->inputs);
    add_metadata(json["outputs"], standard->outputs);
  }
  std::int64_t params = 0;
  for (const NodeFigures& row : node_figures(model)) {
    json["ops"].push_back({{"index", row.index},
                           {"op", row.op},
                           {"output_name", row.name},
                           {"inputs", row.inputs},
                           {"outputs", row.outputs},
                           {"params", row.params},
                           {"macs", row.macs},
                           {"kernel", row.kernel}});
    if (!row.arithmetic.empty()) json["ops"].back()["arithmetic"] = row.arithmetic;
    params += row.params;
  }
  json["params"] = params;
  json["macs"] = model.macs();
  json["work"] = model.work();
  json["constant_bytes"] = constant_bytes(graph);
  json["packed_bytes"] = model.packed_bytes();
  json["state_bytes"] = model.state_bytes();
  json["arena_bytes"] = context.arena_bytes();
  json["arena_lower_bound"] = context.arena_lower_bound();
  json["scratch_bytes"] = context.scratch_bytes();
  json["isa"] = int8::isa_name(model.isa());
  return json;
}

std::string shapes_text(const Json& shapes) {
  std::string text;
  for (const auto& shape : shapes)
    text += (text.empty() ? "" : " ") + shape_text(shape.get<std::vector<std::int32_t>>());
  return text;
}

void print_values(const Json& values, const char* what) {
  for (const Json& v : values) {
    std::cout << what << tflite::quoted(v["name"].get<std::string>()) << "  "
              << v["type"].get<std::string>() << ' '
              << shape_text(v["shape"].get<std::vector<std::int32_t>>());
    if (v.contains("scale")) {
      std::cout << "  scale " << v["scale"].get<float>() << ", zero point "
                << v["zero_point"].get<int>();
    }
    std::cout << '\n';
    if (v.contains("picture") || v.contains("color_space")) {
      std::cout << "             a picture";
      if (v.contains("picture"))
        std::cout << " of " << v["picture"][0] << " x " << v["picture"][1]
                  << " pixels (height x width)";
      if (v.contains("color_space")) std::cout << ", " << v["color_space"].get<std::string>();
      std::cout << '\n';
    }
    if (v.contains("mean") && v.contains("std")) {
      std::cout << "             (" << (v.contains("numbers") ? "number" : "pixel")
                << " - mean) / std, mean " << v["mean"].dump() << ", std " << v["std"].dump()
                << '\n';
    }
    if (v.contains("labels")) {
      std::cout << "             labels:";
      for (const Json& label : v["labels"])
        std::cout << ' ' << tflite::quoted(label.get<std::string>());
      std::cout << '\n';
    }
  }
}

void print(const Json& json) {
  const bool in_float = json["rounding"] == "float";
  const auto number = [&json](const char* key) { return grouped(json[key].get<std::int64_t>()); };
  const auto text = [&json](const char* key) { return json[key].get<std::string>(); };
  std::cout << text("file") << ": " << number("file_bytes") << " bytes\n"
            << "description  " << tflite::quoted(text("description")) << '\n'
            << "rounding     " << text("rounding")
            << (in_float ? ": requantization in float32, as XNNPACK does it" : "") << '\n';
  for (const auto& [key, value] : json["metadata"].items())
    std::cout << "metadata     " << tflite::quoted(key) << ": "
              << tflite::quoted(value.get<std::string>()) << '\n';
  print_values(json["inputs"], "input        ");
  print_values(json["outputs"], "output       ");
  std::cout << '\n';
  std::vector<std::string> columns{"#", "op", "input", "output", "params", "MACs", "kernel"};
  if (in_float) columns.push_back("arithmetic");
  TextTable table(columns);
  for (const Json& op : json["ops"]) {
    const std::string kernel = op["kernel"].get<std::string>();
    std::vector<std::string> row{std::to_string(op["index"].get<int>()),
                                 op["op"].get<std::string>(),
                                 shapes_text(op["inputs"]),
                                 shapes_text(op["outputs"]),
                                 grouped(op["params"].get<std::int64_t>()),
                                 grouped(op["macs"].get<std::int64_t>()),
                                 kernel.empty() ? "(fused)" : kernel};
    if (in_float) row.push_back(op["arithmetic"].get<std::string>());
    table.add(row);
  }
  table.print(std::cout);
  if (in_float)
    std::cout
        << "\narithmetic: xnnpack, XNNPACK's rule for the operator; float32 and double, LiteRT's "
           "own kernel; any, the same codes in every rounding\n";
  std::cout << "\nparams       " << number("params") << '\n'
            << "MACs         " << number("macs") << '\n'
            << "work         " << number("work")
            << " operations: MACs, codes in pools' windows, bytes moved\n"
            << "constants    " << number("constant_bytes") << " bytes\n"
            << "packed       " << number("packed_bytes") << " bytes of weights and tables\n"
            << "states       " << number("state_bytes") << " bytes kept from run to run\n"
            << "arena        " << number("arena_bytes")
            << " bytes at batch 1 (no plan needs less than " << number("arena_lower_bound") << ")\n"
            << "scratch      " << number("scratch_bytes") << " bytes\n";
}

void inspect(const Options& options) {
  if (options.ops) {
    print_kernel_table(std::cout);
    return;
  }
  const int8::Model model = options.model.load();
  Json json = inspect_json(model, options.model);
  const bool sign = options.sign || !is_much(model, int8::signature_samples);
  const auto signature = [&] {
    return int8::signature_text(
        int8::signature(model, int8::signature_samples, options.model.memory_limit()));
  };
  if (options.json) {
    json["signature"] = sign ? Json(signature()) : Json(nullptr);
    // Names in files need not be UTF-8.
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print(json);
    std::cout << "signature    " << std::flush
              << (sign ? signature()
                       : "not computed: it takes " + work_text(model, int8::signature_samples) +
                             " (--sign)")
              << '\n';
  }
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect",
      "Show a model's inputs, outputs, operators, memory and signature. Only for the signature is "
      "it "
      "run, and where that is much work (more than 2^36 operations in all), only with --sign.");
  options->model.add_to(*command);
  command->get_option("MODEL")->required(false);
  command->add_flag("--json", options->json, "as JSON");
  command->add_flag("--sign", options->sign, "compute the signature, however long it takes");
  command->add_flag("--ops", options->ops,
                    "instead: the table of operators and their kernels on this machine, as "
                    "Markdown");
  command->callback([options] {
    if (!options->ops && options->model.path.empty()) throw CLI::RequiredError("MODEL");
    with_model_name(options->model.path, [&] { inspect(*options); });
  });
}

}  // namespace octet::app
