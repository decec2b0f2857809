// octet eval: how well a model names the pictures of a data set.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/octet/commands.h"
#include "apps/octet/pictures/labelled_pictures.h"
#include "apps/octet/pictures/picture_classifier.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "core/ops/losses.h"
#include "eval/confusion_matrix.h"
#include "eval/confusion_text.h"
#include "eval/evaluate.h"

namespace octet::app {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  ModelArguments model;
  PictureArguments about;
  LabelledPictures data;
  RunArguments run{.batch = 32, .threads = 1};
  double fail_below = 0;
  bool json = false;
};

/// Cross-entropy of probabilities; those of 0 count as the smallest that a byte tells from it.
Var loss_of_probabilities(const Var& probabilities, const Tensor& labels) {
  Tensor logs = Tensor::empty(probabilities.value().shape());
  std::transform(probabilities.value().r(), probabilities.value().r() + logs.numel(), logs.r(),
                 [](real p) { return std::log(std::max(p, real(1.0 / 512))); });
  return cross_entropy(probabilities.tape->input(std::move(logs)), labels);
}

Json as_json(const Options& options, const Dataset& data, const Evaluation& e,
             const std::string& figures) {
  Json json{{"model", printable_text(options.model.path)},
            {"data", data.name},
            {"pictures", e.images},
            {"correct", e.correct},
            {"accuracy", e.accuracy()},
            {"loss", e.loss}};
  json.update(Json::parse(figures));
  return json;
}

void evaluate_model(const Options& options) {
  const PictureClassifier classifier(options.model, options.about);
  const Dataset data = open_labelled(options.data, classifier);
  Loader loader(data,
                {.batch = static_cast<int>(std::min<std::int64_t>(options.run.batch, data.size())),
                 .transform = classifier.transform()});
  ConfusionMatrix matrix(classifier.classes());
  EvaluationOptions how;
  how.logits = classifier.output();
  const auto scores = static_cast<std::size_t>(how.logits);
  how.observe = [&](std::span<const Var> outputs, const Batch& batch,
                    std::span<const std::int64_t>) {
    matrix.add(outputs[scores].value(), batch.y);
  };
  if (classifier.gives_probabilities()) {
    how.loss = [&](std::span<const Var> outputs, const Batch& batch) {
      return loss_of_probabilities(outputs[scores], batch.y);
    };
  }
  Context ctx(options.run.threads);
  const Evaluation e = evaluate(classifier.model(), loader, ctx, how);
  if (options.json) {
    std::cout << as_json(options, data, e, confusion_json(matrix, data.class_names)).dump(2)
              << '\n';
  } else {
    std::cout << printable_text(data.name) << '\n'
              << "accuracy " << fixed(100 * e.accuracy(), 2) << " %, " << grouped(e.correct)
              << " of " << grouped(e.images) << " pictures; loss " << fixed(e.loss, 4) << "\n\n"
              << confusion_text(matrix, data.class_names) << '\n'
              << class_table(matrix, data.class_names);
  }
  std::cout.flush();
  OCTET_CHECK(e.accuracy() >= options.fail_below, "the accuracy, ", e.accuracy(),
              ", is below --fail-below ", options.fail_below);
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "eval",
      "Measure a classifier on labelled pictures: accuracy, loss, confusion matrix and figures of "
      "each class. Class folders are matched by the names that the model has.");
  options->model.add_to(*command);
  options->data.add_to(*command);
  options->about.add_to(*command);
  options->run.add_to(*command, "pictures per run");
  command
      ->add_option("--fail-below", options->fail_below,
                   "exit with 1 if the accuracy, 0 to 1, is below this")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", options->json, "as JSON");
  command->callback(
      [options] { with_model_name(options->model.path, [&] { evaluate_model(*options); }); });
}

}  // namespace octet::app
