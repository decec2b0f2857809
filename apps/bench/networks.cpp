#include "apps/bench/networks.h"

namespace octet::bench {

Shape Network::input_shape(std::int64_t batch) const {
  const zoo::ModelOptions o = zoo::resolve_options(model, options);
  return {batch, o.in_h, o.in_w, o.in_c};
}

ModulePtr Network::make(std::uint64_t seed) const {
  zoo::ModelOptions o = options;
  o.seed = seed;
  return zoo::make_model(model, o);
}

Network find_network(std::string_view name) {
  // MLPerf Tiny's visual wake words model.
  if (name == "mobilenet_v1_025")
    return {std::string(name),
            "mobilenet_v1",
            {.classes = 2, .in_h = 96, .in_w = 96, .in_c = 3, .width = 0.25}};
  zoo::resolve_options(name);  // throws for an unknown one
  return {std::string(name), std::string(name), {}};
}

std::vector<std::string> network_names() {
  std::vector<std::string> names = zoo::model_names();
  names.emplace_back("mobilenet_v1_025");
  return names;
}

}  // namespace octet::bench
