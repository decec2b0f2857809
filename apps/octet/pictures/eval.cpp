// octet eval: how well a model does its task on a data set.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/common/limit_options.h"
#include "apps/octet/commands.h"
#include "apps/octet/pictures/labelled_pictures.h"
#include "apps/octet/pictures/picture_model.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "core/ops/losses.h"
#include "eval/confusion_matrix.h"
#include "eval/confusion_text.h"
#include "eval/evaluate.h"
#include "eval/figure_limit.h"
#include "eval/task_score.h"

namespace octet::app {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  ModelArguments model;
  PictureArguments about;
  LabelledPictures data;
  RunArguments run{.batch = 32, .threads = 1};
  LimitOptions limits;
  bool json = false;
};

/// Cross-entropy of probabilities; those of 0 count as the smallest that a byte tells from it.
Var loss_of_probabilities(const Var& probabilities, const Tensor& labels) {
  Tensor logs = Tensor::empty(probabilities.value().shape());
  std::transform(probabilities.value().r(), probabilities.value().r() + logs.numel(), logs.r(),
                 [](real p) { return std::log(std::max(p, real(1.0 / 512))); });
  return cross_entropy(probabilities.tape->input(std::move(logs)), labels);
}

struct Matrix {
  ConfusionMatrix counts;
  std::vector<std::string> names = {};
  std::string head = {};  ///< of several outputs: whose it is
};

struct Result {
  TaskScore score = {};
  std::int64_t correct = 0;  ///< of a classifier
  std::vector<Matrix> matrices = {};
};

Result evaluate_classifier(const PictureModel& model, const Dataset& data, Loader& loader,
                           Context& ctx) {
  Matrix matrix{ConfusionMatrix(model.classes()), data.class_names};
  EvaluationOptions how;
  how.logits = model.output();
  const auto scores = static_cast<std::size_t>(how.logits);
  how.observe = [&](std::span<const Var> outputs, const Batch& batch,
                    std::span<const std::int64_t>) {
    matrix.counts.add(outputs[scores].value(), batch.y);
  };
  if (model.gives_probabilities()) {
    how.loss = [&](std::span<const Var> outputs, const Batch& batch) {
      return loss_of_probabilities(outputs[scores], batch.y);
    };
  }
  const Evaluation e = evaluate(model.model(), loader, ctx, how);
  return {.score = {.loss = e.loss, .samples = e.images, .figures = {{"accuracy", e.accuracy()}}},
          .correct = e.correct,
          .matrices = {std::move(matrix)}};
}

Result evaluate_other(const PictureModel& model, const TaskMeasure& measure, const Dataset& data,
                      Loader& loader, Context& ctx) {
  Result r;
  TaskDetails details;
  r.score = evaluate_task(model.model(), loader, ctx, measure,
                          {.stop = {}, .observe = {}, .details = &details});
  const std::optional<double> threshold = model.about_task().threshold;
  if (model.task() == Task::segmentation && details.confusion)
    r.matrices.push_back({*details.confusion, data.class_names});
  if (threshold && details.anomalies.has_both_kinds())
    r.matrices.push_back({details.anomalies.judged_by(*threshold), data.class_names});
  for (std::size_t h = 0; h < details.heads.size(); ++h) {
    const HeadEntry& head = model.about_task().heads[h];
    if (details.heads[h].confusion)
      r.matrices.push_back({*details.heads[h].confusion, head.labels, head.name});
  }
  return r;
}

Json as_json(const Options& options, const PictureModel& model, const Dataset& data,
             const Result& r) {
  Json json{{"model", printable_text(options.model.path)}, {"data", data.name}};
  if (model.task() == Task::classification) {
    json["pictures"] = r.score.samples;
    json["correct"] = r.correct;
  } else {
    json["task"] = task_name(model.task());
    json["samples"] = r.score.samples;
  }
  for (const auto& [name, value] : r.score.figures) json[name] = value;
  json["loss"] = r.score.loss;
  if (model.about_task().threshold) json["threshold"] = *model.about_task().threshold;
  for (const Matrix& m : r.matrices) {
    const bool pixels = model.task() == Task::segmentation;
    Json matrix = Json::parse(confusion_json(m.counts, m.names, pixels));
    if (m.head.empty())
      json.update(matrix);
    else
      json["heads"][m.head] = std::move(matrix);
  }
  return json;
}

std::string as_text(const PictureModel& model, const TaskMeasure& measure, const Dataset& data,
                    const Result& r) {
  std::string text = printable_text(data.name) + "\n";
  if (model.task() == Task::classification) {
    text += "accuracy " + fixed(100 * r.score.value(), 2) + " %, " + grouped(r.correct) + " of " +
            grouped(r.score.samples) + " pictures";
  } else {
    const std::vector<FigureKind> kinds = measure.figures();
    for (const auto& [name, value] : r.score.figures) {
      const FigureKind& kind = find_figure(kinds, name);
      text += kind.text + " " + figure_text(kind, value) + ", ";
    }
    text += grouped(r.score.samples) + " samples";
  }
  text += "; loss " + fixed(r.score.loss, 4) + "\n";
  for (const Matrix& m : r.matrices) {
    const bool pixels = model.task() == Task::segmentation;
    if (!m.head.empty()) text += "\n" + printable_text(m.head) + ":\n";
    text +=
        "\n" + confusion_text(m.counts, m.names) + "\n" + class_table(m.counts, m.names, pixels);
  }
  return text;
}

void evaluate_model(const Options& options) {
  const PictureModel model(options.model, options.about);
  TaskMeasure measure{.task = model.task(), .classes = model.classes()};
  if (model.task() == Task::multi_task) measure.heads = judged_heads(options.data, model);
  const auto limits = parse_limits(measure.figures(), options.limits.below, options.limits.above);
  const Dataset data = open_labelled(options.data, model);
  Loader loader(data,
                {.batch = static_cast<int>(std::min<std::int64_t>(options.run.batch, data.size())),
                 .transform = model.transform()});
  Context ctx(options.run.threads);
  const Result r = model.task() == Task::classification
                       ? evaluate_classifier(model, data, loader, ctx)
                       : evaluate_other(model, measure, data, loader, ctx);
  if (options.json) {
    std::cout << as_json(options, model, data, r).dump(2) << '\n';
  } else {
    std::cout << as_text(model, measure, data, r);
  }
  std::cout.flush();
  check_limits(limits, r.score, "");
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "eval",
      "Measure a model on labelled data: of a classifier accuracy, loss, confusion matrix and "
      "figures "
      "of each class; RMSE, MAE and R2 of numbers; mean IoU of masks; AUC of anomalies; of several "
      "outputs each one's. Class "
      "folders are matched by the names that the model has.");
  options->model.add_to(*command);
  options->data.add_to(*command);
  options->about.add_to(*command);
  options->run.add_to(*command, "pictures per run");
  add_limits(*command, options->limits);
  command->add_flag("--json", options->json, "as JSON");
  command->callback(
      [options] { with_model_name(options->model.path, [&] { evaluate_model(*options); }); });
}

}  // namespace octet::app
