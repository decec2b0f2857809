#include "eval/confusion_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/printable.h"
#include "base/text_table.h"

namespace octet {
namespace {

void check_names(const ConfusionMatrix& matrix, std::span<const std::string> names) {
  OCTET_CHECK(names.empty() || names.size() == static_cast<std::size_t>(matrix.classes()),
              "confusion matrix: expected ", matrix.classes(), " class names or none, got ",
              names.size());
}

std::string left(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text_width(text)), ' ') + text;
}

std::string most_frequent(const ConfusionMatrix& matrix, std::span<const std::string> names) {
  constexpr std::size_t most = 10;
  TextTable table({"true class", "taken for", "count", "of"});
  for (const auto& c : matrix.confusions(most)) {
    table.add({shortened(class_label(names, c.truth), 30),
               shortened(class_label(names, c.predicted), 30), std::to_string(c.count),
               std::to_string(matrix.of_class(c.truth).support)});
  }
  return table.text();
}

}  // namespace

std::string class_label(std::span<const std::string> names, int k) {
  return names.empty() ? std::to_string(k) : printable_text(names[static_cast<std::size_t>(k)]);
}

std::string confusion_text(const ConfusionMatrix& matrix, std::span<const std::string> names,
                           std::size_t width) {
  check_names(matrix, names);
  const int classes = matrix.classes();
  if (classes > most_classes_shown) return most_frequent(matrix, names);
  const auto n = static_cast<std::size_t>(classes);
  std::size_t name_width = 0, count_width = 1;
  for (int k = 0; k < classes; ++k) {
    name_width = std::max(name_width, text_width(class_label(names, k)));
    for (int j = 0; j < classes; ++j)
      count_width = std::max(count_width, std::to_string(matrix.count(k, j)).size());
  }
  constexpr std::string_view corner = "true \\ predicted";
  const std::size_t first = std::max(corner.size(), std::min<std::size_t>(name_width, 20));
  const std::size_t between = first + n * (count_width + 2) <= width ? 2 : 1;
  const std::size_t room = width > first ? (width - first) / n : 0;
  const std::size_t column =
      std::max(count_width, std::min(name_width, room > between ? room - between : 1));
  const std::string separator(between, ' ');

  const auto gap = [&](std::size_t used) { return std::string(first - used, ' '); };
  std::string out = std::string(corner) + gap(corner.size());
  for (int k = 0; k < classes; ++k)
    out += separator + left(shortened(class_label(names, k), column), column);
  for (int k = 0; k < classes; ++k) {
    const std::string name = shortened(class_label(names, k), first);
    out += "\n" + name + gap(text_width(name));
    for (int j = 0; j < classes; ++j) {
      const std::int64_t count = matrix.count(k, j);
      out += separator + left(count == 0 ? "." : std::to_string(count), column);
    }
  }
  return out + "\n";
}

std::string class_table(const ConfusionMatrix& matrix, std::span<const std::string> names,
                        bool of_pixels) {
  check_names(matrix, names);
  std::vector<std::string> header{"class", "precision", "recall", "F1"};
  if (of_pixels) header.emplace_back("IoU");
  header.emplace_back(of_pixels ? "pixels" : "samples");
  TextTable table(header);
  for (int k = 0; k < matrix.classes(); ++k) {
    const ConfusionMatrix::ClassFigures f = matrix.of_class(k);
    std::vector<std::string> row{shortened(class_label(names, k), 40), fixed(f.precision, 3),
                                 fixed(f.recall, 3), fixed(f.f1, 3)};
    if (of_pixels) row.push_back(fixed(f.iou, 3));
    row.push_back(grouped(f.support));
    table.add(std::move(row));
  }
  return table.text();
}

std::string confusion_json(const ConfusionMatrix& matrix, std::span<const std::string> names,
                           bool of_pixels) {
  check_names(matrix, names);
  using Json = nlohmann::ordered_json;
  Json json{{"classes", Json::array()}, {"matrix", Json::array()}};
  for (int k = 0; k < matrix.classes(); ++k) {
    const ConfusionMatrix::ClassFigures f = matrix.of_class(k);
    Json of_class{{"name", class_label(names, k)},
                  {"precision", f.precision},
                  {"recall", f.recall},
                  {"f1", f.f1},
                  {"support", f.support}};
    if (of_pixels) of_class["iou"] = f.iou;
    json["classes"].push_back(std::move(of_class));
    Json row = Json::array();
    for (int j = 0; j < matrix.classes(); ++j) row.push_back(matrix.count(k, j));
    json["matrix"].push_back(std::move(row));
  }
  return json.dump();
}

}  // namespace octet
