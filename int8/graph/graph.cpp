#include "int8/graph/graph.h"

#include <cstring>
#include <new>

namespace octet::int8 {

std::string_view rounding_name(Rounding rounding) noexcept {
  switch (rounding) {
    case Rounding::single_rounding:
      return "single";
    case Rounding::double_rounding:
      return "double";
    case Rounding::float_rounding:
      return "float";
  }
  return "?";
}

std::optional<Rounding> parse_rounding(std::string_view name) noexcept {
  for (const Rounding r :
       {Rounding::single_rounding, Rounding::double_rounding, Rounding::float_rounding}) {
    if (name == rounding_name(r)) return r;
  }
  return std::nullopt;
}

std::string_view dtype_name(DType type) noexcept {
  switch (type) {
    case DType::f32:
      return "f32";
    case DType::i32:
      return "i32";
    case DType::i8:
      return "i8";
    case DType::i16:
      return "i16";
    case DType::u8:
      return "u8";
    case DType::i64:
      return "i64";
  }
  return "?";
}

ConstBytes own_bytes(std::span<const std::byte> bytes) {
  constexpr std::align_val_t alignment{64};
  // An empty constant is a constant too: data must not be null.
  void* memory = ::operator new(bytes.empty() ? 1 : bytes.size(), alignment);
  std::shared_ptr<void> owner(memory, [](void* p) { ::operator delete(p, alignment); });
  if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
  return {owner, static_cast<const std::byte*>(memory), bytes.size()};
}

namespace {

const std::string& door_name(const Graph& graph, const std::vector<int>& doors,
                             const std::vector<std::string>& names, std::size_t i) {
  if (i < names.size() && !names[i].empty()) return names[i];
  return graph.tensors[static_cast<std::size_t>(doors[i])].name;
}

}  // namespace

const std::string& input_name(const Graph& graph, std::size_t i) {
  return door_name(graph, graph.inputs, graph.input_names, i);
}

const std::string& output_name(const Graph& graph, std::size_t i) {
  return door_name(graph, graph.outputs, graph.output_names, i);
}

}  // namespace octet::int8
