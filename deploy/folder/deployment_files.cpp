// The folder of each target.
#include "base/error.h"
#include "deploy/folder/deployment.h"
#include "deploy/folder/deployment_values.h"
#include "deploy/folder/escapes.h"
#include "deploy/folder/folder_files.h"
#include "deploy/folder/number_text.h"
#include "deploy/folder/target_form.h"
#include "deploy/folder/tflm_arena.h"
#include "deploy/tflm/write_tflm.h"
#include "interop/c99/export_c.h"

namespace octet::deploy {
namespace {

/// The versions that the programs are tried with.
constexpr const char* litertjs = "2.5.3";
constexpr const char* tensorflow_lite = "2.16.1";

std::string text_of(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void add_golden(Files& files, const Deployment& d, const std::string& folder) {
  files[folder + "golden/inputs.bin"] = text_of(d.golden.inputs);
  files[folder + "golden/outputs.bin"] = text_of(d.golden.outputs);
  if (!d.golden.pixels.empty()) files[folder + "golden/pixels.bin"] = text_of(d.golden.pixels);
}

void add_labels(Files& files, const Deployment& d, const std::string& folder) {
  if (d.labels.empty()) return;
  std::string& text = files[folder + "labels.txt"];
  for (const std::string& label : d.labels) text += label + "\n";
}

/// golden.h, for programs without files.
Files golden_arrays(const Deployment& d, Values v) {
  v["pixel_array"] = byte_lines(d.golden.pixels.data(), d.golden.pixels.size());
  v["input_array"] = byte_lines(d.golden.inputs.data(), d.golden.inputs.size());
  v["output_array"] = byte_lines(d.golden.outputs.data(), d.golden.outputs.size());
  return fill_templates("golden_c", v);
}

/// README.md from its own template and the target's usage.md, which becomes part of it.
void add_readme(Files& files, Values v) {
  v["usage"] = files.at("usage.md");
  files.erase("usage.md");
  add(files, fill_templates("readme", v));
}

/// The rounding the model is made for and, where it is another one, that of its runtime.
std::string rounding_words(const Deployment& d) {
  const auto name = [](int8::Rounding r) { return std::string(int8::rounding_name(r)); };
  const int8::Rounding made = d.graph.rounding, runtime = runtime_rounding(*d.target, made);
  if (is_onnx(d.target->form))
    return "Its codes are those of " + name(made) + " rounding, which the runtime's are close to";
  if (made == runtime) return "It computes in " + name(made) + " rounding";
  return "It is made for " + name(made) + " rounding; LiteRT computes in " + name(runtime) +
         " rounding";
}

/// What is to be known of the line that the program says, behind it.
std::string line_note(const Deployment& d) {
  std::string note;
  if (runtime_rounding(*d.target, d.graph.rounding) != d.graph.rounding)
    note += " on x86-64 (the golden outputs are of " +
            std::string(int8::rounding_name(d.graph.rounding)) +
            " rounding, the runtime computes in another)";
  if (!check_target(*d.target, d.graph).empty())
    note += " if the runtime computes as octet does, which it may not: see the notes below";
  return note;
}

std::string note_lines(const Deployment& d) {
  std::string lines;
  for (const std::string& note : d.notes)
    lines += (lines.empty() ? "- " : "\n- ") + markdown_text(note);
  return lines;
}

}  // namespace

void add(Files& files, Files more) {
  files.merge(more);
}

Files whole_folder(Files files, const Deployment& d, const Values& v, const std::string& golden,
                   const std::string& labels) {
  add_golden(files, d, golden);
  add_labels(files, d, labels);
  add_readme(files, v);
  return files;
}

void set_readme(Values& v, const Deployment& d, const std::string& title, const std::string& memory,
                const char* preprocess) {
  v["target_title"] = title;
  v["memory_row"] = memory;
  v["preprocess_name"] = preprocess;
  v["rounding_words"] = rounding_words(d);
  v["line_note"] = line_note(d);
  v["notes"] = note_lines(d);
  v["made_from"] = d.made_from;
}

namespace {

Files python_files(const Deployment& d) {
  Values v = deployment_values(d, Language::python);
  set_readme(v, d, "LiteRT in Python", "", "preprocess");
  v["runtime"] = "LiteRT";
  v["most_codes"];
  Files files = fill_templates("python", v);
  add(files, fill_templates("check_python", v));
  add(files, fill_templates("common_python", v));
  files["model.tflite"] = d.model;
  return whole_folder(std::move(files), d, v);
}

Files web_files(const Deployment& d) {
  Values v = deployment_values(d, Language::javascript);
  set_readme(v, d, "LiteRT.js, in browsers", "", "preprocess");
  v["litertjs"] = litertjs;
  v["array_type"] = d.inputs[0].type == int8::DType::f32 ? "Float32Array" : "Uint8Array";
  Files files = fill_templates("web", v);
  files["model.tflite"] = d.model;
  return whole_folder(std::move(files), d, v);
}

Files android_files(const Deployment& d) {
  Values v = deployment_values(d, Language::java);
  set_readme(v, d, "LiteRT on Android", "", "DeployedModel.preprocess");
  const bool real = d.inputs[0].type == int8::DType::f32;
  v["tensorflow_lite"] = tensorflow_lite;
  v["java_put"] = real ? "putFloat((float) (" : "put((byte) (";
  v["element_bytes"] = real ? "4" : "1";
  Files files = fill_templates("android", v);
  files["src/main/assets/model.tflite"] = d.model;
  return whole_folder(std::move(files), d, v, "src/androidTest/assets/", "src/main/assets/");
}

Files program_files(const Deployment& d) {
  Values v = deployment_values(d, Language::c);
  set_readme(v, d, "octet's runtime library on Linux",
             "| memory | " + grouped_text(static_cast<std::int64_t>(d.value_bytes)) +
                 " bytes of values and working memory, beside the model |\n",
             "preprocess() of preprocess.h");
  Files files = fill_templates("linux", v);
  add(files, fill_templates("common_c", v));
  files["model.tflite"] = d.model;
  return whole_folder(std::move(files), d, v);
}

Files tflm_files(const Deployment& d) {
  Values v = deployment_values(d, Language::c);
  const TflmArena arena = tflm_arena(d.graph);
  set_readme(v, d, "TFLite Micro",
             "| arena | " + grouped_text(static_cast<std::int64_t>(arena.bytes())) +
                 " bytes at most, of which " +
                 grouped_text(static_cast<std::int64_t>(arena.values)) + " of values |\n",
             "preprocess() of preprocess.h");
  v["arena_bytes"] = grouped_text(static_cast<std::int64_t>(arena.bytes()));
  v["arena_digits"] = std::to_string(arena.bytes());
  v["arena_values"] = grouped_text(static_cast<std::int64_t>(arena.values));
  v["arena_structures"] = grouped_text(static_cast<std::int64_t>(arena.structures));
  const auto file = std::as_bytes(std::span(d.model));
  Files files = fill_templates("tflm", v);
  files.merge(tflm_headers(file));
  files["model_data.cc"] = tflm_array(file);
  add(files, fill_templates("common_c", v));
  add(files, golden_arrays(d, v));
  add(files, fill_templates("common_python", v));
  files["model.tflite"] = d.model;
  return whole_folder(std::move(files), d, v);
}

/// C statements for each of `count` inputs or outputs: `text` with its number for "@".
std::string statements(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t k = 0; k < count; ++k) {
    for (const char c : text) all += c == '@' ? std::to_string(k) : std::string(1, c);
    if (k + 1 < count) all += "\n";
  }
  return all;
}

Files c99_files(const Deployment& d) {
  Values v = deployment_values(d, Language::c);
  c99::CExportOptions options;
  options.test_main = false;  // it has its own
  const c99::CExport made = c99::export_c(d.graph, options);
  const auto number = [](std::size_t n) { return grouped_text(static_cast<std::int64_t>(n)); };
  set_readme(v, d, "C99", "", "preprocess() of preprocess.h");
  v["c_arena"] = number(made.arena_bytes + made.state_bytes);
  v["c_constants"] = number(made.constant_bytes);
  v["set_inputs"] = statements(
      d.inputs.size(),
      "    memcpy(model_input_@(), input, input_bytes[@]);\n    input += input_bytes[@];");
  v["compare_outputs"] =
      statements(d.outputs.size(),
                 "    equal = add_output(&total, @, expected, model_output_@()) && equal;\n"
                 "    expected += output_bytes[@];");
  Files files = fill_templates("c", v);
  for (const c99::CFile& file : made.files) files.emplace(file.path, c99::text_of_file(file));
  add(files, fill_templates("common_c", v));
  add(files, golden_arrays(d, v));
  return whole_folder(std::move(files), d, v);
}

}  // namespace

Files deployment_files(const Deployment& d) {
  switch (d.target->form) {
    case FileForm::tflite:
      switch (d.platform) {
        case Platform::android:
          return android_files(d);
        case Platform::web:
          return web_files(d);
        case Platform::python:
          return python_files(d);
      }
      break;
    case FileForm::tflm:
      return tflm_files(d);
    case FileForm::program:
      return program_files(d);
    case FileForm::c99:
      return c99_files(d);
    case FileForm::onnx:
    case FileForm::mnn:
      return onnx_files(d);
  }
  fail("deploy: ", d.target->name, ": not a target with a folder");
}

}  // namespace octet::deploy
