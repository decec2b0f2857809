#include "apps/bench/networks.h"

#include <algorithm>

#include "apps/config/config.h"
#include "core/error.h"
#include "core/nearest.h"

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

Network resolved(std::string name, std::string zoo_name, zoo::ModelOptions options, int batch) {
  options.seed = seed;
  options = zoo::resolve_options(zoo_name, options);
  return {std::move(name), std::move(zoo_name), options, batch};
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries) names.emplace_back(e.name);
  for (std::string& name : zoo::model_names()) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

Network find_network(std::string_view name) {
  for (const Entry& e : entries) {
    if (e.name != name) continue;
    zoo::ModelOptions o;
    o.classes = e.classes;
    o.in_h = o.in_w = e.size;
    o.width = e.width;
    return resolved(std::string(name), std::string(e.zoo), o, e.batch);
  }
  const std::vector<std::string> models = zoo::model_names();
  if (std::find(models.begin(), models.end(), name) != models.end())
    return resolved(std::string(name), std::string(name), {}, 16);
  fail("unknown network '", name, "': did you mean '", nearest(name, network_names()), "'?");
}

Network network_of_config(const std::string& file) {
  const config::Config c = config::read_config(file, {});
  zoo::ModelOptions o;
  o.classes = c.model.classes;
  o.width = c.model.width;
  o.in_h = c.data.crop_h;
  o.in_w = c.data.crop_w;
  o.in_c = c.data.channels;
  return resolved(c.name, c.model.zoo, o, c.train ? c.train->batch : 64);
}

}  // namespace octet::bench
