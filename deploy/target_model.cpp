#include "deploy/target_model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "deploy/mnn/write_mnn.h"
#include "deploy/same_padding.h"
#include "deploy/tflm/write_tflm.h"
#include "deploy/with_io.h"
#include "int8/reference/quantize.h"
#include "int8/reference/xnnpack/float_quantize.h"
#include "interop/c99/export_c.h"
#include "interop/tflite/names.h"
#include "interop/tflite/writer.h"

namespace octet::deploy {
namespace {

using int8::Graph;

void set_rounding(TargetModel& model, const Target& target) {
  if (target.any_rounding || model.graph.rounding == target.rounding) return;
  model.notes.push_back(
      "the model is of " + std::string(int8::rounding_name(model.graph.rounding)) + " rounding, " +
      std::string(target.name) + " computes in " +
      std::string(int8::rounding_name(target.rounding)) + ": codes will differ from training's");
  model.graph.rounding = target.rounding;
}

void note_edges(TargetModel& model, const std::vector<int>& ends, const std::optional<Io>& io,
                const char* what, const auto& name_of) {
  if (!io) return;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const int8::TensorDef& t = model.graph.tensors[static_cast<std::size_t>(ends[i])];
    if (has_io(t, *io)) continue;
    model.notes.push_back(std::string(what) + " " + tflite::quoted(name_of(model.graph, i)) +
                          " stays " + std::string(int8::dtype_name(t.type)) +
                          ": it is not int8 codes in the model");
  }
}

/// ONNX's QuantizeLinear divides and rounds halves to even; else XNNPACK's.
std::int8_t quantized(float real, float scale, std::int32_t zero, FileForm form) {
  std::int8_t code = 0;
  if (form == FileForm::onnx) {
    const float rounded = std::nearbyint(real / scale) + static_cast<float>(zero);
    return static_cast<std::int8_t>(std::clamp(rounded, -128.0f, 127.0f));
  }
  int8::xnnpack::quantize(&real, scale, zero, &code, 1);
  return code;
}

/// Codes that the QUANTIZE of a float input makes of the pixels otherwise than training, which
/// divides and rounds halves away from zero.
int pixels_with_other_codes(const int8::TensorDef& input, const ValueMetadata& n, FileForm form) {
  int different = 0;
  for (std::size_t c = 0; c < n.mean.size(); ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      const auto real = static_cast<float>((pixel - double{n.mean[c]}) / double{n.std[c]});
      const float scale = input.quantization.scale[0];
      const std::int32_t zero = input.quantization.zero_point[0];
      different += quantized(real, scale, zero, form) != int8::quantize_one(real, scale, zero);
    }
  }
  return different;
}

/// In float rounding and in ONNX files, of inputs that a QUANTIZE follows.
void note_ties(TargetModel& model, FileForm form) {
  if (model.graph.rounding != int8::Rounding::float_rounding && form != FileForm::onnx) return;
  for (const int8::Node& node : model.graph.nodes) {
    if (node.op != int8::OpCode::quantize) continue;
    const auto input =
        std::find(model.graph.inputs.begin(), model.graph.inputs.end(), node.inputs[0]);
    const auto i = static_cast<std::size_t>(input - model.graph.inputs.begin());
    const int8::TensorDef& codes = model.graph.tensors[static_cast<std::size_t>(node.outputs[0])];
    if (i >= model.metadata.inputs.size() || codes.type != int8::DType::i8) continue;
    const int different = pixels_with_other_codes(codes, model.metadata.inputs[i], form);
    if (different == 0) continue;
    model.notes.push_back("float32 input " + tflite::quoted(input_name(model.graph, i)) + ": of " +
                          std::to_string(different) +
                          " pixel values the runtime makes other codes than training did, as they "
                          "lie between two; int8 and uint8 inputs, or an integer mean, have none");
  }
}

void check_io(const Target& target, Io inputs, Io outputs) {
  const auto check = [&](Io io, const char* what) {
    std::string takes;
    for (const Io known : target.ios) {
      if (known == io) return;
      takes += (takes.empty() ? "" : " or ") + std::string(io_name(known));
    }
    fail(target.name, ": ", what, ": expected ", takes, ", got ", io_name(io));
  };
  check(inputs, "inputs");
  check(outputs, "outputs");
}

void note_pixels(TargetModel& model) {
  for (std::size_t i = 0; i < model.metadata.inputs.size(); ++i) {
    const int8::TensorDef& t = model.graph.tensors[static_cast<std::size_t>(model.graph.inputs[i])];
    const ValueMetadata& about = model.metadata.inputs[i];
    if (t.type != int8::DType::u8 || about.mean.empty() || takes_pixels(t, about)) continue;
    model.notes.push_back("uint8 input " + tflite::quoted(input_name(model.graph, i)) +
                          " takes codes that are not the pixels, by its normalization; float32 "
                          "leaves that to the program");
  }
}

}  // namespace

bool takes_pixels(const int8::TensorDef& input, const ValueMetadata& n) {
  if (input.type != int8::DType::u8 || input.quantization.scale.size() != 1) return false;
  const double scale = double{input.quantization.scale[0]};
  for (std::size_t c = 0; c < n.mean.size(); ++c) {
    for (const double pixel : {0.0, 255.0}) {  // linear in between
      const double real = (pixel - double{n.mean[c]}) / double{n.std[c]};
      if (!(std::fabs(scale * (pixel - input.quantization.zero_point[0]) - real) <= scale / 2))
        return false;
    }
  }
  return true;
}

TargetModel make_target_model(Graph graph, const Target& target, const ExportOptions& options) {
  TargetModel model{std::move(graph), options.metadata, options.c_source, {}};
  const Io inputs = options.inputs.value_or(target.io);
  const Io outputs = options.outputs.value_or(target.io);
  check_io(target, inputs, outputs);
  set_rounding(model, target);
  model.graph = with_same_padding(std::move(model.graph));
  model.graph = with_io(std::move(model.graph), inputs, outputs);
  note_edges(model, model.graph.inputs, options.inputs, "input", int8::input_name);
  note_edges(model, model.graph.outputs, options.outputs, "output", int8::output_name);
  check_metadata(model.metadata, model.graph);
  note_pixels(model);
  note_ties(model, target.form);
  if (target.form == FileForm::onnx && target.onnx.unsigned_activations &&
      (inputs == Io::int8 || outputs == Io::int8))
    model.notes.push_back(
        "int8 inputs and outputs: the first and the last operators run in floats "
        "there; uint8 and float32 keep them in integers");
  std::string refused;
  for (const Finding& f : check_target(target, model.graph)) {
    if (!f.refused) model.notes.push_back(finding_text(f));
    if (f.refused) refused += (refused.empty() ? "" : "; ") + finding_text(f);
  }
  OCTET_CHECK(refused.empty(), target.name, " does not take the model: ", refused);
  return model;
}

void write_target_model(const TargetModel& model, const Target& target,
                        const std::filesystem::path& out) {
  switch (target.form) {
    case FileForm::tflite:
      return write_tflite(model.graph, out, {.metadata = model.metadata});
    case FileForm::tflm:
      return write_tflm(model.graph, model.metadata, out);
    case FileForm::c99:
      return c99::write_c_folder(c99::export_c(model.graph, model.c_source).files, out);
    case FileForm::onnx:
      return onnx_export::write_onnx(model.graph, out, target.onnx);
    case FileForm::mnn:
      return write_mnn(make_mnn_files(model.graph, target.onnx), out);
    case FileForm::program:
      break;
  }
  fail("target ", target.name, " is a folder with a program: octet deploy writes it");
}

}  // namespace octet::deploy
