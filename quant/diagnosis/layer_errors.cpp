#include "quant/diagnosis/layer_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "quant/diagnosis/compute_in_floats.h"
#include "quant/kernels/dequantize.h"
#include "quant/qops/input_output.h"
#include "quant/qops/qlayer.h"

namespace octet::quant {
namespace {

const QOp& qop_of(const GraphNode& n) {
  return dynamic_cast<const QOp&>(*n.op);
}
bool is_op(const GraphNode& n) {
  return n.kind == Tape::Kind::op;
}
/// Whether the node's result has params that are its own to choose.
bool is_listed(const GraphNode& n) {
  if (!is_op(n)) return false;
  const QOp& op = qop_of(n);
  return op.out && !op.keeps_params && op.in_graph();
}

double decibels(double signal, double noise) {
  if (noise == 0) return most_sqnr;
  return std::clamp(10 * std::log10(signal / noise), -most_sqnr, most_sqnr);
}

/// Of values that are there; 0 without any.
double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// What has been seen of one layer.
class LayerSums {
 public:
  void add(const Tensor& reals, const Tensor& codes, QuantParams params) {
    const Shape& shape = reals.shape();
    const auto channels = static_cast<std::size_t>(shape.rank() < 2 ? 1 : shape[-1]);
    if (channels_.empty()) channels_.resize(channels);
    const real* x = reals.r();
    const auto q = codes.span<std::int8_t>();
    // Half a step beyond the end codes still rounds to them.
    const double lowest = double(params.scale) * (-128.5 - params.zero_point);
    const double highest = double(params.scale) * (127.5 - params.zero_point);
    for (std::size_t i = 0; i < q.size(); ++i) {
      Channel& c = channels_[i % channels];
      const double value = double{x[i]};
      const double error = double(params.scale) * (q[i] - params.zero_point) - value;
      c.signal += value * value;
      c.noise += error * error;
      c.magnitude = std::max(c.magnitude, std::abs(value));
      min_ = std::min(min_, value);
      max_ = std::max(max_, value);
      beyond_ += value < lowest || value > highest;
      seen_[static_cast<std::size_t>(q[i] + 128)] = true;
    }
    count_ += static_cast<std::int64_t>(q.size());
  }

  void write_to(LayerError& e) const {
    double signal = 0, noise = 0;
    std::vector<double> ratios, magnitudes;
    double largest = 0;
    for (std::size_t k = 0; k < channels_.size(); ++k) {
      const Channel& c = channels_[k];
      signal += c.signal;
      noise += c.noise;
      if (c.magnitude == 0) continue;
      ratios.push_back(decibels(c.signal, c.noise));
      magnitudes.push_back(c.magnitude);
      if (c.magnitude <= largest) continue;
      largest = c.magnitude;
      e.largest_channel = static_cast<int>(k);
    }
    e.min = min_;
    e.max = max_;
    e.sqnr = decibels(signal, noise);
    e.channel_sqnr = ratios.empty() ? e.sqnr : median(ratios);
    if (!magnitudes.empty()) e.channel_spread = largest / median(magnitudes);
    e.saturated = static_cast<double>(beyond_) / static_cast<double>(count_);
    e.codes = static_cast<int>(std::ranges::count(seen_, true));
  }

