// What quantization lost, for the console, metrics.jsonl and summary.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "quant/convert.h"

namespace octet::trainer {

/// Over all layers.
int constant_channels(const quant::ConvertReport& report);

/// One line for each layer that has lost channels or most of its codes; none for most networks.
std::vector<std::string> loss_lines(const quant::ConvertReport& report);

/// Adds "channels", "constant_channels", and which layers are in loss_lines(), to summary.json's
/// "int8".
void add_losses(nlohmann::ordered_json& int8, const quant::ConvertReport& report);

}  // namespace octet::trainer
