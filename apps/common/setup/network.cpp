#include "apps/common/setup/network.h"

#include <algorithm>

#include "apps/common/setup/imported_network.h"
#include "apps/common/setup/layer_network.h"
#include "apps/common/setup/memory.h"
#include "apps/common/setup/task_setup.h"
#include "base/error.h"
#include "base/fnv1a.h"
#include "base/mapped_file.h"
#include "base/some_of.h"
#include "deploy/targets.h"
#include "layers/graph/classifier.h"
#include "layers/graph/draw_parameters.h"
#include "quant/params.h"
#include "quant/prepare.h"

namespace octet::setup {
namespace {

/// Of the file, and of the weights, which may lie in others.
std::string network_hash(const std::string& file, const GraphModule& graph) {
  Fnv1a hash;
  hash.add(map_file(file).bytes);
  for (const NamedTensor& t : graph.state()) hash.add({t.value.raw(), t.value.bytes()});
  return hash_text(hash.value());
}

/// Of a network for it the one output is [N, numbers].
bool is_row_of_numbers(Task task) {
  return task == Task::classification || task == Task::regression;
}

void note_left_out(FloatNetwork& network, const Classifier& classifier) {
  if (classifier.left_out.empty()) return;
  network.notes.push_back("it ends in " + classifier.left_out +
                          ", which is left out, here and in the file that ships");
}

FloatNetwork of_layers(const config::Config& c, std::int64_t classes, const Shape& input) {
  const ModulePtr layers = make_layer_network(
      c, input, classes, [&](const std::string& pointer, std::int64_t parameters) {
        check_parameter_memory(c, pointer, parameters);
      });
  FloatNetwork network;
  network.name = "a network of " + std::to_string(c.model.layers.size()) + " layers";
  const auto graph = trace(layers, Tensor::zeros(input));
  const Task task = task_of(c);
  if (!is_row_of_numbers(task)) {  // check_output() looks at them
    network.module = graph;
    return network;
  }
  const GraphNode& result = graph->nodes()[static_cast<std::size_t>(graph->outputs()[0].node)];
  const std::size_t last = c.model.layers.size() - 1;
  OCTET_CHECK(result.shape[-1] == classes && result.shape.numel() == classes,
              c.where("/model/layers/" + std::to_string(last)), ": layer '", result.name, "' (",
              c.model.layers[last].type, "), the last: expected [1, ", classes,
              "], a number for each ", task == Task::regression ? "target" : "class", ", got ",
              result.shape, " for one sample");
  Init init;  // not asked: its head is of so many outputs
  Classifier classifier =
      make_classifier(*graph, classes, init, /*logits=*/task == Task::classification);
  network.module = std::move(classifier.graph);
  note_left_out(network, classifier);
  return network;
}

/// model.weights "new".
void draw_weights(GraphModule& graph, Init& init, FloatNetwork& network) {
  const std::vector<std::string> kept = draw_parameters(graph, init);
  for (const NamedParameter& p : graph.named_parameters()) {
    if (std::ranges::count(kept, p.name) == 0) network.fresh.push_back(p.name);
  }
  network.notes.push_back("its architecture alone, with new weights" +
                          (kept.empty() ? "" : "; kept from the file: " + some_of(kept)));
  network.stored = {};
}

FloatNetwork imported(const config::Config& c, std::int64_t classes, const Shape& input) {
  const std::string file = c.model.import.path.string();
  ImportedNetwork from = import_network(file, input);
  check_takes(*from.graph, input, file);
  FloatNetwork network{.name = c.model.import.path.filename().string(),
                       .module = {},
                       .stored = std::move(from.stored),
                       .import_hash = network_hash(file, *from.graph),
                       .fresh = {},
                       .notes = {}};
  Init init(static_cast<std::uint64_t>(c.seed));
  if (c.model.weights == "new") draw_weights(*from.graph, init, network);
  const Task task = task_of(c);
  if (!is_row_of_numbers(task)) {  // as they are
    network.module = std::move(from.graph);
    network.module->train();
    return network;
  }
  Classifier classifier = [&] {
    try {
      return make_classifier(*from.graph, classes, init,
                             /*logits=*/task == Task::classification);
    } catch (const Error& e) {
      fail(file, ": ", e.what());
    }
  }();
  network.module = std::move(classifier.graph);
  network.module->train();
  for (const std::string& name : classifier.fresh) network.stored.weights.erase(name);
  for (const std::string& name : classifier.changed) network.stored.values.erase(name);
  note_left_out(network, classifier);
  if (!classifier.fresh.empty()) {
    std::string note = std::to_string(classes) + " classes instead of " +
                       std::to_string(classifier.classes_before) + ", new:";
    for (const std::string& name : classifier.fresh) note += " " + name;
    network.notes.push_back(std::move(note));
  }
  if (network.fresh.empty()) network.fresh = std::move(classifier.fresh);
  return network;
}

}  // namespace

zoo::NetworkOptions network_options(const config::Config& c, const Dataset& data,
                                    const Shape& input) {
  zoo::NetworkOptions options;
  options.classes = output_count(c, data);
  options.in_h = static_cast<int>(input[1]);
  options.in_w = static_cast<int>(input[2]);
  options.in_c = static_cast<int>(input[3]);
  options.width = c.model.width;
  options.output_stride = c.model.output_stride;
  options.seed = static_cast<std::uint64_t>(c.seed);
  return options;
}

FloatNetwork make_network(const config::Config& c, const Dataset& data, const Shape& input) {
  const zoo::NetworkOptions options = network_options(c, data, input);
  if (!c.model.layers.empty()) return of_layers(c, options.classes, input);
  if (c.model.zoo.empty()) {
    try {
      return imported(c, options.classes, input);
    } catch (const Error& e) {
      fail(c.where("/model/import"), ": ", e.what());
    }
  }
  check_parameter_memory(c, options);
  try {
    FloatNetwork network;
    network.name = c.model.zoo;
    network.module = zoo::make_model(c.model.zoo, options);
    return network;
  } catch (const Error& e) {
    fail(c.where("/model"), ": ", e.what());
  }
}

std::shared_ptr<GraphModule> graph_of(const ModulePtr& network, const Shape& input) {
  auto graph = std::dynamic_pointer_cast<GraphModule>(network);
  return graph ? graph : trace(network, Tensor::zeros(input));
}

quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels,
                            const StoredQuantization& stored) {
  const config::QuantConfig& q = *c.quant;
  quant::QConfig config;
  const deploy::Target& target = deploy::find_target(q.target);
  config.rounding = q.rounding == "target" ? target.rounding : *int8::parse_rounding(q.rounding);
  if (q.weights == "per_tensor") config.weights = quant::QuantSpec::per_tensor();
  config.weights.bits = q.weight_bits > 0 ? q.weight_bits : target.weight_bits;
  config.activations.symmetric = target.symmetric_activations;
  config.float_layers = q.float_layers;
  config.observer = quant::parse_observer(q.observer);
  config.averaging = q.averaging;
  const auto per_channel = [&](const std::vector<double>& values, const char* what) {
    const auto n = static_cast<std::int64_t>(values.size());
    OCTET_CHECK(n == 1 || n == channels, c.where(std::string("/data/normalize/") + what),
                ": expected 1 or ", channels, " numbers, got ", n);
    std::vector<float> out(values.begin(), values.end());
    if (n == 1) out.resize(static_cast<std::size_t>(channels), out[0]);
    return out;
  };
  auto mean = per_channel(c.data.normalize.mean, "mean");
  auto std = per_channel(c.data.normalize.std, "std");
  // The range of pixels is known, that of other numbers is observed.
  if (!c.data.real_samples)
    config.input = quant::input_params(std::move(mean), std::move(std), config.activations);
  config.stored = stored;
  return config;
}

quant::QatModelPtr prepare(const config::Config& c, const FloatNetwork& network,
                           const Shape& input) {
  const auto graph = graph_of(network.module, input);
  const quant::QConfig qconfig = make_qconfig(c, input[3], network.stored);
  try {
    return c.quant->mode == "ptq" ? quant::prepare_ptq(graph, qconfig)
                                  : quant::prepare_qat(graph, qconfig);
  } catch (const Error& e) {
    fail(c.where("/quant"), ": ", e.what());
  }
}

}  // namespace octet::setup
