#include "interop/onnx/ops/quantized_value.h"

#include <algorithm>
#include <cmath>

#include "core/ops/ops.h"

namespace octet::onnx {
namespace {

/// Ops of which the result is not negative where no operand is.
bool keeps_sign(const Op& op) {
  if (const auto* pad = dynamic_cast<const Pad2dOp*>(&op)) return pad->value >= 0;
  return dynamic_cast<const MaxPool2dOp*>(&op) || dynamic_cast<const AvgPool2dOp*>(&op) ||
         dynamic_cast<const GlobalAvgPoolOp*>(&op) || dynamic_cast<const MeanOp*>(&op) ||
         dynamic_cast<const LayoutOp*>(&op) || dynamic_cast<const ReshapeOp*>(&op) ||
         dynamic_cast<const Resize2dOp*>(&op) || dynamic_cast<const ConcatOp*>(&op) ||
         dynamic_cast<const DropoutOp*>(&op) || dynamic_cast<const AddOp*>(&op) ||
         dynamic_cast<const MulOp*>(&op) || dynamic_cast<const MinimumOp*>(&op) ||
         dynamic_cast<const MaximumOp*>(&op) || dynamic_cast<const HardSwishOp*>(&op);
}

/// Ops of which the result never is.
bool makes_no_sign(const Op& op) {
  return dynamic_cast<const ReluOp*>(&op) || dynamic_cast<const Relu6Op*>(&op) ||
         dynamic_cast<const SigmoidOp*>(&op) || dynamic_cast<const SoftmaxOp*>(&op) ||
         dynamic_cast<const HardSigmoidOp*>(&op) || dynamic_cast<const AbsOp*>(&op) ||
         dynamic_cast<const ExpOp*>(&op) || dynamic_cast<const SqrtOp*>(&op) ||
         dynamic_cast<const SoftplusOp*>(&op);
}

bool is_never_negative(const NetworkBuilder& graph, int id, int depth = 8) {
  const GraphNode& n = graph.node(id);
  if (n.kind == Tape::Kind::constant)
    return std::ranges::all_of(n.constant.span<real>(), [](real v) { return v >= 0; });
  const auto known = graph.quantized.find(id);
  if (known != graph.quantized.end() && known->second.zero_point == known->second.lowest)
    return true;
  if (n.kind == Tape::Kind::op && makes_no_sign(*n.op)) return true;
  if (n.kind != Tape::Kind::op || depth == 0 || !keeps_sign(*n.op)) return false;
  return std::ranges::all_of(n.inputs,
                             [&](int in) { return is_never_negative(graph, in, depth - 1); });
}

int behind(NetworkBuilder& graph, int id, const char* what, OpPtr op) {
  const std::string layer = graph.layer();
  graph.enter(graph.node(id).name + what);
  const int y = graph.op(std::move(op), {id}, graph.node(id).shape);
  graph.enter(layer);
  return y;
}

/// The node that ReLU makes of `id`, where the quantizer is one.
int clamped(NetworkBuilder& graph, int id, const StoredQuantization::Value& q) {
  const bool clamps = q.zero_point == q.lowest && graph.node(id).kind == Tape::Kind::op;
  if (!clamps || is_never_negative(graph, id)) return id;
  const auto known = graph.clamped.find(id);
  if (known != graph.clamped.end()) return known->second;
  const double end = double(q.scale) * (q.highest - q.zero_point);
  OpPtr op = std::make_shared<ReluOp>();
  if (std::abs(end - 6) < 6e-5) op = std::make_shared<Relu6Op>();
  return graph.clamped[id] = behind(graph, id, ".relu", std::move(op));
}

int node_with_params(NetworkBuilder& graph, int id, const StoredQuantization::Value& q) {
  id = clamped(graph, id, q);
  const auto known = graph.quantized.try_emplace(id, q).first;
  if (known->second == q) return id;
  for (const int other : graph.identities[id]) {
    if (graph.quantized.at(other) == q) return other;
  }
  const auto dims = graph.node(id).shape.dims().subspan(1);
  const int y =
      behind(graph, id, ".quantize",
             std::make_shared<ReshapeOp>(std::vector<std::int64_t>(dims.begin(), dims.end())));
  graph.identities[id].push_back(y);
  graph.quantized[y] = q;
  return y;
}

}  // namespace

Value with_params(NetworkBuilder& graph, const Value& v, const StoredQuantization::Value& params,
                  bool of_codes) {
  Value y = v;
  if (v.flattened) {
    y.flattened = std::make_shared<const Value>(with_params(graph, *v.flattened, params, of_codes));
    return y;
  }
  y.node = node_with_params(graph, v.node, params);
  OCTET_CHECK(!of_codes || y.node == v.node, "an input of codes is read with two scales");
  return y;
}

void note_weight_scales(NetworkBuilder& graph, int parameter, const Constant& c, std::size_t axis,
                        std::int64_t repeats, float factor) {
  if (!c.dequantized || !c.dequantized->is_int8 || !(factor > 0)) return;
  const Dequantized& q = *c.dequantized;
  if (std::ranges::any_of(q.zero_points, [](std::int32_t z) { return z != 0; })) return;
  if (q.scales.size() > 1 && q.axis != axis) return;
  std::vector<float> scales;
  for (std::int64_t r = 0; r < (q.scales.size() > 1 ? repeats : 1); ++r) {
    for (const float s : q.scales) scales.push_back(s * factor);
  }
  graph.weight_scales[parameter] = std::move(scales);
}

void note_constant(NetworkBuilder& graph, int constant, const Constant& c) {
  if (!c.dequantized || !c.dequantized->is_int8 || c.dequantized->scales.size() != 1) return;
  graph.quantized[constant] = {c.dequantized->scales[0], c.dequantized->zero_points[0]};
}

}  // namespace octet::onnx
