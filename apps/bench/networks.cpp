#include "apps/bench/networks.h"

#include <algorithm>

#include "apps/common/setup/data.h"
#include "base/error.h"
#include "base/nearest.h"

namespace octet::bench {
namespace {

constexpr std::uint64_t seed = 1;

struct Entry {
  std::string_view name, zoo;
  int classes, size;  // 0: the model's own
  double width;
  int batch;
};

constexpr Entry entries[] = {
    {"lenet", "lenet", 0, 0, 1, 64},
    {"resnet8", "resnet8", 0, 0, 1, 64},
    {"mobilenet_v1_025", "mobilenet_v1", 2, 96, 0.25, 64},
    {"ds_cnn", "ds_cnn", 0, 0, 1, 64},
    {"mobilenet_v2", "mobilenet_v2", 0, 0, 1, 16},
    {"resnet18", "resnet18", 0, 0, 1, 16},
};

/// What the networks by name train with.
std::shared_ptr<const config::Config> default_config() {
  const auto c = std::make_shared<config::Config>();
  c->train.emplace();
  c->quant.emplace();
  c->quant->optimizer = c->train->optimizer;
  return c;
}

Network resolved(std::string name, std::string zoo_name, zoo::NetworkOptions options, int batch,
                 Mode mode) {
  options.seed = seed;
  options = zoo::resolve_options(zoo_name, options);
  return {.name = std::move(name),
          .zoo = std::move(zoo_name),
          .options = options,
          .batch = batch,
          .config = default_config(),
          .mode = mode};
}

}  // namespace

Mode parse_mode(std::string_view name) {
  if (name == "float") return Mode::real;
  if (name == "qat") return Mode::qat;
  OCTET_CHECK(name == "qat-frozen", "mode: expected float, qat or qat-frozen, got ", name);
  return Mode::qat_frozen;
}

setup::TrainingSection Network::section() const {
  return mode == Mode::real ? setup::train_section(*config) : setup::quant_section(*config);
}

ModulePtr Network::make() const {
  return zoo.empty() ? setup::graph_of(imported.module, input(1))->clone()
                     : zoo::make_model(zoo, options);
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries) names.emplace_back(e.name);
  for (std::string& name : zoo::model_names()) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

Network find_network(std::string_view name, Mode mode) {
  for (const Entry& e : entries) {
    if (e.name != name) continue;
    zoo::NetworkOptions o;
    o.classes = e.classes;
    o.in_h = o.in_w = e.size;
    o.width = e.width;
    return resolved(std::string(name), std::string(e.zoo), o, e.batch, mode);
  }
  const std::vector<std::string> models = zoo::model_names();
  if (std::find(models.begin(), models.end(), name) != models.end())
    return resolved(std::string(name), std::string(name), {}, 16, mode);
  fail("unknown network '", name, "': did you mean '", nearest(name, network_names()), "'?");
}

Network network_of_config(const std::string& file, Mode mode) {
  const auto c = std::make_shared<config::Config>(config::read_config(file, {}));
  if (mode == Mode::real) {
    OCTET_CHECK(c->train, c->where("/train"),
                ": --mode float times the step of this section, "
                "which the configuration does not have");
  } else {
    OCTET_CHECK(c->qat(), c->where("/quant/mode"), ": expected qat for --mode ",
                mode == Mode::qat ? "qat" : "qat-frozen", ", got ",
                c->quant ? c->quant->mode : "no section 'quant'");
  }
  const DataSource data = setup::prepare_data(*c, setup::open_data(*c));
  const Shape input = setup::input_shape(*c, data.train);
  Network network{.name = c->name,
                  .zoo = c->model.zoo,
                  .options = setup::network_options(*c, data.train, input),
                  .config = c,
                  .from_file = true,
                  .mode = mode};
  network.imported = setup::make_network(*c, data.train, input);  // or whether it can be made
  if (!network.zoo.empty()) network.options = zoo::resolve_options(network.zoo, network.options);
  network.batch = network.section().batch;
  return network;
}

}  // namespace octet::bench
