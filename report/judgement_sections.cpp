// How the network judges: confusion matrix, classes, worst pictures.
#include <algorithm>

#include "base/error.h"
#include "base/text_table.h"
#include "eval/confusion_text.h"
#include "report/html_text.h"
#include "report/sections.h"

namespace octet::report {
namespace {

constexpr int most_in_matrix = 40;
constexpr std::size_t most_confusions = 20;

std::string label(const ConfusionTable& table, int k) {
  return escape_html(class_label(table.class_names, k));
}

/// A cell whose shade is its share of the row: what is right blue, what is not red.
std::string cell(std::int64_t count, std::int64_t of, bool right) {
  if (count == 0) return "<td></td>";
  const double share =
      static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(of, 1));
  // A single mistake of many is seen, too.
  const std::string shade = fixed(0.12 + 0.58 * share, 3);
  return "<td style=\"background:rgba(" + std::string(right ? "11,98,168," : "206,84,38,") + shade +
         ")\" title=\"" + fixed(100 * share, 1) + " %\">" + grouped(count) + "</td>";
}

std::string matrix_table(const ConfusionTable& table) {
  const ConfusionMatrix& m = table.matrix;
  std::string html =
      "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th>true \\ predicted</th>";
  for (int k = 0; k < m.classes(); ++k)
    html += "<th title=\"" + label(table, k) + "\">" + label(table, k) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (int truth = 0; truth < m.classes(); ++truth) {
    const std::int64_t support = m.of_class(truth).support;
    html += "<tr><th title=\"" + label(table, truth) + "\">" + label(table, truth) + "</th>";
    for (int k = 0; k < m.classes(); ++k) html += cell(m.count(truth, k), support, k == truth);
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string confusions_table(const ConfusionTable& table) {
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">true class</th><th "
      "class=\"text\">taken for</th><th>count</th><th>of</th></tr></thead><tbody>\n";
  for (const auto& c : table.matrix.confusions(most_confusions)) {
    html += "<tr><td class=\"name\">" + label(table, c.truth) + "</td><td class=\"name\">" +
            label(table, c.predicted) + "</td><td>" + grouped(c.count) + "</td><td>" +
            grouped(table.matrix.of_class(c.truth).support) + "</td></tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string classes_table(const ConfusionTable& table) {
  const bool pixels = table.of_pixels;
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">class</th><th>precision</th>"
      "<th>recall</th><th>F1</th>" +
      std::string(pixels ? "<th>IoU</th><th>pixels</th>" : "<th>samples</th>") +
      "</tr></thead><tbody>\n";
  for (int k = 0; k < table.matrix.classes(); ++k) {
    const ConfusionMatrix::ClassFigures f = table.matrix.of_class(k);
    html += "<tr><td class=\"name\">" + label(table, k) + "</td><td>" + fixed(f.precision, 3) +
            "</td><td>" + fixed(f.recall, 3) + "</td><td>" + fixed(f.f1, 3) + "</td><td>" +
            (pixels ? fixed(f.iou, 3) + "</td><td>" : std::string()) + grouped(f.support) +
            "</td></tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string confusion_sections(const RunReport& report) {
  std::string html;
  for (const ConfusionTable& table : report.confusions) {
    const int classes = table.matrix.classes();
    OCTET_CHECK(
        table.class_names.empty() || table.class_names.size() == static_cast<std::size_t>(classes),
        "report: expected ", classes, " class names or none, got ", table.class_names.size());
    const bool fits = classes <= most_in_matrix;
    html += "<section><h2>" +
            escape_html(table.title.empty() ? std::string() : table.title + ": ") +
            (table.title.empty() ? "Which" : "which") +
            " class is taken for which</h2>\n<div class=\"pair\"><div>" +
            (fits ? matrix_table(table) : confusions_table(table)) + "</div>\n<div>" +
            classes_table(table) + "</div></div></section>\n";
  }
  return html;
}

std::string worst_section(const RunReport& report) {
  if (report.worst.empty()) return {};
  std::string html = "<section><h2>" + escape_html(report.worst_title) +
                     "</h2>\n<div class=\"pictures" +
                     std::string(report.worst[0].images.size() > 1 ? " wide" : "") + "\">\n";
  for (const WorstSample& w : report.worst) {
    html += "<figure>";
    if (!w.images.empty()) html += "<div class=\"images\">";
    for (const Image& image : w.images) {
      html += "<img alt=\"" + escape_html(w.note) + "\" src=\"data:image/png;base64," +
              base64(encode_png(image)) + "\">";
    }
    if (!w.images.empty()) html += "</div>";
    html += "<figcaption>" + escape_html(w.truth);
    if (!w.verdict.empty())
      html += std::string("<br><b") + (w.wrong ? " class=\"wrong\"" : "") + ">" +
              escape_html(w.verdict) + "</b>";
    html += "<br><span class=\"muted\">" + escape_html(w.note) + "</span></figcaption></figure>\n";
  }
  return html + "</div></section>\n";
}

}  // namespace octet::report
