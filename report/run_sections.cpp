// What the run came to: figures, advice, curves, configuration, files.
#include <algorithm>

#include "base/text_table.h"
#include "report/html_text.h"
#include "report/sections.h"

namespace octet::report {

std::string figures_section(const RunReport& report) {
  std::string html;
  if (!report.figures.empty()) {
    html += "<section class=\"cards\">\n";
    for (const KeyFigure& f : report.figures) {
      html += "<div class=\"card\"><span>" + escape_html(f.name) + "</span><b>" +
              escape_html(f.value) + "</b><span>" + escape_html(f.note) + "</span></div>\n";
    }
    html += "</section>\n";
  }
  for (const std::string& line : report.advice)
    html += "<p class=\"advice\">" + escape_html(line) + "</p>\n";
  return html;
}

namespace {

std::string curves_table(const RunReport& report) {
  const std::vector<std::string> names = figure_names(report.phases);
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">phase</th><th>epoch</th>";
  for (const std::string& name : names) html += "<th>" + escape_html(name) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const PhaseCurves& phase : report.phases) {
    for (const EpochFigures& epoch : phase.epochs) {
      html += "<tr><td class=\"text\">" + escape_html(phase.phase) + "</td><td>" +
              std::to_string(epoch.epoch) + "</td>";
      for (const std::string& name : names) {
        const auto at =
            std::ranges::find(epoch.figures, name, [](const auto& f) { return f.first; });
        html += "<td>" + (at == epoch.figures.end() ? "" : short_number(at->second)) + "</td>";
      }
      html += "</tr>\n";
    }
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string curves_section(const RunReport& report, bool drawn) {
  if (figure_names(report.phases).empty()) return {};
  std::string html = "<section><h2>Curves</h2>\n";
  if (!drawn) {
    html +=
        "<p class=\"muted\">Drawn curves need Chart.js, on Debian the package libjs-chart.js, "
        "where "
        "the report is made.</p>\n";
    return html + curves_table(report) + "</section>\n";
  }
  html += "<div class=\"charts\">\n";
  const std::vector<std::string> titles = chart_titles(report.phases);
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const std::string title = escape_html(titles[i]);
    html += "<div class=\"chart\"><h3>" + title + "</h3><div><canvas id=\"chart" +
            std::to_string(i) + "\" role=\"img\" aria-label=\"" + title +
            ", by epoch\"></canvas></div></div>\n";
  }
  return html + "</div>\n<details><summary>as a table</summary>\n" + curves_table(report) +
         "</details></section>\n";
}

std::string files_section(const RunReport& report) {
  std::string html;
  if (!report.files.empty()) {
    html += "<section><h2>Files</h2>\n<div class=\"scroll\"><table><tbody>\n";
    for (const auto& [name, what] : report.files) {
      html += "<tr><td class=\"text\"><code>" + escape_html(name) +
              "</code></td><td class=\"text\">" + escape_html(what) + "</td></tr>\n";
    }
    html += "</tbody></table></div></section>\n";
  }
  if (!report.config.empty()) {
    html += "<section><h2>Configuration</h2>\n<details><summary>show</summary><pre>" +
            escape_html(report.config) + "</pre></details></section>\n";
  }
  return html;
}

}  // namespace octet::report
