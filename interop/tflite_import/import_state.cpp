#include "interop/tflite_import/import_state.h"

#include <set>

namespace octet::tflite_import {
namespace {

/// Tables may share their data, and constants grow where they are tiled; no file that a converter
/// writes comes close.
std::int64_t element_limit(const int8::Graph& file) {
  std::set<const std::byte*> known;
  std::int64_t bytes = 0;
  for (const int8::TensorDef& t : file.tensors) {
    if (t.constant && known.insert(t.constant.data).second)
      bytes += static_cast<std::int64_t>(t.constant.size);
  }
  return 8 * bytes + (1 << 24);
}

}  // namespace

ImportState::ImportState(const int8::Graph& f)
    : file(f),
      node_of(f.tensors.size(), -1),
      readers(f.tensors.size()),
      constant_of(f.tensors.size(), -1),
      elements_left(element_limit(f)) {
  for (std::size_t t = 0; t < f.tensors.size(); ++t) {
    if (f.tensors[t].constant) constant_of[t] = static_cast<int>(t);
  }
  const auto count = [&](const std::vector<int>& list) {
    for (const int t : list) {
      if (t >= 0) ++readers[static_cast<std::size_t>(t)];
    }
  };
  for (const int8::Node& n : f.nodes) count(n.inputs);
  count(f.outputs);
}

void ImportState::count_elements(std::int64_t n) {
  OCTET_CHECK(n >= 0 && n <= elements_left, "constants of more elements than the file could need");
  elements_left -= n;
}

Shape graph_shape(const int8::Dims& dims) {
  std::vector<std::int64_t> extents(dims.begin(), dims.end());
  if (!has_batch(dims)) extents.insert(extents.begin(), 1);
  return Shape(std::span<const std::int64_t>(extents));
}

std::string layer_name(const std::string& name) {
  std::string usable = usable_name(name.substr(0, name.find(';')));
  return usable.empty() ? "unnamed" : usable;
}

std::optional<StoredValue> stored_value(const int8::TensorDef& t) {
  if (!int8::is_codes(t.type)) return std::nullopt;
  const int8::Quantization& q = t.quantization;
  OCTET_CHECK(q.scale.size() == 1, "'", one_line(t.name), "': expected codes with one scale, got ",
              q.scale.size());
  return StoredValue{q.scale[0], q.zero_point[0] - (t.type == int8::DType::u8 ? 128 : 0)};
}

}  // namespace octet::tflite_import
