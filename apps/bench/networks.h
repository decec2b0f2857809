// The networks that speed is measured on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/shape.h"
#include "layers/zoo/zoo.h"

namespace octet::bench {

struct Network {
  std::string name;
  std::string zoo;  ///< name of the model in the zoo
  zoo::ModelOptions options;
  int batch = 64;  ///< what the comparisons train with

  Shape input(std::int64_t samples) const {
    return {samples, options.in_h, options.in_w, options.in_c};
  }
};

/// lenet, resnet8, mobilenet_v1_025 (96x96, 2 classes), ds_cnn, mobilenet_v2, resnet18; then the
/// other models of the zoo at their own extents.
std::vector<std::string> network_names();
/// Throws Error for an unknown name, naming the nearest known one.
Network find_network(std::string_view name);
/// The model of a trainer's configuration; extents that it leaves to the data are the model's own.
Network network_of_config(const std::string& file);

}  // namespace octet::bench
