#include "deploy/folder/target_form.h"

namespace octet::deploy {
namespace {

ModelMetadata metadata_of(const DeploymentSource& source) {
  ModelMetadata m;
  m.name = source.name;
  m.description = source.output_note;
  m.inputs.resize(source.graph.inputs.size());
  m.outputs.resize(source.graph.outputs.size());
  if (source.normalization && m.inputs.size() == 1) {
    const PixelNormalization& n = *source.normalization;
    m.inputs[0].mean.assign(n.mean.begin(), n.mean.end());
    m.inputs[0].std.assign(n.std.begin(), n.std.end());
    m.inputs[0].numbers = source.numbers;
  }
  if (m.outputs.size() == 1) m.outputs[0].labels = source.labels;
  return m;
}

/// Whether a picture's pixels are the uint8 codes of the input.
bool pixels_are_codes(const DeploymentSource& source) {
  const int8::TensorDef& x = source.graph.tensors[static_cast<std::size_t>(source.graph.inputs[0])];
  if (x.quantization.scale.size() != 1 || !int8::is_codes(x.type)) return false;
  const int up = x.type == int8::DType::i8 ? 128 : 0;
  const int8::ValueInfo input = {.name = x.name,
                                 .type = int8::DType::u8,
                                 .shape = x.shape,
                                 .scale = x.quantization.scale[0],
                                 .zero_point = x.quantization.zero_point[0] + up};
  const Preprocessing p(*source.normalization, input);
  return p.form() == Preprocessing::Form::offset && p.offset() == 0;
}

}  // namespace

Io io_of(const DeploymentSource& source, const Target& target, Platform platform) {
  if (target.form != FileForm::tflite || platform == Platform::python) return target.io;
  if (platform == Platform::web || source.numbers) return Io::float32;
  return source.normalization && !pixels_are_codes(source) ? Io::float32 : Io::uint8;
}

TargetModel target_form(const DeploymentSource& source, const Target& target, Platform platform) {
  ExportOptions options;
  options.inputs = options.outputs = io_of(source, target, platform);
  if (target.form == FileForm::tflite || target.form == FileForm::onnx)
    options.metadata = metadata_of(source);
  return make_target_model(source.graph, target, options);
}

int8::Rounding rounding_of(const DeploymentSource& source, const Target& target) noexcept {
  return target.any_rounding ? source.graph.rounding : target.rounding;
}

int8::Rounding runtime_rounding(const Target& target, int8::Rounding rounding) noexcept {
  return target.form == FileForm::tflite ? int8::Rounding::float_rounding : rounding;
}

}  // namespace octet::deploy
