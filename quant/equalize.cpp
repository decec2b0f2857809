#include "quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/ops/ops.h"

namespace octet::quant {
namespace {

/// A value and the layers around it.
struct Chain {
  int value;                  ///< the node that makes what is evened out
  std::vector<Tensor> rows;   ///< parameters [C, ...] of what makes it: divided by s
  std::vector<int> readers;   ///< convolutions and linear layers
  std::vector<float> ranges;  ///< of channels: sums over batches
};

class Finder {
 public:
  explicit Finder(const GraphModule& graph) : graph_(graph) {
    for (const GraphOutput& y : graph.outputs()) outputs_.push_back(y.node);
  }

  std::optional<Chain> from(int producer) const {
    if (!has_weights(producer)) return std::nullopt;
    Chain chain{producer, {}, {}, {}};
    std::vector<int> scaled = node(producer).inputs;
    scaled.erase(scaled.begin());
    if (const int next = sole_reader(producer); is<BatchNormOp>(next)) {
      chain.value = next;
      scaled = {node(next).inputs.begin() + 1, node(next).inputs.end()};
    }
    if (const int next = sole_reader(chain.value); is<ReluOp>(next)) chain.value = next;
    chain.readers = graph_.consumers(chain.value);
    const bool fits = !is_output(chain.value) && !chain.readers.empty() &&
                      std::ranges::all_of(scaled, [&](int p) { return is_own(p); }) &&
                      std::ranges::all_of(chain.readers, [&](int r) {
                        return has_weights(r) && node(r).inputs[0] == chain.value &&
                               is_own(node(r).inputs[1]) && has_channels(r, chain.value);
                      });
    if (!fits) return std::nullopt;
    for (const int p : scaled) chain.rows.push_back(node(p).parameter->value);
    return chain;
  }

 private:
  const GraphNode& node(int id) const { return graph_.nodes()[static_cast<std::size_t>(id)]; }
  template <class T>
  bool is(int id) const {
    return id >= 0 && dynamic_cast<const T*>(node(id).op.get());
  }
  bool is_output(int id) const { return std::ranges::find(outputs_, id) != outputs_.end(); }
  int sole_reader(int id) const {
    const std::vector<int> all = graph_.consumers(id);
    return all.size() == 1 && !is_output(id) ? all[0] : -1;
  }
  bool has_weights(int id) const { return is<Conv2dOp>(id) || is<LinearOp>(id); }
  /// A parameter that one layer reads.
  bool is_own(int id) const { return node(id).parameter && graph_.consumers(id).size() == 1; }
  /// The weights of `reader` say which channels of `value` they are for: not those of groups.
  bool has_channels(int reader, int value) const {
    const auto* conv = dynamic_cast<const Conv2dOp*>(node(reader).op.get());
    return !conv || conv->groups == 1 || conv->groups == node(value).shape[-1];
  }

  const GraphModule& graph_;
  std::vector<int> outputs_;
};

/// Calls f(weight, channel of the input) for the weights of a reader of `channels` channels.
template <class F>
void for_weights(Tensor weight, std::int64_t channels, const F& f) {
  const std::int64_t inner = weight.shape()[-1];
  const bool depthwise = inner == 1 && channels > 1;
  const std::int64_t of_channel = weight.numel() / channels;  // depthwise: side by side
  for (std::int64_t i = 0; i < weight.numel(); ++i) {
    f(weight.r()[i], static_cast<std::size_t>(depthwise ? i / of_channel : i % inner));
  }
}

const Tensor& weight_of(const GraphModule& graph, int layer) {
  const auto node = [&](int id) -> const GraphNode& {
    return graph.nodes()[static_cast<std::size_t>(id)];
  };
  return node(node(layer).inputs[1]).parameter->value;
}

std::vector<float> factors(const GraphModule& graph, const Chain& chain, float batches) {
  const std::size_t channels = chain.ranges.size();
  std::vector<float> weights(channels, 0), factor(channels, 0);
  bool all_depthwise = true;
  for (const int reader : chain.readers) {
    const Tensor& w = weight_of(graph, reader);
    if (w.shape()[-1] == 1 && channels > 1) continue;
    all_depthwise = false;
    for_weights(w, static_cast<std::int64_t>(channels),
                [&](real v, std::size_t c) { weights[c] = std::max(weights[c], std::fabs(v)); });
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const float range = chain.ranges[c] / batches;
    if (range > 0 && (all_depthwise || weights[c] > 0))
      factor[c] = all_depthwise ? range : std::pow(range, 0.75f) / std::pow(weights[c], 0.25f);
  }
  const float largest = std::ranges::max(factor);
  float least = 1;
  for (float& f : factor) {
    f = f > 0 ? std::max(f / largest, 1e-3f) : 1;
    least = std::min(least, f);
  }
  // Nothing comes of a channel that is always 0, but its weights in the readers must not set the
  // scale of those that others shrink.
  for (std::size_t c = 0; c < channels; ++c) {
    if (chain.ranges[c] == 0) factor[c] = least;
  }
  return factor;
}

void scale(const GraphModule& graph, Chain& chain, const std::vector<float>& factor) {
  const auto channels = static_cast<std::int64_t>(factor.size());
  for (Tensor& rows : chain.rows) {
    const std::int64_t row = rows.numel() / channels;
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
      rows.r()[i] /= factor[static_cast<std::size_t>(i / row)];
    }
  }
  for (const int reader : chain.readers) {
    for_weights(weight_of(graph, reader), channels,
                [&](real& v, std::size_t c) { v *= factor[c]; });
  }
}

/// Adds the largest magnitude of each channel.
void add_ranges(std::vector<float>& ranges, const Tensor& value) {
  const std::int64_t channels = value.shape()[-1];
  std::vector<float> largest(static_cast<std::size_t>(channels), 0);
  for (std::int64_t i = 0; i < value.numel(); ++i) {
    float& most = largest[static_cast<std::size_t>(i % channels)];
    most = std::max(most, std::fabs(value.r()[i]));
  }
  ranges.resize(largest.size(), 0);
  for (std::size_t c = 0; c < largest.size(); ++c) ranges[c] += largest[c];
}

}  // namespace

int equalize(GraphModule& graph, const std::function<std::vector<Tensor>()>& batches,
             Context& ctx) {
  std::vector<Chain> chains;
  std::vector<GraphOutput> values;
  const Finder finder(graph);
  for (int id = 0; id < static_cast<int>(graph.nodes().size()); ++id) {
    auto chain = finder.from(id);
    if (!chain) continue;
    values.push_back({chain->value});
    chains.push_back(std::move(*chain));
  }
  if (chains.empty()) return 0;
  GraphModule inside(graph.nodes(), graph.inputs(), values);
  inside.eval();
  int count = 0;
  for (std::vector<Tensor> x; !(x = batches()).empty(); ++count) {
    Tape tape(ctx, GradMode::off);
    std::vector<Var> inputs;
    for (const Tensor& t : x) inputs.push_back(tape.input(t));
    const std::vector<Var> y = inside(inputs);
    for (std::size_t i = 0; i < chains.size(); ++i) add_ranges(chains[i].ranges, y[i].value());
  }
  OCTET_CHECK(count > 0, "equalize: there was no batch");
  for (Chain& chain : chains) {
    scale(graph, chain, factors(graph, chain, static_cast<float>(count)));
  }
  return static_cast<int>(chains.size());
}

}  // namespace octet::quant
