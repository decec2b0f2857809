#include "interop/tflite_import/import_state.h"

namespace octet::tflite_import {
namespace {

constexpr std::int64_t most_elements = std::int64_t{1} << 28;

}  // namespace

ImportState::ImportState(const int8::Graph& f)
    : file(f), node_of(f.tensors.size(), -1), readers(f.tensors.size()) {
  const auto count = [&](const std::vector<int>& list) {
    for (const int t : list) {
      if (t >= 0) ++readers[static_cast<std::size_t>(t)];
    }
  };
  for (const int8::Node& n : f.nodes) count(n.inputs);
  count(f.outputs);
}

void ImportState::count_elements(std::int64_t n) {
  OCTET_CHECK(n >= 0 && n <= most_elements - elements, "constants of more than ", most_elements,
              " elements");
  elements += n;
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
