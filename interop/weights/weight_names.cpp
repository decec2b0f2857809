#include "interop/weights/weight_names.h"

#include <algorithm>
#include <utility>

namespace octet {
namespace {

std::string_view without_index(std::string_view name) {  // TensorFlow's ":0"
  return name.ends_with(":0") ? name.substr(0, name.size() - 2) : name;
}

/// Where the last part of a path begins.
std::size_t last_part(std::string_view name) {
  return name.find_last_of("./") + 1;  // npos + 1 is 0
}

constexpr std::pair<std::string_view, std::string_view> variables[] = {
    {"kernel", "weight"},     {"depthwise_kernel", "weight"},
    {"gamma", "weight"},      {"scale", "weight"},
    {"beta", "bias"},         {"moving_mean", "running_mean"},
    {"mean", "running_mean"}, {"moving_variance", "running_var"},
    {"var", "running_var"},
};

}  // namespace

AxisOrder axis_order_of(std::string_view name) {
  name = without_index(name);
  return name.substr(last_part(name)).ends_with("kernel") ? AxisOrder::keras : AxisOrder::torch;
}

std::string torch_name(std::string_view name) {
  name = without_index(name);
  const std::size_t at = last_part(name);
  std::string_view last = name.substr(at);
  for (const auto& [theirs, ours] : variables) {
    if (last == theirs) {
      last = ours;
      break;
    }
  }
  std::string out = std::string(name.substr(0, at)) + std::string(last);
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

bool is_batch_count(std::string_view name) {
  return name.substr(last_part(name)) == "num_batches_tracked";
}

}  // namespace octet
