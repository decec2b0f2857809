#include "apps/trainer/convert_report.h"

#include "base/error.h"
#include "fit/progress.h"

namespace octet::trainer {

int constant_channels(const quant::ConvertReport& report) {
  int constant = 0;
  for (const quant::LayerReport& layer : report.layers) constant += layer.constant_channels;
  return constant;
}

std::vector<std::string> loss_lines(const quant::ConvertReport& report) {
  std::vector<std::string> lines;
  for (const quant::LayerReport& l : report.layers) {
    if (l.constant_channels == 0) continue;
    lines.push_back(text_of("warning: layer ", l.layer, ": ", l.constant_channels, " of its ",
                            l.channels, " channels do not depend on the input"));
  }
  for (const quant::CoarseValue& v : report.coarse) {
    lines.push_back(text_of("warning: layer ", v.layer, ": its values reach ", v.codes,
                            " of its 256 codes: they are too small for its scale"));
  }
  return lines;
}

void add_losses(nlohmann::ordered_json& int8, const quant::ConvertReport& report) {
  auto constant = nlohmann::ordered_json::array(), coarse = constant;
  std::int64_t channels = 0;
  for (const quant::LayerReport& l : report.layers) {
    channels += l.channels;
    if (l.constant_channels == 0) continue;
    constant.push_back(
        {{"layer", l.layer}, {"constant_channels", l.constant_channels}, {"channels", l.channels}});
  }
  for (const quant::CoarseValue& v : report.coarse) {
    coarse.push_back({{"layer", v.layer}, {"codes", v.codes}});
  }
  int8["channels"] = channels;
  int8["constant_channels"] = constant_channels(report);
  int8["constant_layers"] = std::move(constant);
  int8["coarse_layers"] = std::move(coarse);
}

}  // namespace octet::trainer
