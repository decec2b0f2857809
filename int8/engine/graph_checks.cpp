#include "int8/engine/graph_checks.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "int8/ops/catalogue.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

void check_size(const TensorDef& t) {
  OCTET_CHECK(is_quantizable(t.type) || is_integer(t.type) || t.type == DType::f32, quoted(t),
              ": unknown type ", static_cast<int>(t.type));
  OCTET_CHECK(t.shape.size() <= max_rank, quoted(t), ": expected at most ", max_rank,
              " dimensions, got ", t.shape.size());
  std::uint64_t bytes = dtype_size(t.type);
  for (const std::int32_t d : t.shape) {
    OCTET_CHECK(d >= 1, quoted(t), ": expected dimensions >= 1, got ", to_string(t.shape));
    bytes *= static_cast<std::uint64_t>(d);
    OCTET_CHECK(bytes < max_tensor_bytes, quoted(t), ": expected less than ", max_tensor_bytes,
                " bytes, got shape ", to_string(t.shape));
  }
  if (t.constant) {
    OCTET_CHECK(t.constant.size == bytes, quoted(t), ": expected ", bytes,
                " bytes of data for shape ", to_string(t.shape), ", got ", t.constant.size);
  }
}

void check_quantization(const TensorDef& t) {
  const Quantization& q = t.quantization;
  if (!is_quantizable(t.type) || (q.scale.empty() && q.zero_point.empty())) return;
  OCTET_CHECK(!q.scale.empty(), quoted(t), ": expected a scale with the zero point");
  for (const float s : q.scale) {
    OCTET_CHECK(usable_scale(t, s), quoted(t),
                t.constant ? ": expected finite scales >= 0, got "
                           : ": expected finite scales > 0 of normal range, got ",
                s);
  }
  OCTET_CHECK(q.zero_point.size() == 1 || q.zero_point.size() == q.scale.size(), quoted(t),
              ": expected 1 or ", q.scale.size(), " zero points, got ", q.zero_point.size());
  const std::int32_t least = least_code(t.type), most = most_code(t.type);
  for (const std::int32_t z : q.zero_point) {
    OCTET_CHECK(z >= least && z <= most, quoted(t), ": expected zero points in [", least, ", ",
                most, "], got ", z);
  }
  if (q.scale.size() == 1) return;
  OCTET_CHECK(q.axis >= 0 && q.axis < static_cast<int>(t.shape.size()), quoted(t),
              ": expected a quantized dimension of ", to_string(t.shape), ", got ", q.axis);
  const std::int32_t channels = t.shape[static_cast<std::size_t>(q.axis)];
  OCTET_CHECK(q.scale.size() == static_cast<std::size_t>(channels), quoted(t), ": expected ",
              channels, " scales, got ", q.scale.size());
}

/// What is known to have a value while the nodes are walked in order.
enum class Source : unsigned char { none, constant, graph_input, node };

class GraphWalk {
 public:
  explicit GraphWalk(const Graph& graph) : graph_(graph), source_(graph.tensors.size()) {
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
      if (graph.tensors[i].constant) source_[i] = Source::constant;
    }
  }

  void add_inputs() {
    for (const int t : graph_.inputs) {
      Source& source = at(t, "graph input");
      OCTET_CHECK(source == Source::none, "graph input ", quoted(tensor(t)),
                  source == Source::constant ? ": is a constant" : ": is listed twice");
      check_io(tensor(t), "graph input ");
      source = Source::graph_input;
    }
  }

  void add_states() {
    for (const State& s : graph_.states) {
      Source& source = at(s.input, "state");
      OCTET_CHECK(source == Source::none, "state ", quoted(tensor(s.input)),
                  source == Source::constant ? ": is a constant" : ": is an input already");
      source = Source::graph_input;
    }
  }

  void add_node(const Node& node) {
    OCTET_CHECK(find_op(node.op), "unknown op code ", static_cast<int>(node.op));
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == -1) continue;
      OCTET_CHECK(at(node.inputs[i], "input") != Source::none, "input ", i, ", ",
                  quoted(tensor(node.inputs[i])),
                  ": expected a constant, a graph input or an earlier op's output");
    }
    OCTET_CHECK(!node.outputs.empty(), "outputs: expected at least 1, got 0");
    for (const int t : node.outputs) {
      Source& source = at(t, "output");
      OCTET_CHECK(source == Source::none, "output ", quoted(tensor(t)),
                  source == Source::constant      ? ": is a constant"
                  : source == Source::graph_input ? ": is a graph input"
                                                  : ": is another op's output");
      source = Source::node;
    }
  }

  void check_outputs() {
    OCTET_CHECK(!graph_.outputs.empty(), "graph outputs: expected at least 1, got 0");
    for (const int t : graph_.outputs) {
      const Source source = at(t, "graph output");
      OCTET_CHECK(source == Source::node || source == Source::graph_input, "graph output ",
                  quoted(tensor(t)), ": no op produces it");
      check_io(tensor(t), "graph output ");
    }
  }

  void check_states() {
    for (const State& s : graph_.states) {
      OCTET_CHECK(at(s.output, "next state") != Source::none, "next state ",
                  quoted(tensor(s.output)), ": no op produces it");
      const TensorDef &now = tensor(s.input), &next = tensor(s.output);
      OCTET_CHECK(next.type == now.type && next.shape == now.shape, "next state ", quoted(next),
                  ": expected ", dtype_name(now.type), ' ', to_string(now.shape), " as in ",
                  quoted(now), ", got ", dtype_name(next.type), ' ', to_string(next.shape));
      OCTET_CHECK(s.initial.size == tensor_bytes(now), "state ", quoted(now), ": expected ",
                  tensor_bytes(now), " bytes to begin with, got ", s.initial.size);
    }
  }

 private:
  Source& at(int t, const char* what) {
    OCTET_CHECK(t >= 0 && static_cast<std::size_t>(t) < source_.size(), what,
                ": expected a tensor index below ", source_.size(), ", got ", t);
    return source_[static_cast<std::size_t>(t)];
  }
  const TensorDef& tensor(int t) const { return graph_.tensors[static_cast<std::size_t>(t)]; }

  static void check_io(const TensorDef& t, const char* what) {
    OCTET_CHECK(!is_quantizable(t.type) || t.quantization.scale.size() <= 1, what, quoted(t),
                ": expected one scale, got ", t.quantization.scale.size());
  }

  const Graph& graph_;
  std::vector<Source> source_;
};

}  // namespace

bool usable_scale(const TensorDef& t, float scale) noexcept {
  return t.constant ? std::isfinite(scale) && scale >= 0.0f : std::isnormal(scale) && scale > 0.0f;
}

void check_graph(const Graph& graph) {
  for (const TensorDef& t : graph.tensors) {
    check_size(t);
    check_quantization(t);
  }
  GraphWalk walk(graph);
  walk.add_inputs();
  walk.add_states();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    try {
      walk.add_node(graph.nodes[i]);
    } catch (const Error& e) {
      fail("op ", i, " ", op_name(graph.nodes[i].op), ": ", e.what());
    }
  }
  walk.check_outputs();
  walk.check_states();
}

}  // namespace octet::int8
