#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "report/sections.h"

namespace octet::report {
namespace {

using Json = nlohmann::ordered_json;

/// "val_accuracy" is an accuracy, "int8_val_speed.rmse" the "speed.rmse" of a head.
std::string quantity_of(const std::string& figure) {
  static constexpr std::array<std::string_view, 6> splits{"train_",    "val_",       "test_",
                                                          "int8_val_", "int8_test_", "int8_"};
  for (const std::string_view split : splits) {
    if (figure.starts_with(split)) return figure.substr(split.size());
  }
  return figure;
}

bool is_percent(const std::string& quantity) {
  return quantity == "accuracy" || quantity == "mean_iou" || quantity.ends_with(".accuracy");
}

Json series(const std::vector<PhaseCurves>& phases, const std::string& figure, double factor) {
  Json values = Json::array();
  for (const PhaseCurves& phase : phases) {
    for (const EpochFigures& epoch : phase.epochs) {
      const auto at =
          std::ranges::find(epoch.figures, figure, [](const auto& f) { return f.first; });
      const bool there = at != epoch.figures.end() && std::isfinite(at->second);
      values.push_back(there ? Json(factor * at->second) : Json());
    }
  }
  return {{"name", printable_text(figure)}, {"values", std::move(values)}};
}

}  // namespace

std::vector<std::string> chart_titles(const std::vector<PhaseCurves>& phases) {
  std::vector<std::string> titles;
  for (const std::string& name : figure_names(phases)) {
    const std::string quantity = quantity_of(name);
    if (std::ranges::find(titles, quantity) == titles.end()) titles.push_back(quantity);
  }
  return titles;
}

std::string chart_data(const std::vector<PhaseCurves>& phases) {
  Json data{{"labels", Json::array()}, {"phases", Json::array()}, {"charts", Json::array()}};
  for (const PhaseCurves& phase : phases) {
    if (phase.epochs.empty()) continue;
    data["phases"].push_back(
        {{"name", printable_text(phase.phase)}, {"start", data["labels"].size()}});
    for (const EpochFigures& epoch : phase.epochs) data["labels"].push_back(epoch.epoch);
  }
  const std::vector<std::string> names = figure_names(phases);
  for (const std::string& title : chart_titles(phases)) {
    Json chart{{"title", printable_text(title)},
               {"percent", is_percent(title)},
               {"log", title == "lr"},
               {"series", Json::array()}};
    for (const std::string& name : names) {
      if (quantity_of(name) == title)
        chart["series"].push_back(series(phases, name, is_percent(title) ? 100 : 1));
    }
    data["charts"].push_back(std::move(chart));
  }
  return data.dump();
}

}  // namespace octet::report
