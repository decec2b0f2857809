#include "quant/qconfig.h"

#include <array>

#include "base/error.h"

namespace octet::quant {

namespace {
constexpr std::array<std::string_view, 4> stage_names{"calibrate", "train_bn", "frozen_bn",
                                                      "frozen_observers"};
}

std::string_view stage_name(Stage stage) noexcept {
  return stage_names[static_cast<std::size_t>(stage)];
}

Stage parse_stage(std::string_view name) {
  for (std::size_t i = 0; i < stage_names.size(); ++i) {
    if (stage_names[i] == name) return static_cast<Stage>(i);
  }
  fail("stage: expected calibrate, train_bn, frozen_bn or frozen_observers, got \"", name, "\"");
}

}  // namespace octet::quant
