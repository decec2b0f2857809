#include "report/plots.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text_table.h"
#include "report/html_text.h"
#include "report/sections.h"

namespace octet::report {
namespace {

// The drawing area within 420 x 300.
constexpr double left = 56, right = 408, top = 10, bottom = 256;
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#a14d80"};  // as draw.js

struct Axis {
  double least = 0, most = 1;
  double at(double v, double from, double to) const {
    return from + (v - least) / (most - least) * (to - from);
  }
  void take(double v) {
    least = std::min(least, v);
    most = std::max(most, v);
  }
  /// Room for at least something.
  void widen() {
    if (most - least > 1e-12 * std::max(std::fabs(most), std::fabs(least))) return;
    least -= 0.5;
    most += 0.5;
  }
};

std::string number(double v) {
  return fixed(v, 1);
}

std::string text(double x, double y, const std::string& anchor, const std::string& what) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         escape_html(what) + "</text>";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) +
         "\" y2=\"" + number(y2) + "\" " + style + "/>";
}

/// Five values that are round.
std::vector<double> ticks(const Axis& a) {
  const double raw = (a.most - a.least) / 4;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power < 1.5   ? 1
                               : raw / power < 3.5 ? 2
                               : raw / power < 7.5 ? 5
                                                   : 10);
  std::vector<double> values;
  for (double v = std::ceil(a.least / step) * step; v <= a.most + step * 1e-9; v += step)
    values.push_back(std::fabs(v) < step * 1e-9 ? 0 : v);
  return values;
}

std::string frame(const Axis& x, const Axis& y, const std::string& x_name,
                  const std::string& y_name) {
  std::string svg;
  for (const double v : ticks(x)) {
    const double at = x.at(v, left, right);
    svg += line(at, top, at, bottom, "class=\"grid\"");
    svg += text(at, bottom + 14, "middle", short_number(v));
  }
  for (const double v : ticks(y)) {
    const double at = y.at(v, bottom, top);
    svg += line(left, at, right, at, "class=\"grid\"");
    svg += text(left - 5, at + 4, "end", short_number(v));
  }
  svg += text((left + right) / 2, bottom + 32, "middle", x_name);
  svg += "<g transform=\"translate(12," + number((top + bottom) / 2) + ") rotate(-90)\">" +
         text(0, 0, "middle", y_name) + "</g>";
  return svg;
}

std::string whole(const std::string& title, const std::string& inside) {
  return "<svg class=\"plot\" viewBox=\"0 0 420 300\" role=\"img\" aria-label=\"" +
         escape_html(title) + "\">" + inside + "</svg>";
}

}  // namespace

std::string scatter_svg(const ScatterPlot& plot) {
  Axis axis{INFINITY, -INFINITY};
  for (const auto& [x, y] : plot.points) {
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    axis.take(x);
    axis.take(y);
  }
  if (axis.least > axis.most) axis = {};
  axis.widen();
  std::string svg = frame(axis, axis, plot.x, plot.y);
  svg += line(left, bottom, right, top, "stroke=\"#8a94a3\" stroke-dasharray=\"4 3\"");
  for (const auto& [x, y] : plot.points) {
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    svg += "<circle cx=\"" + number(axis.at(x, left, right)) + "\" cy=\"" +
           number(axis.at(y, bottom, top)) + "\" r=\"1.8\" fill=\"#0072b2\" fill-opacity=\".5\"/>";
  }
  return whole(plot.title, svg);
}

std::string histogram_svg(const Histogram& plot) {
  constexpr int bins = 40;
  Axis x{INFINITY, -INFINITY}, y{0, 1};
  for (const auto& [name, values] : plot.series) {
    for (const double v : values) {
      if (std::isfinite(v)) x.take(v);
    }
  }
  if (x.least > x.most) x = {};
  if (plot.line) x.take(*plot.line);
  x.widen();
  std::vector<std::array<double, bins>> counts(plot.series.size(), std::array<double, bins>{});
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    for (const double v : plot.series[s].second) {
      if (!std::isfinite(v)) continue;
      const int bin = std::clamp(static_cast<int>(x.at(v, 0, bins)), 0, bins - 1);
      y.take(++counts[s][static_cast<std::size_t>(bin)]);
    }
  }
  std::string svg = frame(x, y, plot.x, "samples");
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const std::string colour = colours[s % colours.size()];
    for (int b = 0; b < bins; ++b) {
      const double count = counts[s][static_cast<std::size_t>(b)];
      if (count == 0) continue;
      const double width = (right - left) / bins, height = bottom - y.at(count, bottom, top);
      svg += "<rect x=\"" + number(left + b * width) + "\" y=\"" + number(bottom - height) +
             "\" width=\"" + number(width) + "\" height=\"" + number(height) + "\" fill=\"" +
             colour + "\" fill-opacity=\".6\"/>";
    }
    const double at = top + 12 + 15 * static_cast<double>(s);
    svg += "<rect x=\"" + number(right - 10) + "\" y=\"" + number(at - 8) +
           "\" width=\"9\" height=\"9\" fill=\"" + colour + "\" fill-opacity=\".6\"/>" +
           text(right - 14, at, "end", plot.series[s].first);
  }
  if (plot.line) {
    const double at = x.at(*plot.line, left, right);
    svg += line(at, top, at, bottom, "stroke=\"#3d3d3d\" stroke-dasharray=\"5 3\"") +
           text(at + 4, bottom - 6, "start", plot.line_name);
  }
  return whole(plot.title, svg);
}

std::string plots_section(const RunReport& report) {
  if (report.scatters.empty() && report.histograms.empty()) return {};
  std::string html = "<section><h2>Test samples</h2>\n<div class=\"charts\">\n";
  const auto add = [&](const std::string& title, const std::string& svg) {
    html += "<div class=\"chart\"><h3>" + escape_html(title) + "</h3>" + svg + "</div>\n";
  };
  for (const ScatterPlot& plot : report.scatters) add(plot.title, scatter_svg(plot));
  for (const Histogram& plot : report.histograms) add(plot.title, histogram_svg(plot));
  return html + "</div></section>\n";
}

}  // namespace octet::report
