#include "deploy/folder/deployment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "deploy/folder/channels_first.h"
#include "deploy/folder/target_form.h"
#include "deploy/mnn/write_mnn.h"
#include "int8/engine/reals.h"
#include "interop/onnx_export/write_onnx.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::ValueInfo;

constexpr std::string_view platform_names[] = {"android", "web", "python"};

int8::Model make_model(const int8::Graph& graph, int8::Rounding rounding) {
  return int8::Model(graph,
                     {.rounding = rounding, .isa = int8::Isa::portable, .ops = &int8::all_ops()});
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<ValueInfo> list(std::span<const ValueInfo> values) {
  return {values.begin(), values.end()};
}

/// The params of the codes that a float32 edge is made to or from by QUANTIZE or DEQUANTIZE; scale
/// 0 where there are none.
int8::QuantParams edge_codes(const int8::Graph& graph, int tensor) {
  const auto params = [&](int t) {
    const int8::Quantization& q = graph.tensors[static_cast<std::size_t>(t)].quantization;
    return q.scale.empty() ? int8::QuantParams{0, 0}
                           : int8::QuantParams{q.scale[0], q.zero_point[0]};
  };
  for (const int8::Node& node : graph.nodes) {
    if (node.op == int8::OpCode::quantize && node.inputs[0] == tensor)
      return params(node.outputs[0]);
    if (node.op == int8::OpCode::dequantize && node.outputs[0] == tensor)
      return params(node.inputs[0]);
  }
  return {0, 0};
}

/// What random codes of each input mean.
std::vector<ValueInfo> input_codes(const Deployment& d) {
  std::vector<ValueInfo> codes = d.inputs;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i].type != DType::f32) continue;
    const int8::QuantParams params = edge_codes(d.graph, d.graph.inputs[i]);
    codes[i].scale = params.scale;
    codes[i].zero_point = params.zero_point;
  }
  return codes;
}

/// Of float32 outputs that are no codes' reals: 1/65536 of the largest golden value.
float step_of_reals(const Deployment& d) {
  float largest = 0;
  for (std::size_t at = 0; at + 4 <= d.golden.outputs.size(); at += 4) {
    float v;
    std::memcpy(&v, &d.golden.outputs[at], sizeof v);
    if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
  }
  return largest > 0 ? largest / 65536 : 1;
}

std::vector<float> code_steps(const Deployment& d) {
  std::vector<float> steps;
  for (std::size_t i = 0; i < d.outputs.size(); ++i) {
    float step = 1;
    if (d.outputs[i].type == DType::f32) {
      step = edge_codes(d.graph, d.graph.outputs[i]).scale;
      if (step <= 0) step = step_of_reals(d);
    }
    steps.push_back(step);
  }
  return steps;
}

/// The one input for normalized numbers: as they are, or their codes.
std::vector<std::byte> input_of(const std::vector<float>& reals, const ValueInfo& input) {
  std::vector<std::byte> bytes(reals.size() * int8::dtype_size(input.type));
  if (input.type == DType::f32)
    std::memcpy(bytes.data(), reals.data(), bytes.size());
  else
    int8::quantize_values(input, int8::Isa::portable, reals.data(), bytes.data(), reals.size());
  return bytes;
}

void check_size(std::size_t given, std::size_t of_one) {
  OCTET_CHECK(given == golden_count * of_one, "samples: expected ", golden_count, " of ", of_one,
              " bytes each, got ", given, " bytes");
}

std::size_t bytes_of(const std::vector<ValueInfo>& values) {
  std::size_t bytes = 0;
  for (const ValueInfo& v : values) bytes += v.bytes;
  return bytes;
}

GoldenSamples golden_inputs(const Deployment& d, DeploymentSource& source) {
  GoldenSamples golden;
  if (source.pixels.empty() && source.inputs.empty() && source.reals.empty())
    return draw_samples(input_codes(d), d.inputs, d.preprocessing);
  golden.origin = source.samples_origin;
  if (!source.inputs.empty()) {
    check_size(source.inputs.size(), bytes_of(d.inputs));
    golden.inputs = std::move(source.inputs);
    return golden;
  }
  if (!source.reals.empty()) {
    golden.inputs = input_of(source.reals, d.inputs[0]);
    check_size(golden.inputs.size(), bytes_of(d.inputs));
    return golden;
  }
  OCTET_CHECK(d.preprocessing, "samples: pixels, but the preprocessing is not known");
  check_size(source.pixels.size(), d.preprocessing->pixel_bytes());
  golden.pixels = std::move(source.pixels);
  golden.inputs = d.preprocessing->apply(golden.pixels);
  return golden;
}

