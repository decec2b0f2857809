#include "apps/octet/deploy/deploy_sources.h"
#include "apps/octet/read_lines.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

/// What the file's standard metadata says.
void take_metadata(deploy::DeploymentSource& source, const ModelMetadata& m) {
  if (!m.outputs.empty()) source.labels = m.outputs[0].labels;
  if (m.inputs.size() != 1 || m.inputs[0].mean.empty()) return;
  const ValueMetadata& input = m.inputs[0];
  source.normalization = {{input.mean.begin(), input.mean.end()},
                          {input.std.begin(), input.std.end()}};
}

}  // namespace

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
  source.made_from = "`" + path.filename().string() + "`";
  if (const auto metadata = read_model_metadata(model.bytes)) take_metadata(source, *metadata);
  if (!options.labels.empty()) source.labels = read_lines(options.labels);
  OCTET_CHECK(options.mean.empty() == options.std.empty(),
              "--mean and --std: expected both or neither");
  if (!options.mean.empty()) source.normalization = {options.mean, options.std};
  OCTET_CHECK(options.pixels.empty() || options.samples.empty(),
              "--pixels and --samples: expected one of them");
  if (!options.pixels.empty()) {
    OCTET_CHECK(source.normalization,
                "--pixels: expected --mean and --std with it, or a file that says them");
    const MappedFile file = map_file(options.pixels);
    const auto* from = reinterpret_cast<const std::uint8_t*>(file.bytes.data());
    source.pixels.assign(from, from + file.bytes.size());
    source.samples_origin = "`" + std::filesystem::path(options.pixels).filename().string() + "`";
  }
  if (!options.samples.empty()) {
    const MappedFile file = map_file(options.samples);
    source.inputs.assign(file.bytes.begin(), file.bytes.end());
    source.samples_origin = "`" + std::filesystem::path(options.samples).filename().string() + "`";
  }
  return source;
}

}  // namespace octet::app
