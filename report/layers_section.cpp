// What quantization does to each layer.
#include <algorithm>

#include "base/text_table.h"
#include "report/html_text.h"
#include "report/sections.h"

namespace octet::report {
namespace {

/// Of signal to noise, in dB: half the length is 20 dB, where errors are a tenth of the values.
std::string bar(double db) {
  const double length = std::clamp(db / 40, 0.0, 1.0) * 5;
  return "<span class=\"track\"><span class=\"bar" + std::string(db < 10 ? " low" : "") +
         "\" style=\"width:" + fixed(length, 2) + "rem\"></span></span>";
}

std::string accuracy(const std::optional<double>& a) {
  return a ? fixed(100 * *a, 2) + " %" : std::string();
}

}  // namespace

std::string layers_section(const RunReport& report) {
  if (report.layers.empty()) return {};
  const bool in_floats = std::ranges::any_of(
      report.layers, [](const auto& e) { return e.accuracy_in_floats.has_value(); });
  std::string html =
      "<section><h2>Layers in int8</h2>\n<p class=\"muted\">Against the same weights in floats. "
      "SQNR: "
      "signal to quantization noise, of all values and of the median channel; below 10 dB little "
      "is "
      "left of the values. Saturated: the share beyond the range." +
      (in_floats ? " In floats: the " + escape_html(report.judged_by) +
                       " where this layer alone, or with those that read it, stays in floats."
                 : std::string()) +
      "</p>\n<div class=\"scroll\"><table><thead><tr><th class=\"text\">layer</th><th>min</th>"
      "<th>max</th><th>scale</th><th>zero point</th><th>SQNR dB</th><th class=\"text\">channels "
      "dB</th><th>saturated</th><th>codes</th>" +
      (in_floats ? "<th>in floats</th><th>with readers</th>" : "") + "</tr></thead><tbody>\n";
  for (const quant::LayerError& e : report.layers) {
    html += "<tr><td class=\"name\">" + escape_html(e.layer) + "</td><td>" + short_number(e.min) +
            "</td><td>" + short_number(e.max) + "</td><td>" + short_number(double(e.scale)) +
            "</td><td>" + std::to_string(e.zero_point) + "</td><td>" + fixed(e.sqnr, 1) +
            "</td><td class=\"text\">" + fixed(e.channel_sqnr, 1) + bar(e.channel_sqnr) +
            "</td><td>" + (e.saturated > 0 ? fixed(100 * e.saturated, 2) + " %" : std::string()) +
            "</td><td>" + std::to_string(e.codes) + "</td>";
    if (in_floats) {
      html += "<td>" + accuracy(e.accuracy_in_floats) + "</td><td>" +
              accuracy(e.accuracy_with_readers) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace octet::report
