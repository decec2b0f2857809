#include "apps/trainer/model_names.h"

#include <span>

#include "apps/common/picture_input.h"
#include "apps/common/setup/data.h"
#include "apps/common/setup/heads.h"
#include "apps/common/task_entry.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/printable.h"
#include "interop/tflite/writer.h"

namespace octet::trainer {
namespace {

ModelMetadata metadata_of(const Session& s, const int8::Graph& graph,
                          std::optional<double> threshold) {
  const Normalization n = setup::make_transform(s.config.data, /*augmented=*/false).normalize;
  ClassifierMetadata known{
      {n.mean.begin(), n.mean.end()}, {n.std.begin(), n.std.end()}, output_names(s)};
  const int8::Dims& scores = graph.tensors[static_cast<std::size_t>(graph.outputs[0])].shape;
  if (scores.empty() || scores.back() != std::ssize(known.labels)) known.labels.clear();
  // Without the run's name: the same results, the same bytes.
  ModelMetadata metadata = with_known({}, graph, known);
  metadata.inputs[0].numbers = s.data.train.image_type() != ElementType::u8;
  if (threshold) {
    metadata.description = text_of("Anomaly score: mean((output - input)^2), input as normalized; ",
                                   "above ", *threshold, " is an anomaly");
  }
  return metadata;
}

/// If the data are pictures.
void add_picture_input(int8::Graph& graph, const Session& s) {
  const Shape picture = s.data.train.image_shape();
  if (s.data.train.image_type() != ElementType::u8 || (picture[2] != 1 && picture[2] != 3)) return;
  InputSize size = setup::data_options(s.config).input;
  size.h = picture[0];
  size.w = picture[1];
  graph.metadata[picture_input_entry] = picture_input_text(size);
}

/// Of other tasks than classification.
void add_task(int8::Graph& graph, const Session& s, std::optional<double> threshold) {
  if (s.task() == Task::classification) return;
  const TaskEntry entry{.task = s.task(),
                        .threshold = threshold,
                        .normal = s.config.anomaly.normal,
                        .heads = setup::head_entries(s.config)};
  graph.metadata[task_entry] = task_entry_text(entry);
}

}  // namespace

std::vector<std::string> output_names(const Session& s) {
  std::vector<std::string> names;
  if (s.task() == Task::autoencoder || s.task() == Task::multi_task) return names;
  if (s.task() == Task::regression) {
    const std::vector<std::string>& columns = s.config.data.target_columns;
    if (std::ssize(columns) != s.outputs()) return names;
    for (const std::string& name : columns) names.push_back(printable_text(name));
    return names;
  }
  if (s.data.train.class_names.empty()) return names;
  for (const std::string& name : s.data.train.class_names) names.push_back(printable_text(name));
  while (std::ssize(names) < s.outputs()) names.push_back(std::to_string(names.size()));
  return names;
}

std::size_t model_bytes(const Session& s, int8::Graph graph) {
  add_picture_input(graph, s);
  add_task(graph, s, {});
  return serialize_tflite(graph, {.half_constants = false, .metadata = metadata_of(s, graph, {})})
      .size();
}

void write_model(const Session& s, int8::Graph graph, const std::filesystem::path& file,
                 bool half_constants, std::optional<double> threshold) {
  add_picture_input(graph, s);
  add_task(graph, s, threshold);
  write_tflite(graph, file,
               {.half_constants = half_constants, .metadata = metadata_of(s, graph, threshold)});
}

std::string labels_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

void write_labels(const Session& s) {
  const std::string text = labels_text(output_names(s));
  if (!text.empty()) write_file_atomically(s.files.labels, std::as_bytes(std::span(text)));
}

}  // namespace octet::trainer
