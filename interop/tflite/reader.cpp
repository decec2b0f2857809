#include "interop/tflite/reader.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "interop/tflite/constants/fold_constants.h"
#include "interop/tflite/file_checks.h"
#include "interop/tflite/file_reader.h"
#include "interop/tflite/names.h"
#include "interop/tflite/nodes.h"
#include "interop/tflite/states.h"
#include "interop/tflite/tensors.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using tflite::CopyBudget;

static_assert(std::endian::native == std::endian::little,
              "constants are used as the file has them");

constexpr std::size_t max_file_bytes = 0x7fffffff;

/// The file as a verified table. `bytes` must be aligned to 8.
const tflite::Model& verified_model(std::span<const std::byte> bytes) {
  OCTET_CHECK(bytes.size() >= 8, "not a TFLite file: ", bytes.size(),
              " bytes, expected at least 8");
  OCTET_CHECK(bytes.size() < max_file_bytes,
              "TFLite files of 2 GB or more are not supported: ", bytes.size(), " bytes");
  OCTET_CHECK(std::memcmp(bytes.data() + 4, "TFL3", 4) == 0,
              "not a TFLite file: the identifier TFL3 is missing");
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier::Options limits;
  limits.max_depth = 16;
  limits.max_tables = 1000000;
  flatbuffers::Verifier verifier(data, bytes.size(), limits);
  OCTET_CHECK(verifier.VerifyBuffer<tflite::Model>("TFL3"),
              "broken TFLite file (truncated or damaged): the flatbuffer verifier refused it");
  return *flatbuffers::GetRoot<tflite::Model>(data);
}

void check_model(const tflite::Model& model) {
  OCTET_CHECK(model.version() == 3, "schema version ", model.version(), ", expected 3");
  OCTET_CHECK(model.operator_codes() && model.subgraphs() && model.subgraphs()->size() > 0 &&
                  model.buffers(),
              "a TFLite model needs operator_codes, subgraphs and buffers");
  const tflite::SubGraph& subgraph = *model.subgraphs()->Get(0);
  OCTET_CHECK(subgraph.tensors() && subgraph.inputs() && subgraph.outputs() && subgraph.operators(),
              "a TFLite subgraph needs tensors, inputs, outputs and operators");
}

