// The networks that speed is measured on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/config/config.h"
#include "apps/common/setup/network.h"
#include "apps/common/setup/training.h"
#include "core/shape.h"
#include "layers/zoo/zoo.h"

namespace octet::bench {

enum class Mode : std::uint8_t { real, qat, qat_frozen };
/// float, qat (stage train_bn) or qat-frozen (stage frozen_bn).
Mode parse_mode(std::string_view name);

struct Network {
  std::string name;
  std::string zoo;  ///< name of the model in the zoo; empty: imported
  zoo::NetworkOptions options;
  int batch = 64;  ///< what the comparisons, or the configuration, train with
  /// How a step trains: a user's, or the default one (Adam, plain loss) for the networks by name.
  std::shared_ptr<const config::Config> config;
  bool from_file = false;
  Mode mode = Mode::real;
  setup::FloatNetwork imported = {};

  /// The network, with seeded weights or those that it was imported with.
  ModulePtr make() const;

  Shape input(std::int64_t samples) const {
    return {samples, options.in_h, options.in_w, options.in_c};
  }
  /// "train" of the configuration, or "quant" for the modes on codes.
  setup::TrainingSection section() const;
  /// If not, and it does not return pixels, it reconstructs its input.
  bool is_classifier() const { return zoo.empty() || zoo::is_classifier(zoo); }
  bool returns_pixels() const {
    return !zoo.empty() && zoo::output_kind(zoo) == zoo::OutputKind::pixels;
  }
};

/// lenet, resnet8, mobilenet_v1_025 (96x96, 2 classes), ds_cnn, mobilenet_v2, resnet18; then the
/// other models of the zoo at their own extents.
std::vector<std::string> network_names();
/// Throws Error for an unknown name, naming the nearest known one.
Network find_network(std::string_view name, Mode mode);
/// The network of a trainer's configuration for its data, and the step that it trains with in this
/// mode. Throws Error as the trainer does, and if the configuration does not train in this mode.
Network network_of_config(const std::string& file, Mode mode);

}  // namespace octet::bench
