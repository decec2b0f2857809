#include "apps/octet/deploy/deploy_sources.h"

#include "apps/common/task_entry.h"
#include "apps/octet/read_lines.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "deploy/folder/escapes.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

/// The file's own normalization if it is one of a picture; else a note.
void take_normalization(deploy::DeploymentSource& source, const ValueMetadata& said) {
  source.numbers = said.numbers;
  const int8::TensorDef& x = source.graph.tensors[static_cast<std::size_t>(source.graph.inputs[0])];
  const int8::Quantization& q = x.quantization;
  int8::ValueInfo input{.name = x.name, .type = x.type, .shape = x.shape};
  if (q.scale.size() == 1) {
    input.scale = q.scale[0];
    input.zero_point = q.zero_point[0];
  }
  const deploy::PixelNormalization n{{said.mean.begin(), said.mean.end()},
                                     {said.std.begin(), said.std.end()}};
  if (said.numbers) {
    source.normalization = n;
    return;
  }
  try {
    const deploy::Preprocessing fits(n, input);
    source.normalization = n;
  } catch (const Error& error) {
    source.notes.push_back("the file's own normalization is left out: " +
                           std::string(error.what()));
  }
}

std::string origin_of(const std::string& path) {
  return deploy::markdown_code(std::filesystem::path(path).filename().string());
}

}  // namespace

void take_task(deploy::DeploymentSource& source, const std::string& description) {
  if (source.graph.metadata.count(task_entry) == 0) return;
  source.classifier = false;
  source.output_note = description;
}

deploy::DeploymentSource model_source(const DeployOptions& options) {
  deploy::DeploymentSource source;
  const std::filesystem::path path(options.source);
  const MappedFile model = map_file(options.source);
  try {
    source.graph = parse_tflite(model.bytes, model.owner);
  } catch (const Error& error) {
    fail(options.source, ": ", error.what());
  }
  source.name = path.stem().string();
  source.made_from = deploy::markdown_code(path.filename().string());
  const auto metadata = read_model_metadata(model.bytes);
  take_task(source, metadata ? metadata->description : "");
  if (metadata && !metadata->outputs.empty()) source.labels = metadata->outputs[0].labels;
  if (!options.labels.empty()) source.labels = read_lines(options.labels);
  OCTET_CHECK(options.mean.empty() == options.std.empty(),
              "--mean and --std: expected both or neither");
  if (!options.mean.empty())
    source.normalization = {options.mean, options.std};
  else if (metadata && metadata->inputs.size() == 1 && !metadata->inputs[0].mean.empty())
    take_normalization(source, metadata->inputs[0]);
  OCTET_CHECK(options.pixels.empty() || options.samples.empty(),
              "--pixels and --samples: expected one of them");
  if (!options.pixels.empty()) {
    OCTET_CHECK(source.normalization,
                "--pixels: expected --mean and --std with it, or a file that says them");
    const MappedFile file = map_file(options.pixels);
    const auto* from = reinterpret_cast<const std::uint8_t*>(file.bytes.data());
    source.pixels.assign(from, from + file.bytes.size());
    source.samples_origin = origin_of(options.pixels);
  }
  if (!options.samples.empty()) {
    const MappedFile file = map_file(options.samples);
    source.inputs.assign(file.bytes.begin(), file.bytes.end());
    source.samples_origin = origin_of(options.samples);
  }
  return source;
}

}  // namespace octet::app