/// LiteRT.js has arrays of these types only.
void check_web_types(const Deployment& d) {
  const auto check = [](const char* what, const std::vector<ValueInfo>& values) {
    for (const ValueInfo& v : values) {
      OCTET_CHECK(v.type == DType::f32 || v.type == DType::i32 || v.type == DType::u8,
                  "LiteRT.js: ", what, " '", v.name, "': expected float32, int32 or uint8, got ",
                  int8::dtype_name(v.type));
    }
  };
  check("input", d.inputs);
  check("output", d.outputs);
}

}  // namespace

std::string_view platform_name(Platform platform) noexcept {
  return platform_names[static_cast<std::size_t>(platform)];
}

std::optional<Platform> parse_platform(std::string_view name) noexcept {
  for (const Platform p : {Platform::android, Platform::web, Platform::python}) {
    if (name == platform_name(p)) return p;
  }
  return std::nullopt;
}

Deployment make_deployment(DeploymentSource source, const Target& target, Platform platform) {
  Deployment d;
  d.name = source.name;
  d.made_from = source.made_from;
  d.target = &target;
  d.platform = platform;
  TargetModel form = target_form(source, target, platform);
  d.notes = std::move(source.notes);
  d.notes.insert(d.notes.end(), form.notes.begin(), form.notes.end());
  const auto file = std::make_shared<const std::vector<std::byte>>(
      serialize_tflite(form.graph, {.metadata = form.metadata}));
  d.model = text_of(*file);
  d.graph = parse_tflite(*file, file);
  const bool onnx = is_onnx(target.form);
  if (target.form == FileForm::onnx) {
    d.model = text_of(onnx_export::serialize_onnx(d.graph, target.onnx));
  } else if (target.form == FileForm::mnn) {
    const MnnFiles files = make_mnn_files(d.graph, target.onnx);
    d.model = text_of(files.onnx);
    d.compression = text_of(files.compression);
  }
  const int8::Model model = make_model(d.graph, d.graph.rounding);
  d.inputs = list(model.inputs());
  d.outputs = list(model.outputs());
  if (target.form == FileForm::tflite && platform == Platform::web) check_web_types(d);
  d.macs = model.macs();
  const int8::ExecutionContext context(model);
  d.value_bytes = context.arena_bytes() + context.scratch_bytes();
  d.labels = std::move(source.labels);
  if (source.normalization) {
    OCTET_CHECK(d.inputs.size() == 1, "preprocessing: expected a model with one input, got ",
                d.inputs.size());
    if (source.numbers)
      d.of_numbers = source.normalization;
    else
      d.preprocessing.emplace(*source.normalization, d.inputs[0]);
  }
  d.classes = source.classifier && is_classifier(d.outputs);
  d.output_note = std::move(source.output_note);
  if (d.classes && !d.labels.empty()) {
    const std::size_t classes = d.outputs[0].bytes / int8::dtype_size(d.outputs[0].type);
    OCTET_CHECK(d.labels.size() == classes, "labels: expected ", classes,
                " (the model's classes), got ", d.labels.size());
  }
  if (onnx && !source.inputs.empty()) {
    check_size(source.inputs.size(), bytes_of(d.inputs));
    source.inputs = channels_last(source.inputs, d.inputs);
  }
  d.golden = golden_inputs(d, source);
  d.golden.outputs = golden_outputs(model, d.golden.inputs);
  d.code_steps = code_steps(d);
  const int8::Rounding runtime = runtime_rounding(target, d.graph.rounding);
  const std::vector<std::byte> answers =
      runtime == d.graph.rounding ? d.golden.outputs
                                  : golden_outputs(make_model(d.graph, runtime), d.golden.inputs);
  d.agreement = compare_outputs(d.outputs, d.code_steps, d.golden.outputs, answers, d.classes);
  if (onnx) {
    d.golden.inputs = channels_first(d.golden.inputs, d.inputs);
    d.golden.outputs = channels_first(d.golden.outputs, d.outputs);
    d.inputs = channels_first(std::move(d.inputs));
    d.outputs = channels_first(std::move(d.outputs));
  }
  return d;
}

}  // namespace octet::deploy
