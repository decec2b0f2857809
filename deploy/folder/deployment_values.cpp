#include "deploy/folder/deployment_values.h"

#include <functional>

#include "deploy/folder/escapes.h"
#include "deploy/folder/number_text.h"
#include "interop/tflite/names.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::ValueInfo;

std::string shape_text(const std::vector<std::int32_t>& shape) {
  std::string text;
  for (const std::int32_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return text;
}

/// A row of the README's table: "| input | int8 [1, 28, 28, 1], scale 0.0039, zero point -128 |".
std::string value_row(const char* what, const ValueInfo& v) {
  std::string row = "| " + std::string(what) + " " + markdown_text(tflite::quoted(v.name)) + " | " +
                    type_words(v.type) + " [" + shape_text(v.shape) + "]";
  if (v.scale > 0)
    row += ", scale " + short_text(static_cast<double>(v.scale)) + ", zero point " +
           std::to_string(v.zero_point);
  return row + " |\n";
}

std::string list_text(const std::vector<double>& values) {
  std::string text;
  for (const double v : values) text += (text.empty() ? "" : ", ") + short_text(v);
  return values.size() == 1 ? text : "(" + text + ")";
}

/// Of an input that is no picture.
std::string input_words(const Deployment& d) {
  const ValueInfo& input = d.inputs[0];
  const bool codes = input.type != DType::f32;
  const std::string of_codes =
      "code = real / scale + zero point, rounded and kept in the range of "
      "its type";
  if (!d.of_numbers) return codes ? "As the model has it, see the table: " + of_codes : "Reals";
  const std::string formula =
      "(number - " + list_text(d.of_numbers->mean) + ") / " + list_text(d.of_numbers->std);
  const std::string all = "Numbers as in the data set, the last axis varies fastest. ";
  return all + (codes ? "real = " + formula + "; " + of_codes : "input = " + formula);
}

std::string output_words(const Deployment& d) {
  std::string words = d.outputs[0].type == DType::f32
                          ? "Reals."
                          : "Codes: real = scale * (code - zero point), see the table.";
  if (!d.output_note.empty()) words += " " + markdown_text(d.output_note) + ".";
  if (!d.classes) return words;
  words += " One for each class, the largest is the answer";
  return words + (d.labels.empty() ? "." : "; `labels.txt` has their names in order.");
}

std::string joined(std::size_t count, const char* between,
                   const std::function<std::string(std::size_t)>& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += (i > 0 ? between : "") + text(i);
  return all;
}

std::string flag(bool value) {
  return value ? "yes" : "";
}

const char* c_type(DType type) {
  return type == DType::f32 ? "float" : type == DType::u8 ? "uint8_t" : "int8_t";
}

void add_preprocessing(Values& v, const Deployment& d, Language language) {
  v["preprocessing"] = flag(d.preprocessing.has_value());
  v["golden_pixels"] = flag(!d.golden.pixels.empty());
  for (const char* name : {"picture_words", "value_words", "declarations", "expression", "channels",
                           "colour", "picture_bytes", "picture_shape", "channel_order"})
    v[name];
  if (!d.preprocessing) return;
  const Preprocessing& p = *d.preprocessing;
  const PixelCode code = pixel_code(p, language, d.inputs[0]);
  v["picture_words"] = p.picture_words();
  v["value_words"] = p.value_words();
  v["declarations"] = code.declarations;
  v["expression"] = code.expression;
  v["colour"] = flag(p.channels() > 1);
  v["channels"] = std::to_string(p.channels());
  v["picture_bytes"] = std::to_string(p.pixel_bytes());
  v["picture_shape"] = shape_text({p.height(), p.width(), p.channels()});
  v["channel_order"] = p.channels() == 1 ? "grey" : "red, green, blue";
}

}  // namespace

std::string type_words(DType type) {
  const std::string name(int8::dtype_name(type));
  return (name[0] == 'i' ? "int" : name[0] == 'u' ? "uint" : "float") + name.substr(1);
}

std::string byte_lines(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string lines;
  for (std::size_t i = 0; i < size; ++i) {
    lines += i % 24 == 0 ? (i == 0 ? "    " : "\n    ") : " ";
    lines += std::to_string(bytes[i]) + ",";
  }
  return lines;
}

Values deployment_values(const Deployment& d, Language language) {
  Values v;
  const auto quoted = [&](std::string_view text) { return string_literal(language, text); };
  v["title"] = comment_text(language, d.name);
  v["title_html"] = html_text(d.name);
  v["title_markdown"] = markdown_text(d.name);
  v["what"] = "A full-integer INT8 network";
  if (d.classes) {
    const std::size_t classes = d.outputs[0].bytes / int8::dtype_size(d.outputs[0].type);
    v["what"] += " of " + std::to_string(classes) + " classes";
  }
  v["model_bytes"] = grouped_text(std::ssize(d.model));
  v["macs"] = grouped_text(d.macs);
  v["value_rows"] =
      joined(d.inputs.size(), "", [&](std::size_t i) { return value_row("input", d.inputs[i]); }) +
      joined(d.outputs.size(), "",
             [&](std::size_t i) { return value_row("output", d.outputs[i]); });
  v["value_rows"].pop_back();
  v["output_words"] = output_words(d);
  v["expected"] = d.agreement.text();
  v["samples_origin"] = d.golden.origin;
  v["most_apart"] = std::to_string(most_apart);
  v["sample_count"] = std::to_string(golden_count);
  v["input_count"] = std::to_string(d.inputs.size());
  v["output_count"] = std::to_string(d.outputs.size());
  v["input_bytes"] = joined(d.inputs.size(), ", ",
                            [&](std::size_t i) { return std::to_string(d.inputs[i].bytes); });
  v["output_bytes"] = joined(d.outputs.size(), ", ",
                             [&](std::size_t i) { return std::to_string(d.outputs[i].bytes); });
  v["output_types"] = joined(d.outputs.size(), ", ", [&](std::size_t i) {
    return quoted(int8::dtype_name(d.outputs[i].type));
  });
  v["code_steps"] = joined(d.code_steps.size(), ", ", [&](std::size_t i) {
    return exact_text(static_cast<double>(d.code_steps[i]));
  });
  v["input_words"] = input_words(d);
  v["classes"] = flag(d.classes);
  v["labels"] = flag(!d.labels.empty());
  v["named_classes"] = flag(d.classes && !d.labels.empty());
  v["label_count"] = std::to_string(d.labels.size());
  v["label_lines"] = joined(d.labels.size(), "\n",
                            [&](std::size_t i) { return "    " + quoted(d.labels[i]) + ","; });
  v["labels_json"] =
      "[" + joined(d.labels.size(), ", ", [&](std::size_t i) { return quoted(d.labels[i]); }) + "]";
  v["states"] = flag(!d.graph.states.empty());
  v["c_type"] = c_type(d.inputs[0].type);
  add_preprocessing(v, d, language);
  return v;
}

}  // namespace octet::deploy
