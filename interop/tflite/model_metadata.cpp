#include "interop/tflite/model_metadata.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "interop/tflite/names.h"
#include "interop/tflite/write_metadata.h"
#include "interop/zip/zip.h"
#include "metadata_generated.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using tflite::metadata::TensorMetadata;

void check_normalization(const ValueMetadata& v, const int8::TensorDef& t,
                         const std::string& where) {
  OCTET_CHECK(v.mean.size() == v.std.size(), where, ": ", v.mean.size(), " means, but ",
              v.std.size(), " standard deviations");
  const std::size_t channels =
      t.shape.empty() ? 1 : static_cast<std::size_t>(std::max(t.shape.back(), 1));
  OCTET_CHECK(v.mean.size() <= 1 || v.mean.size() == channels, where, ": ", v.mean.size(),
              " means and standard deviations, expected 1 or ", channels);
  for (std::size_t c = 0; c < v.mean.size(); ++c) {
    OCTET_CHECK(std::isfinite(v.mean[c]) && std::isfinite(v.std[c]) && v.std[c] > 0, where,
                ": expected a finite mean and std > 0, got ", v.mean[c], " and ", v.std[c]);
  }
}

void check_labels(const ValueMetadata& v, const int8::TensorDef& t, const std::string& where) {
  if (v.labels.empty()) return;
  const std::size_t entries =
      t.shape.empty() ? 1 : static_cast<std::size_t>(std::max(t.shape.back(), 1));
  OCTET_CHECK(v.labels.size() == entries, where, ": ", v.labels.size(), " labels, expected ",
              entries);
  for (const std::string& label : v.labels) {
    OCTET_CHECK(label.find_first_of("\r\n") == std::string::npos, where, ": label ",
                tflite::quoted(label), " has a line break");
  }
}

// --- reading ---

std::span<const std::byte> standard_entry(std::span<const std::byte> file) {
  const auto& model = *flatbuffers::GetRoot<tflite::Model>(file.data());
  if (!model.metadata() || !model.buffers()) return {};
  for (const tflite::Metadata* entry : *model.metadata()) {
    if (!entry->name() || entry->name()->string_view() != tflite::standard_metadata) continue;
    if (entry->buffer() >= model.buffers()->size()) return {};
    const auto* data = model.buffers()->Get(entry->buffer())->data();
    if (!data) return {};
    return std::as_bytes(std::span(data->data(), data->size()));
  }
  return {};
}

std::vector<float> numbers(const flatbuffers::Vector<float>* v) {
  return v ? std::vector<float>(v->begin(), v->end()) : std::vector<float>();
}

std::vector<std::string> lines(std::span<const std::byte> text) {
  std::vector<std::string> result;
  std::string line;
  for (const std::byte b : text) {
    const char c = static_cast<char>(b);
    if (c == '\n') result.push_back(std::exchange(line, {}));
    if (c != '\n' && c != '\r') line += c;
  }
  if (!line.empty()) result.push_back(line);
  return result;
}

std::vector<ZipEntry> archive(std::span<const std::byte> file) {
  try {
    return read_zip_directory(file, "labels");
  } catch (const Error&) {
    return {};  // most files have none
  }
}

void read_content(const TensorMetadata& t, ValueMetadata& value) {
  if (!t.content()) return;
  value.numbers = t.content()->content_properties_as_FeatureProperties() != nullptr;
  const auto* picture = t.content()->content_properties_as_ImageProperties();
  if (!picture) return;
  if (picture->color_space() == tflite::rgb_space) value.color = ColorSpace::rgb;
  if (picture->color_space() == tflite::grey_space) value.color = ColorSpace::grey;
  if (!picture->default_size()) return;
  value.height = picture->default_size()->height();
  value.width = picture->default_size()->width();
}

