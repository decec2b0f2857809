#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/text_table.h"
#include "quant/diagnosis/layer_errors.h"

namespace octet::quant {
namespace {

std::string share(double value) {
  return value == 0 ? "-" : fixed(100 * value, value < 0.01 ? 2 : 1) + "%";
}

}  // namespace

std::string layer_error_table(const std::vector<LayerError>& layers) {
  TextTable table({"layer", "min", "max", "scale", "zero", "SQNR dB", "channels dB", "saturated",
                   "codes", "in floats", "+ readers"});
  const auto accuracy = [](const std::optional<double>& a) {
    return a ? fixed(100 * *a, 2) + "%" : std::string("-");
  };
  for (const LayerError& e : layers) {
    table.add({shortened(printable_text(e.layer), 28), short_number(e.min), short_number(e.max),
               short_number(double(e.scale)), std::to_string(e.zero_point), fixed(e.sqnr, 1),
               fixed(e.channel_sqnr, 1), share(e.saturated), std::to_string(e.codes),
               accuracy(e.accuracy_in_floats), accuracy(e.accuracy_with_readers)});
  }
  return table.text();
}

std::string layer_error_json(const std::vector<LayerError>& layers) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (const LayerError& e : layers) {
    Json j{{"layer", e.layer},
           {"min", e.min},
           {"max", e.max},
           {"scale", double(e.scale)},
           {"zero_point", e.zero_point},
           {"sqnr_db", e.sqnr},
           {"channel_sqnr_db", e.channel_sqnr},
           {"drop_db", e.drop},
           {"saturated", e.saturated},
           {"codes", e.codes},
           {"channel_spread", e.channel_spread}};
    if (e.weight_spread > 0) j["weight_spread"] = e.weight_spread;
    if (e.accuracy_in_floats) j["accuracy_in_floats"] = *e.accuracy_in_floats;
    if (e.accuracy_with_readers) j["accuracy_with_readers"] = *e.accuracy_with_readers;
    all.push_back(std::move(j));
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace octet::quant
