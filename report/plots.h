// Plots of all test samples.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace octet::report {

/// Points and the diagonal where they would be if all were right.
struct ScatterPlot {
  std::string title, x, y;  ///< y: the axis' names
  std::vector<std::pair<double, double>> points = {};
};

/// How many values of each series lie where.
struct Histogram {
  std::string title, x;
  std::vector<std::pair<std::string, std::vector<double>>> series = {};
  std::optional<double> line = {};  ///< a vertical line
  std::string line_name = {};
};

/// Inline SVG; what is not finite is left out.
std::string scatter_svg(const ScatterPlot& plot);
/// The same of a histogram.
std::string histogram_svg(const Histogram& plot);

}  // namespace octet::report