ValueMetadata read_value(const TensorMetadata& t, const std::vector<ZipEntry>& files) {
  ValueMetadata value;
  read_content(t, value);
  if (t.process_units()) {
    for (const auto* unit : *t.process_units()) {
      if (const auto* n = unit->options_as_NormalizationOptions()) {
        value.mean = numbers(n->mean());
        value.std = numbers(n->std());
      }
    }
  }
  if (t.associated_files()) {
    for (const auto* f : *t.associated_files()) {
      if (!f->name() || f->type() != 2 || !value.labels.empty()) continue;
      for (const ZipEntry& e : files) {
        const bool usable = !e.deflated && crc32_of(e.packed) == e.crc;
        if (usable && e.name == f->name()->string_view()) value.labels = lines(e.packed);
      }
    }
  }
  return value;
}

}  // namespace

std::string_view color_name(ColorSpace color) noexcept {
  return color == ColorSpace::rgb ? "RGB" : color == ColorSpace::grey ? "grey" : "";
}

bool ModelMetadata::empty() const {
  const auto nothing = [](const ValueMetadata& v) { return v.empty(); };
  return std::all_of(inputs.begin(), inputs.end(), nothing) &&
         std::all_of(outputs.begin(), outputs.end(), nothing);
}

ModelMetadata with_known(ModelMetadata m, const int8::Graph& graph,
                         const ClassifierMetadata& known) {
  if (m.inputs.size() != graph.inputs.size()) m.inputs.assign(graph.inputs.size(), {});
  if (m.outputs.size() != graph.outputs.size()) m.outputs.assign(graph.outputs.size(), {});
  if (!m.inputs.empty() && (!known.mean.empty() || !known.std.empty())) {
    std::vector<float>& mean = m.inputs[0].mean = known.mean;
    std::vector<float>& std = m.inputs[0].std = known.std;
    if (mean.size() == 1 && std.size() > 1) mean.resize(std.size(), mean[0]);
    if (std.size() == 1 && mean.size() > 1) std.resize(mean.size(), std[0]);
  }
  if (!m.outputs.empty() && !known.labels.empty()) m.outputs[0].labels = known.labels;
  return m;
}

void check_metadata(const ModelMetadata& m, const int8::Graph& graph) {
  OCTET_CHECK(m.inputs.size() <= graph.inputs.size() && m.outputs.size() <= graph.outputs.size(),
              "metadata: of ", m.inputs.size(), " inputs and ", m.outputs.size(),
              " outputs; the model has ", graph.inputs.size(), " and ", graph.outputs.size());
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  for (std::size_t i = 0; i < m.inputs.size(); ++i) {
    const std::string where = "metadata of input " + tflite::quoted(input_name(graph, i));
    check_normalization(m.inputs[i], tensor(graph.inputs[i]), where);
    OCTET_CHECK(m.inputs[i].labels.empty(), where, ": labels are of outputs");
  }
  for (std::size_t i = 0; i < m.outputs.size(); ++i) {
    const std::string where = "metadata of output " + tflite::quoted(output_name(graph, i));
    check_normalization(m.outputs[i], tensor(graph.outputs[i]), where);
    check_labels(m.outputs[i], tensor(graph.outputs[i]), where);
  }
}

std::optional<ModelMetadata> read_model_metadata(std::span<const std::byte> file) {
  const std::span<const std::byte> entry = standard_entry(file);
  if (entry.size() < 8) return std::nullopt;
  const int8::ConstBytes aligned = int8::own_bytes(entry);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(aligned.data), aligned.size);
  if (!verifier.VerifyBuffer<tflite::metadata::ModelMetadata>("M001")) return std::nullopt;
  const auto& root = *flatbuffers::GetRoot<tflite::metadata::ModelMetadata>(aligned.data);
  ModelMetadata m;
  if (root.name()) m.name = root.name()->str();
  if (root.description()) m.description = root.description()->str();
  if (!root.subgraph_metadata() || root.subgraph_metadata()->size() == 0) return m;
  const auto& subgraph = *root.subgraph_metadata()->Get(0);
  const std::vector<ZipEntry> files = archive(file);
  const auto read = [&](const auto* values) {
    std::vector<ValueMetadata> result;
    if (values) {
      for (const TensorMetadata* t : *values) result.push_back(read_value(*t, files));
    }
    return result;
  };
  m.inputs = read(subgraph.input_tensor_metadata());
  m.outputs = read(subgraph.output_tensor_metadata());
  return m;
}

}  // namespace octet
