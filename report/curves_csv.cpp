#include <algorithm>
#include <cstdio>

#include "base/printable.h"
#include "report/curves.h"

namespace octet::report {
namespace {

std::string csv_field(const std::string& text) {
  std::string field;
  for (const char c : printable_text(text))
    field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field.find_first_of(",\"") == std::string::npos ? field : '"' + field + '"';
}

/// As short as reads back to the same number.
std::string csv_number(double value) {
  char text[32];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

}  // namespace

std::vector<std::string> figure_names(const std::vector<PhaseCurves>& phases) {
  std::vector<std::string> names;
  for (const PhaseCurves& phase : phases) {
    for (const EpochFigures& epoch : phase.epochs) {
      for (const auto& [name, value] : epoch.figures) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
      }
    }
  }
  return names;
}

std::string curves_csv(const std::vector<PhaseCurves>& phases) {
  const std::vector<std::string> names = figure_names(phases);
  std::string csv = "phase,epoch";
  for (const std::string& name : names) csv += "," + csv_field(name);
  csv += "\r\n";
  for (const PhaseCurves& phase : phases) {
    for (const EpochFigures& epoch : phase.epochs) {
      csv += csv_field(phase.phase) + "," + std::to_string(epoch.epoch);
      for (const std::string& name : names) {
        const auto at =
            std::ranges::find(epoch.figures, name, [](const auto& f) { return f.first; });
        csv += at == epoch.figures.end() ? "," : "," + csv_number(at->second);
      }
      csv += "\r\n";
    }
  }
  return csv;
}

}  // namespace octet::report