 private:
  struct Channel {
    double signal = 0, noise = 0, magnitude = 0;
  };
  std::vector<Channel> channels_;
  double min_ = std::numeric_limits<double>::max(), max_ = std::numeric_limits<double>::lowest();
  std::int64_t count_ = 0, beyond_ = 0;
  std::array<bool, 256> seen_{};
};

/// Tape ids of the graph's op nodes, in order.
std::vector<int> recorded_ops(const Tape& tape) {
  std::vector<int> ids;
  for (int id = 0; id < tape.size(); ++id) {
    if (tape.node(id).kind == Tape::Kind::op) ids.push_back(id);
  }
  return ids;
}

void run(Module& network, Tape& tape, const std::vector<Tensor>& x) {
  tape.keep_inner_values();
  std::vector<Var> inputs;
  for (const Tensor& t : x) inputs.push_back(tape.input(t));
  network(inputs);
}

/// The float ops from `layer` to its last one: batch norm and activation are named after it in the
/// prepared graph.
std::vector<std::string> float_ops(const GraphModule& graph, const std::string& layer,
                                   const std::set<std::string>& prepared) {
  const auto& nodes = graph.nodes();
  const auto first =
      std::ranges::find_if(nodes, [&](const GraphNode& n) { return is_op(n) && n.name == layer; });
  std::vector<std::string> ops;
  if (first == nodes.end()) return ops;
  for (int id = static_cast<int>(first - nodes.begin());;) {
    ops.push_back(nodes[static_cast<std::size_t>(id)].name);
    const std::vector<int> readers = graph.consumers(id);
    if (readers.size() != 1) return ops;
    id = readers[0];
    if (prepared.contains(nodes[static_cast<std::size_t>(id)].name)) return ops;
  }
}

/// Of output channels, where all have one scale.
double weight_spread(const QOp& op, const GraphModule& graph, const GraphNode& n) {
  const auto* layer = dynamic_cast<const QLayerOp*>(&op);
  if (!layer || layer->weights->spec().axis) return 0;
  const GraphNode& w = graph.nodes()[static_cast<std::size_t>(n.inputs[1])];
  if (w.kind != Tape::Kind::param) return 0;
  const Tensor& value = w.parameter->value;
  const std::int64_t channels = value.shape()[0];
  std::vector<double> magnitudes;
  for (std::int64_t c = 0, size = value.numel() / channels; c < channels; ++c) {
    double most = 0;
    for (std::int64_t i = 0; i < size; ++i)
      most = std::max(most, std::abs(double{value.r()[c * size + i]}));
    if (most > 0) magnitudes.push_back(most);
  }
  return magnitudes.empty() ? 0 : std::ranges::max(magnitudes) / median(magnitudes);
}

/// Layers that read node `id`, through what keeps its params.
void add_readers(const GraphModule& graph, int id, std::vector<std::string>& readers) {
  for (const int reader : graph.consumers(id)) {
    const QOp& op = qop_of(graph.nodes()[static_cast<std::size_t>(reader)]);
    if (dynamic_cast<const QOutputOp*>(&op)) continue;
    readers.push_back(op.layer);
    if (op.keeps_params || !op.in_graph()) add_readers(graph, reader, readers);
  }
}

}  // namespace

std::vector<LayerError> measure_layer_errors(QatModel& model, const GraphModule& graph,
                                             const std::function<std::vector<Tensor>()>& batches,
                                             Context& ctx, int most) {
  const auto floats = compute_in_floats(model, [](const QOp&) { return true; });
  const EvaluationMode eval(model);
  const auto& nodes = model.graph().nodes();
  std::vector<LayerSums> sums(nodes.size());
  int count = 0;
  for (std::vector<Tensor> x; count < most && !(x = batches()).empty(); ++count) {
    Tape reals(ctx, GradMode::off), codes(ctx, GradMode::off);
    run(*floats, reals, x);
    run(model, codes, x);
    const std::vector<int> real_ids = recorded_ops(reals), code_ids = recorded_ops(codes);
    std::size_t op = 0;
    for (std::size_t id = 0; id < nodes.size(); ++id) {
      if (!is_op(nodes[id])) continue;
      if (is_listed(nodes[id])) {
        sums[id].add(reals.node(real_ids[op]).value, codes.node(code_ids[op]).value,
                     qop_of(nodes[id]).out->params);
      }
      ++op;
    }
  }
  OCTET_CHECK(count > 0, "layer errors: there was no batch");

  std::set<std::string> prepared;
  for (const GraphNode& n : nodes) {
    if (is_op(n)) prepared.insert(n.name);
  }
  constexpr double best = 40;  // what 8 bits can give of values that fill their range
  std::vector<double> sqnr(nodes.size(), best);
  std::vector<LayerError> layers;
  for (std::size_t id = 0; id < nodes.size(); ++id) {
    const GraphNode& n = nodes[id];
    if (!is_op(n)) continue;
    for (const int in : n.inputs) sqnr[id] = std::min(sqnr[id], sqnr[static_cast<std::size_t>(in)]);
    if (!is_listed(n)) continue;
    const QOp& op = qop_of(n);
    LayerError e{.layer = op.layer, .scale = op.out->params.scale};
    e.zero_point = op.out->params.zero_point;
    e.ops = float_ops(graph, op.layer, prepared);
    sums[id].write_to(e);
    e.drop = sqnr[id] - std::min(e.channel_sqnr, best);
    sqnr[id] = std::min(e.channel_sqnr, best);
    e.weight_spread = weight_spread(op, model.graph(), n);
    add_readers(model.graph(), static_cast<int>(id), e.readers);
    layers.push_back(std::move(e));
  }
  return layers;
}

}  // namespace octet::quant
