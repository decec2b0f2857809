#include "eval/task.h"

#include <cstdio>

#include "base/error.h"
#include "base/text_table.h"
#include "data/named.h"

namespace octet {
namespace {

constexpr data_detail::NameTable<Task, 5> names{{{Task::classification, "classification"},
                                                 {Task::regression, "regression"},
                                                 {Task::autoencoder, "autoencoder"},
                                                 {Task::segmentation, "segmentation"},
                                                 {Task::multi_task, "multi_task"}}};

using Figures = std::vector<FigureKind>;

struct Tables {
  FigureKind accuracy{"accuracy", "accuracy", true, true};
  FigureKind r2{"r2", "R2", true, false};
  FigureKind loss{"loss", "loss", false, false};

  Figures classification{accuracy};
  Figures regression{{"rmse", "RMSE", false, false}, {"mae", "MAE", false, false}, r2};
  Figures autoencoder{{"mse", "MSE", false, false}, r2, {"auc", "AUC", true, false}};
  Figures segmentation{{"mean_iou", "mean IoU", true, true}, accuracy};
  Figures multi_task{loss};
};

const Tables& tables() {
  static const Tables all;
  return all;
}

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

std::span<const FigureKind> figures_of(Task task) {
  switch (task) {
    case Task::classification:
      return tables().classification;
    case Task::regression:
      return tables().regression;
    case Task::autoencoder:
      return tables().autoencoder;
    case Task::segmentation:
      return tables().segmentation;
    case Task::multi_task:
      break;
  }
  return tables().multi_task;
}

const FigureKind& find_figure(std::span<const FigureKind> figures, std::string_view name) {
  const FigureKind& loss = tables().loss;
  if (name == loss.name) return loss;
  std::string known;
  for (const FigureKind& kind : figures) {
    if (kind.name == name) return kind;
    if (kind.name != loss.name) known += kind.name + ", ";
  }
  fail("no figure is named '", one_line(name), "': expected one of ", known, loss.name);
}

std::string figure_text(const FigureKind& kind, double value) {
  if (kind.percent) return fixed(100 * value, 2) + " %";
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace octet
