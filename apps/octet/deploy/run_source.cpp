#include <nlohmann/json.hpp>

#include "apps/common/config/expand.h"
#include "apps/common/head_targets.h"
#include "apps/octet/deploy/deploy_sources.h"
#include "apps/octet/run_folder.h"
#include "base/error.h"
#include "base/fnv1a.h"
#include "base/mapped_file.h"
#include "data/source.h"
#include "data/transform.h"
#include "deploy/folder/escapes.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Where the run's data are now.
fs::path data_path(const DeployOptions& options, const std::string& text) {
  if (!options.data.empty()) return options.data;
  const fs::path path = config::expand_path(text, ".", "the run's data set '" + text + "'");
  OCTET_CHECK(fs::exists(path), "the run's data set '", text,
              "' is not there, seen from the current directory: say with --data where it is");
  return path;
}

/// What the configuration says of its heads' targets.
std::vector<HeadEntry> head_entries(const Json& heads) {
  std::vector<HeadEntry> entries;
  for (const Json& head : heads) {
    entries.push_back({.name = head.value("name", std::string()),
                       .task = parse_task(head.at("task").get<std::string>()),
                       .targets = head.at("targets"),
                       .labels = head.value("class_names", std::vector<std::string>())});
  }
  return entries;
}

/// As the run's configuration has them; earlier versions had channels alone.
DataOptions data_options(const Json& configuration, const std::string& task) {
  const Json& data = configuration.at("data");
  DataOptions o;
  o.join_classes = task == "autoencoder";
  o.channels = data.value("channels", 0);
  const Json input = data.value("input", Json::object());
  o.input = {input.value("h", 0), input.value("w", 0),
             parse_resize_filter(input.value("resize", "bilinear")),
             parse_keep_aspect(input.value("keep_aspect", "no"))};
  o.stream = data.value("stream", false);
  o.targets = parse_target_choice(data.value("targets", "auto"));
  if ((task == "regression" || task == "multi_task") && o.targets == TargetChoice::automatic)
    o.targets = TargetChoice::values;
  o.target_columns = data.value("target_columns", std::vector<std::string>());
  o.class_names = data.value("class_names", std::vector<std::string>());
  if (data.at("format") == "csv" && configuration.contains("heads"))
    add_head_columns(head_entries(configuration.at("heads")), o);
  return o;
}

/// What is made of a test sample on its way to the network.
std::vector<real> transformed(const Dataset& data, const Transform& view, std::int64_t index) {
  const Tensor sample = sample_at(data, index);
  std::vector<real> values(static_cast<std::size_t>(view.output_shape().numel()));
  const Transform::View whole = view.view(0, 0, 0);
  if (data.image_type() == ElementType::u8)
    view.apply(sample.data<std::uint8_t>(), whole, values.data());
  else
    view.apply(sample.data<real>(), whole, values.data());
  return values;
}

}  // namespace

deploy::DeploymentSource run_source(const DeployOptions& options) {
  const RunModel run = read_run_folder(options.source);
  const Json& summary = run.summary;
  deploy::DeploymentSource source;
  try {
    source.name = summary.at("name").get<std::string>();
    source.made_from = "the run " + deploy::markdown_code(source.name);
    const MappedFile model = map_file(run.file.string());
    source.graph = parse_tflite(model.bytes, model.owner);
    const auto metadata = read_model_metadata(model.bytes);
    take_task(source, metadata ? metadata->description : "");
    const Json& configuration = summary.at("config");
    const Json& data = configuration.at("data");
    const std::string task = summary.value("task", "classification");  // earlier versions' only one
    source.normalization = deploy::PixelNormalization{run.mean, run.std};
    const std::string text =  // earlier versions say only what the configuration says
        summary.at("data").value("path", data.at("path").get<std::string>());
    const DataSource sets =
        open_data_source(parse_data_format(data.at("format").get<std::string>()),
                         data_path(options, text), data_options(configuration, task));
    OCTET_CHECK(  // an autoencoder's hash is of its own labels
        task == "autoencoder" || hash_text(content_hash(sets.test)) ==
                                     summary.at("data").at("test_hash").get<std::string>(),
        sets.test.name, ": not the test images of the run: say with --data where they are");
    if (task != "autoencoder") source.labels = sets.test.class_names;
    source.numbers = sets.test.image_type() != ElementType::u8;
    TransformOptions view;
    view.normalize = {{0}, {1}};  // pixels are preprocessed later
    if (source.numbers) view.normalize = {run.mean, run.std};
    view.crop_h = data.value("crop_h", 0);
    view.crop_w = data.value("crop_w", 0);
    const Transform transform(sets.test.image_shape(), view, sets.test.image_type());
    for (int i = 0; i < deploy::golden_count; ++i) {
      const std::int64_t index = i * sets.test.size() / deploy::golden_count;
      for (const real v : transformed(sets.test, transform, index)) {
        if (source.numbers)
          source.reals.push_back(v);
        else
          source.pixels.push_back(static_cast<std::uint8_t>(v));
      }
    }
    source.samples_origin = source.numbers ? "ten test samples of the run's data set, evenly spread"
                                           : "ten test images of the run's data set, evenly spread";
  } catch (const Json::exception&) {
    fail(options.source, ": not the summary of a run of this version");
  }
  return source;
}

}  // namespace octet::app
