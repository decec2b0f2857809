// Other programs' names of weights, and ours, which are those of PyTorch and torchvision.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "interop/weights/axis_order.h"

namespace octet {

/// Keras's and Flax's variables are called "kernel" and the like; others are taken for PyTorch's.
AxisOrder axis_order_of(std::string_view name);

/// A name of Keras, Flax or PyTorch as one of PyTorch: "block1/conv/kernel:0" is
/// "block1.conv.weight"; gamma and scale are weight, beta is bias, moving_mean and mean are
/// running_mean, moving_variance and var are running_var.
std::string torch_name(std::string_view name);

/// PyTorch's count of a batch norm's batches: no weight.
bool is_batch_count(std::string_view name);

/// torchvision's name for one of timm, for the networks that both have under other names:
/// MobileNetV2 and V3, VGG. `theirs`: the file's names as torch_name gives them; `is_ours`: whether
/// the network has a name. Names of anything else stay as they are.
std::function<std::string(const std::string&)> timm_names(
    const std::vector<std::string>& theirs, const std::function<bool(const std::string&)>& is_ours);

}  // namespace octet
