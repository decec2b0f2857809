#include "eval/task.h"

#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/text_table.h"
#include "data/named.h"

namespace octet {
namespace {

constexpr data_detail::NameTable<Task, 4> names{{{Task::classification, "classification"},
                                                 {Task::regression, "regression"},
                                                 {Task::autoencoder, "autoencoder"},
                                                 {Task::segmentation, "segmentation"}}};

constexpr FigureKind accuracy{"accuracy", "accuracy", true, true};
constexpr FigureKind r2{"r2", "R2", true, false};
constexpr FigureKind loss{"loss", "loss", false, false};

constexpr std::array of_classification{accuracy};
constexpr std::array of_regression{FigureKind{"rmse", "RMSE", false, false},
                                   FigureKind{"mae", "MAE", false, false}, r2};
constexpr std::array of_autoencoder{FigureKind{"mse", "MSE", false, false}, r2,
                                    FigureKind{"auc", "AUC", true, false}};
constexpr std::array of_segmentation{FigureKind{"mean_iou", "mean IoU", true, true}, accuracy};

}  // namespace

std::vector<std::string_view> task_names() {
  return data_detail::names_in(names);
}

std::string_view task_name(Task task) noexcept {
  return data_detail::name_of(names, task);
}

Task parse_task(std::string_view name) {
  return data_detail::value_of(names, name, "task");
}

std::span<const FigureKind> figures_of(Task task) noexcept {
  switch (task) {
    case Task::classification:
      return of_classification;
    case Task::regression:
      return of_regression;
    case Task::autoencoder:
      return of_autoencoder;
    case Task::segmentation:
      break;
  }
  return of_segmentation;
}

const FigureKind& find_figure(Task task, std::string_view name) {
  if (name == loss.name) return loss;
  std::string known;
  for (const FigureKind& kind : figures_of(task)) {
    if (kind.name == name) return kind;
    known += std::string(kind.name) + ", ";
  }
  fail("no figure of ", task_name(task), " is named '", one_line(name), "': expected one of ",
       known, loss.name);
}

std::string figure_text(const FigureKind& kind, double value) {
  if (kind.percent) return fixed(100 * value, 2) + " %";
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace octet
