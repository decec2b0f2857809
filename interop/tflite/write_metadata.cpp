#include "interop/tflite/write_metadata.h"

#include "interop/zip/zip.h"
#include "metadata_generated.h"

namespace octet::tflite {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

constexpr std::int8_t axis_labels = 2;  // of AssociatedFile.type

bool is_image(const int8::Dims& shape) {
  return shape.size() == 4 && (shape[3] == 1 || shape[3] == 3);
}

Offset<metadata::Content> image_content(FlatBufferBuilder& b, const int8::Dims& shape) {
  const auto size = metadata::CreateImageSize(b, static_cast<std::uint32_t>(shape[2]),
                                              static_cast<std::uint32_t>(shape[1]));
  const auto image =
      metadata::CreateImageProperties(b, shape[3] == 3 ? rgb_space : grey_space, size);
  return metadata::CreateContent(b, metadata::ContentProperties::ImageProperties, image.Union());
}

Offset<metadata::Content> feature_content(FlatBufferBuilder& b) {
  return metadata::CreateContent(b, metadata::ContentProperties::FeatureProperties,
                                 metadata::CreateFeatureProperties(b).Union());
}

Offset<metadata::TensorMetadata> write_value(FlatBufferBuilder& b, const std::string& name,
                                             const int8::Dims& shape, const ValueMetadata& value,
                                             const std::string& label_file, bool is_input) {
  const bool picture = is_input && !value.numbers && is_image(shape);
  const auto content = picture ? image_content(b, shape) : feature_content(b);
  std::vector<Offset<metadata::ProcessUnit>> units;
  if (!value.mean.empty()) {
    const auto mean = b.CreateVector(value.mean), std = b.CreateVector(value.std);
    const auto options = metadata::CreateNormalizationOptions(b, mean, std);
    units.push_back(metadata::CreateProcessUnit(
        b, metadata::ProcessUnitOptions::NormalizationOptions, options.Union()));
  }
  std::vector<Offset<metadata::AssociatedFile>> files;
  if (!value.labels.empty()) {
    files.push_back(metadata::CreateAssociatedFile(b, b.CreateString(label_file), 0, axis_labels));
  }
  const auto name_text = b.CreateString(name);
  const auto unit_vector = b.CreateVector(units);
  const auto file_vector = b.CreateVector(files);
  return metadata::CreateTensorMetadata(b, name_text, 0, 0, content, unit_vector, 0, file_vector);
}

}  // namespace

std::string label_file_name(std::size_t i) {
  return i == 0 ? "labels.txt" : "labels_" + std::to_string(i) + ".txt";
}

std::vector<std::byte> metadata_bytes(const ModelMetadata& m, const int8::Graph& graph) {
  FlatBufferBuilder b;
  const auto write = [&](const std::vector<int>& ends, const std::vector<ValueMetadata>& values,
                         bool is_input) {
    std::vector<Offset<metadata::TensorMetadata>> entries;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::string& name = is_input ? input_name(graph, i) : output_name(graph, i);
      entries.push_back(write_value(b, name, graph.tensors[static_cast<std::size_t>(ends[i])].shape,
                                    i < values.size() ? values[i] : ValueMetadata{},
                                    label_file_name(i), is_input));
    }
    return b.CreateVector(entries);
  };
  const auto inputs = write(graph.inputs, m.inputs, true);
  const auto outputs = write(graph.outputs, m.outputs, false);
  const std::vector subgraphs = {metadata::CreateSubGraphMetadata(b, 0, 0, inputs, outputs)};
  const auto subgraph_vector = b.CreateVector(subgraphs);
  const auto name = b.CreateString(m.name), description = b.CreateString(m.description);
  const auto parser = b.CreateString("1.0.0");
  metadata::FinishModelMetadataBuffer(
      b, metadata::CreateModelMetadata(b, name, description, 0, subgraph_vector, 0, 0, 0, parser));
  const auto bytes = std::as_bytes(std::span(b.GetBufferPointer(), b.GetSize()));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> label_archive(const ModelMetadata& m, std::uint64_t model_bytes) {
  std::vector<std::string> texts(m.outputs.size());
  std::vector<ZipFile> files;
  for (std::size_t i = 0; i < m.outputs.size(); ++i) {
    for (const std::string& label : m.outputs[i].labels) texts[i] += label + "\n";
    if (!texts[i].empty())
      files.push_back({label_file_name(i), std::as_bytes(std::span(texts[i]))});
  }
  return files.empty() ? std::vector<std::byte>() : make_zip(files, model_bytes);
}

}  // namespace octet::tflite
