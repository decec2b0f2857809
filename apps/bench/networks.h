// The networks that benchmarks speak of: the zoo's, at the shapes of the published benchmarks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/shape.h"
#include "layers/zoo/zoo.h"

namespace octet::bench {

struct Network {
  std::string name;   ///< of the benchmark, e.g. "mobilenet_v1_025"
  std::string model;  ///< of the zoo
  zoo::ModelOptions options;

  /// [batch, H, W, C]
  Shape input_shape(std::int64_t batch) const;
  /// With weights seeded by `seed`.
  ModulePtr make(std::uint64_t seed) const;
};

/// Throws Error naming the known ones. Besides the benchmarks' own names every name of
/// zoo::model_names() is known, at that model's own shape.
Network find_network(std::string_view name);
std::vector<std::string> network_names();

}  // namespace octet::bench
