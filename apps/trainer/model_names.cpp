#include "apps/trainer/model_names.h"

#include <span>

#include "apps/common/setup/data.h"
#include "base/atomic_file.h"
#include "base/printable.h"

namespace octet::trainer {

std::vector<std::string> output_names(const Session& s) {
  std::vector<std::string> names;
  if (s.data.train.class_names.empty()) return names;
  for (const std::string& name : s.data.train.class_names) names.push_back(printable_text(name));
  while (std::ssize(names) < s.classes()) names.push_back(std::to_string(names.size()));
  return names;
}

ModelMetadata run_metadata(const Session& s, const int8::Graph& graph) {
  const Normalization n = setup::make_transform(s.config.data, /*augmented=*/false).normalize;
  ClassifierMetadata known{
      {n.mean.begin(), n.mean.end()}, {n.std.begin(), n.std.end()}, output_names(s)};
  const int8::Dims& scores = graph.tensors[static_cast<std::size_t>(graph.outputs[0])].shape;
  if (scores.empty() || scores.back() != std::ssize(known.labels)) known.labels.clear();
  ModelMetadata m = with_known({}, graph, known);
  m.name = s.config.name;
  return m;
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