void read_metadata(const tflite::File& file, int8::Graph& graph, CopyBudget& budget) {
  if (!file.model.metadata()) return;
  bool has_rounding = false;
  for (const tflite::Metadata* entry : *file.model.metadata()) {
    if (!entry->name() || entry->name()->string_view().substr(0, 6) != "octet.") continue;
    const std::string name = tflite::copy_string(entry->name(), budget);
    const auto bytes = file.buffer(entry->buffer(), "metadata " + tflite::quoted(name));
    const std::string_view value(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    bool is_new = true;
    if (name == "octet.rounding") {
      const auto rounding = int8::parse_rounding(value);
      OCTET_CHECK(rounding, "metadata octet.rounding: expected single, double or float, got ",
                  tflite::quoted(value));
      graph.rounding = *rounding;
      is_new = !std::exchange(has_rounding, true);
    } else {
      budget.charge(value.size());
      is_new = graph.metadata.emplace(name, value).second;
    }
    OCTET_CHECK(is_new, "metadata ", tflite::quoted(name), " is given twice");
  }
}

/// The names that a signature has for `ends`, which the file has as `in_file`; none if they are the
/// tensors' own.
std::vector<std::string> read_names(
    const flatbuffers::Vector<flatbuffers::Offset<tflite::TensorMap>>* entries,
    const std::vector<int>& in_file, const std::vector<int>& ends,
    const std::vector<int8::TensorDef>& tensors, CopyBudget& budget) {
  if (!entries) return {};
  std::multimap<std::uint32_t, std::size_t> positions;  // of a tensor among the ends
  for (std::size_t i = 0; i < ends.size(); ++i) {
    positions.emplace(static_cast<std::uint32_t>(in_file[i]), i);
  }
  budget.charge(ends.size() * sizeof(std::string));
  std::vector<std::string> names(ends.size());
  bool other = false;
  for (const tflite::TensorMap* entry : *entries) {
    const auto at = positions.lower_bound(entry->tensor_index());
    if (at == positions.end() || at->first != entry->tensor_index()) continue;
    std::string& name = names[at->second];
    name = tflite::copy_string(entry->name(), budget);
    other |= name != tensors[static_cast<std::size_t>(ends[at->second])].name;
    positions.erase(at);
  }
  return other ? names : std::vector<std::string>();
}

/// The graph's first signature, if there is one. `outputs`: the graph's, as the file has them.
void read_signature(const tflite::Model& model, const std::vector<int>& outputs, int8::Graph& graph,
                    CopyBudget& budget) {
  if (!model.signature_defs()) return;
  for (const tflite::SignatureDef* signature : *model.signature_defs()) {
    if (signature->subgraph_index() != 0) continue;
    graph.input_names =
        read_names(signature->inputs(), graph.inputs, graph.inputs, graph.tensors, budget);
    graph.output_names =
        read_names(signature->outputs(), outputs, graph.outputs, graph.tensors, budget);
    return;
  }
}

/// Handles of variables at the end of the tensors, where the writer puts them, are left out.
bool is_handle(const tflite::SubGraph& subgraph, std::size_t tensor) {
  return subgraph.tensors()->Get(static_cast<unsigned>(tensor))->type() == tflite::resource_type;
}

void set_integers(int8::TensorDef& tensor, const tflite::IntValue& value) {
  const std::vector<std::int32_t> elements(value.elements.begin(), value.elements.end());
  tensor.type = int8::DType::i32;
  tensor.shape = value.shape;
  tensor.constant = int8::own_bytes(std::as_bytes(std::span(elements)));
  tensor.computed = true;
}

/// DEQUANTIZE of FLOAT16 constants, which were read as FLOAT32, gives the constants themselves.
void drop_widening(const tflite::SubGraph& subgraph, int8::Graph& graph) {
  const auto is_known = [&](int t) {
    return t >= 0 && static_cast<std::size_t>(t) < graph.tensors.size();
  };
  const auto drop = [&](const int8::Node& node) {
    if (node.op != int8::OpCode::dequantize || node.inputs.size() != 1 ||
        node.outputs.size() != 1 || !is_known(node.inputs[0]) || !is_known(node.outputs[0]))
      return false;
    const int8::TensorDef& x = graph.tensors[static_cast<std::size_t>(node.inputs[0])];
    int8::TensorDef& y = graph.tensors[static_cast<std::size_t>(node.outputs[0])];
    const auto index = static_cast<unsigned>(node.inputs[0]);
    if (subgraph.tensors()->Get(index)->type() != tflite::half_type || !x.constant || y.constant ||
        y.type != int8::DType::f32 || x.shape != y.shape)
      return false;
    y.constant = x.constant;
    return true;
  };
  std::erase_if(graph.nodes, drop);
}

/// Constants that the model returns are given out by a RESHAPE.
void give_out_constants(int8::Graph& graph, CopyBudget& budget) {
  for (int& t : graph.outputs) {
    if (t < 0 || static_cast<std::size_t>(t) >= graph.tensors.size()) continue;  // refused later
    const int8::TensorDef& constant = graph.tensors[static_cast<std::size_t>(t)];
    if (!constant.constant) continue;
    budget.charge(sizeof(int8::TensorDef) + sizeof(int8::Node) + constant.name.size());
    int8::TensorDef copy = constant;
    copy.constant = {};
    const int y = static_cast<int>(graph.tensors.size());
    graph.tensors.push_back(std::move(copy));
    graph.nodes.push_back({int8::OpCode::reshape, {t}, {y}, int8::ReshapeAttributes{}});
    t = y;
  }
}

int8::Graph read_graph(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                       const tflite::ReadOptions& options) {
  const tflite::Model& model = verified_model(bytes);
  const tflite::File file{model, bytes, owner, options};
  check_model(model);
  const tflite::SubGraph& subgraph = *model.subgraphs()->Get(0);
  CopyBudget budget(bytes.size());

  int8::Graph graph;
  graph.name = tflite::copy_string(subgraph.name(), budget);
  graph.description = tflite::copy_string(model.description(), budget);
  read_metadata(file, graph, budget);
  tflite::FoldedConstants folded = tflite::fold_constants(file, subgraph, budget);
  const tflite::Variables variables(file, subgraph, folded.operators, budget);
  std::vector<bool> used = tflite::used_tensors(subgraph, folded.operators);
  for (const int t : variables.tensors()) used[static_cast<std::size_t>(t)] = true;
  while (!used.empty() && !used.back() && is_handle(subgraph, used.size() - 1)) used.pop_back();
  for (unsigned t = 0; t < used.size(); ++t) {
    const auto known = folded.tensors.find(static_cast<int>(t));
    const bool is_read = used[t] && known == folded.tensors.end();
    const auto shape = folded.shapes.find(static_cast<int>(t));
    graph.tensors.push_back(
        is_read ? tflite::read_tensor(file, subgraph, t, budget,
                                      shape == folded.shapes.end() ? nullptr : &shape->second)
                : tflite::read_unused_tensor(subgraph, t, budget));
    if (used[t] && !is_read) set_integers(graph.tensors.back(), known->second);
  }
  graph.inputs = tflite::copy_ints(subgraph.inputs(), budget);
  graph.outputs = tflite::copy_ints(subgraph.outputs(), budget);
  for (unsigned n = 0; n < subgraph.operators()->size(); ++n) {
    if (!folded.operators[n]) graph.nodes.push_back(tflite::read_node(model, subgraph, n, budget));
  }
  const std::vector<int> outputs = graph.outputs;
  variables.apply(graph, budget);
  tflite::add_variable_tensors(subgraph, graph, budget);
  if (!options.any_weights) drop_widening(subgraph, graph);
  give_out_constants(graph, budget);
  tflite::check_graph(graph, options.any_weights);
  read_signature(model, outputs, graph, budget);
  return graph;
}

}  // namespace

int8::Graph tflite::read_file(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                              const ReadOptions& options) {
  // Fields are aligned to up to 8 bytes relative to the start of the file.
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) {
    const int8::ConstBytes copy = int8::own_bytes(bytes);
    return read_graph({copy.data, copy.size}, copy.owner, options);
  }
  return read_graph(bytes, owner, options);
}

int8::Graph parse_tflite(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  return tflite::read_file(bytes, std::move(owner), {});
}

int8::Graph read_tflite(const std::string& path) {
  const MappedFile file = map_file(path);
  try {
    return parse_tflite(file.bytes, file.owner);
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  }
}

}  // namespace octet
