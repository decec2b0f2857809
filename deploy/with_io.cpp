#include "deploy/with_io.h"

#include <algorithm>
#include <map>
#include <optional>

#include "deploy/erase_tensors.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::Graph;
using int8::Node;
using int8::OpCode;
using int8::TensorDef;

constexpr const char* core_suffix = "_int8";

DType dtype_of(Io io) noexcept {
  return io == Io::int8 ? DType::i8 : io == Io::uint8 ? DType::u8 : DType::f32;
}

bool has_codes(const TensorDef& t) {
  return t.type == DType::i8 && t.quantization.scale.size() == 1 && !t.constant;
}

/// `edge` has the reals of the codes `core`, or the codes and 128.
bool is_edge_of(const TensorDef& edge, const TensorDef& core) {
  if (!has_codes(core) || edge.constant) return false;
  if (edge.type == DType::f32) return true;
  return edge.type == DType::u8 && edge.quantization.scale == core.quantization.scale &&
         edge.quantization.zero_point.size() == 1 &&
         edge.quantization.zero_point[0] == core.quantization.zero_point[0] + 128;
}

class Edges {
 public:
  explicit Edges(Graph& graph) : graph_(graph) {
    for (std::size_t i = 0; i < graph.inputs.size(); ++i)
      input_names_.push_back(input_name(graph, i));
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
      output_names_.push_back(output_name(graph, i));
  }

  /// Outputs first and each from the last to the first: the order in which they were made,
  /// backward.
  void take_away(Io inputs, Io outputs) {
    for (std::size_t i = graph_.outputs.size(); i-- > 0;) {
      if (!has_io(tensor(graph_.outputs[i]), outputs)) take_output(graph_.outputs[i]);
    }
    for (std::size_t i = graph_.inputs.size(); i-- > 0;) {
      if (!has_io(tensor(graph_.inputs[i]), inputs)) take_input(graph_.inputs[i]);
    }
    erase_tensors(graph_, gone_);
  }

  void put(Io inputs, Io outputs) {
    std::vector<Node> quantizes;
    for (int& t : graph_.inputs) {
      if (has_io(tensor(t), inputs) || !has_codes(tensor(t))) continue;
      const int edge = add_edge(t, inputs);
      quantizes.push_back({OpCode::quantize, {edge}, {t}, {}});
      t = edge;
    }
    graph_.nodes.insert(graph_.nodes.begin(), quantizes.begin(), quantizes.end());
    std::map<int, int> edges;  // of cores: outputs may be the same value twice
    for (int& t : graph_.outputs) {
      if (has_io(tensor(t), outputs) || !has_codes(tensor(t))) continue;
      const auto [found, is_new] = edges.try_emplace(t, -1);
      if (is_new) {
        found->second = add_edge(t, outputs);
        const OpCode op = outputs == Io::uint8 ? OpCode::quantize : OpCode::dequantize;
        graph_.nodes.push_back({op, {t}, {found->second}, {}});
      }
      t = found->second;
    }
    graph_.input_names = input_names_;
    graph_.output_names = output_names_;
  }

 private:
  TensorDef& tensor(int t) { return graph_.tensors[static_cast<std::size_t>(t)]; }

  int add_edge(int core, Io io) {
    TensorDef edge;
    edge.name = tensor(core).name;
    edge.type = dtype_of(io);
    edge.shape = tensor(core).shape;
    if (io == Io::uint8) {
      edge.quantization = tensor(core).quantization;
      edge.quantization.zero_point[0] += 128;
    }
    tensor(core).name += core_suffix;
    graph_.tensors.push_back(std::move(edge));
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  std::size_t readers(int t) const {
    std::size_t count = 0;
    for (const Node& n : graph_.nodes)
      count += static_cast<std::size_t>(std::count(n.inputs.begin(), n.inputs.end(), t));
    return count;
  }
  bool is_state(int t) const {
    return std::any_of(graph_.states.begin(), graph_.states.end(),
                       [t](const int8::State& s) { return s.input == t || s.output == t; });
  }
  bool is_output(int t) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), t) != graph_.outputs.end();
  }

  void drop(std::size_t node, int edge, int core) {
    tensor(core).name = tensor(edge).name;
    graph_.nodes.erase(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(node));
    gone_.insert(edge);
  }

  void take_input(int& input) {
    const int edge = input;
    if (readers(edge) != 1 || is_output(edge) || is_state(edge)) return;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.op != OpCode::quantize || node.inputs[0] != edge) continue;
      const int core = node.outputs[0];
      if (!is_edge_of(tensor(edge), tensor(core))) return;
      drop(n, edge, core);
      input = core;
      return;
    }
  }

  void take_output(int output) {
    const int edge = output;
    if (readers(edge) != 0 || is_state(edge)) return;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      const OpCode wanted = tensor(edge).type == DType::f32 ? OpCode::dequantize : OpCode::quantize;
      if (node.op != wanted || node.outputs[0] != edge) continue;
      const int core = node.inputs[0];
      if (!is_edge_of(tensor(edge), tensor(core))) return;
      drop(n, edge, core);
      std::replace(graph_.outputs.begin(), graph_.outputs.end(), edge, core);
      return;
    }
  }

  Graph& graph_;
  std::vector<std::string> input_names_, output_names_;
  std::set<int> gone_;
};

}  // namespace

bool has_io(const TensorDef& edge, Io io) noexcept {
  return edge.type == dtype_of(io);
}

Graph with_io(Graph graph, Io inputs, Io outputs) {
  Edges edges(graph);
  edges.take_away(inputs, outputs);
  edges.put(inputs, outputs);
  return graph;
}

}  // namespace octet::deploy
