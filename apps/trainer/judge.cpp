#include "apps/trainer/judge.h"

#include <algorithm>

#include "apps/trainer/model_names.h"
#include "apps/trainer/score.h"
#include "eval/confusion_text.h"
#include "fit/interrupt.h"

namespace octet::trainer {
namespace {

/// A matrix of more classes is not written down.
constexpr int most_classes_written = 100;
/// Points of a scatter plot.
constexpr std::size_t most_pairs = 2000;

/// The samples of a tensor, one after the other.
class Rows {
 public:
  explicit Rows(const Tensor& t) : values_(t.span<real>()), each_(t.numel() / t.shape()[0]) {}
  std::span<const real> operator[](std::int64_t i) const {
    return values_.subspan(static_cast<std::size_t>(i * each_), static_cast<std::size_t>(each_));
  }

 private:
  std::span<const real> values_;
  std::int64_t each_;
};

double mean_square(std::span<const real> a, std::span<const real> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double off = double{a[i]} - double{b[i]};
    sum += off * off;
  }
  return sum / static_cast<double>(a.size());
}

/// Adds pictures of masks: errors are the share of wrong pixels.
void add_masks(WorstOutputs& worst, const Tensor& logits, const Tensor& masks,
               std::span<const std::int64_t> indices) {
  const std::int64_t classes = logits.shape()[-1];
  const auto each = static_cast<std::size_t>(masks.numel() / masks.shape()[0]);
  const auto truth = masks.span<std::int32_t>();
  const Rows rows(logits);
  std::vector<real> output(each), target(each);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::span<const real> row = rows[static_cast<std::int64_t>(i)];
    std::size_t wrong = 0, counted = 0;
    for (std::size_t p = 0; p < each; ++p) {
      const std::int64_t k = argmax(
          row.subspan(p * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes)));
      const std::int32_t t = truth[i * each + p];
      output[p] = static_cast<real>(k);
      target[p] = static_cast<real>(t);
      counted += t != ignored_class;
      wrong += t != ignored_class && t != k;
    }
    const double error =
        counted == 0 ? 0 : static_cast<double>(wrong) / static_cast<double>(counted);
    worst.add(indices[i], error, output, target);
  }
}

template <class Model>
bool find_threshold_of(Session& s, Model& model, Judgement& judgement) {
  if (s.task() != Task::autoencoder) return true;
  Loader normal = s.normal_loader(s.batch_size());
  TaskDetails details;
  if (!score(s, model, normal, {.stop = {}, .observe = {}, .details = &details})) return false;
  judgement.threshold = details.anomalies.threshold(s.config.anomaly.quantile);
  return true;
}

Summary worst_json(const Judgement& judgement) {
  auto worst = Summary::array();
  for (const JudgedSample& w : judgement.worst.samples()) {
    worst.push_back({{"index", w.index},
                     {"truth", w.truth},
                     {"predicted", w.predicted},
                     {"probability", w.probability},
                     {"loss", w.loss}});
  }
  for (const JudgedOutput& w : judgement.worst_outputs.samples()) {
    Summary j{{"index", w.index}, {"error", w.error}};
    if (judgement.task == Task::regression) {
      j["truth"] = w.target;
      j["predicted"] = w.output;
    }
    worst.push_back(std::move(j));
  }
  return worst;
}

Summary anomaly_json(const Session& s, double threshold) {
  return {{"score", "mean((output - input)^2)"},
          {"threshold", threshold},
          {"quantile", s.config.anomaly.quantile},
          {"threshold_from", s.has_validation() ? "val" : "train"}};
}

}  // namespace

Judgement::Judgement(const Session& s) : task(s.task()) {
  if (task == Task::classification) details.confusion.emplace(s.outputs());
  if (task == Task::regression) pairs.resize(static_cast<std::size_t>(s.outputs()));
}

TaskEvaluationOptions Judgement::options() {
  const auto see = [this](std::span<const Var> outputs, const Batch& batch,
                          std::span<const std::int64_t> indices) {
    observe(outputs, batch, indices);
  };
  return {.stop = {}, .observe = see, .details = &details};
}

void Judgement::observe(std::span<const Var> outputs, const Batch& batch,
                        std::span<const std::int64_t> indices) {
  const Tensor& y = outputs[0].value();
  switch (task) {
    case Task::classification:
      details.confusion->add(y, batch.y);
      worst.add(y, batch.y, indices);
      return;
    case Task::segmentation:
      add_masks(worst_outputs, y, batch.y, indices);
      return;
    default:
      break;
  }
  const Rows output(y), target(task == Task::regression ? batch.y : batch.x);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto a = output[static_cast<std::int64_t>(i)], b = target[static_cast<std::int64_t>(i)];
    worst_outputs.add(indices[i], mean_square(a, b), a, b);
    for (std::size_t k = 0; k < pairs.size() && pairs[k].size() < most_pairs; ++k)
      pairs[k].emplace_back(b[k], a[k]);
  }
}

bool find_threshold(Session& s, Module& model, Judgement& judgement) {
  return find_threshold_of(s, model, judgement);
}

bool find_threshold(Session& s, const int8::Model& model, Judgement& judgement) {
  return find_threshold_of(s, model, judgement);
}

void add_judgement(const Session& s, const Judgement& judgement, Summary& summary) {
  const std::vector<std::string> names = output_names(s);
  const bool pixels = judgement.task == Task::segmentation;
  if (judgement.threshold) summary["anomaly"] = anomaly_json(s, *judgement.threshold);
  if (const auto matrix = judged_confusion(judgement)) {
    const std::vector<std::string> of_matrix =
        judgement.threshold ? std::vector<std::string>{"normal", "anomaly"} : names;
    summary["confusion"] = Summary::parse(confusion_json(*matrix, of_matrix, pixels));
    if (matrix->classes() > most_classes_written) summary["confusion"].erase("matrix");
    if (matrix->classes() <= most_classes_shown && !s.brief)
      s.progress.say("\n" + confusion_text(*matrix, of_matrix) + "\n" +
                     class_table(*matrix, of_matrix, pixels));
  }
  summary["worst"] = worst_json(judgement);
  if (!judgement.layers.empty())
    summary["layers"] = Summary::parse(quant::layer_error_json(judgement.layers));
  if (!judgement.advice.empty()) summary["advice"] = judgement.advice;
}

std::optional<ConfusionMatrix> judged_confusion(const Judgement& judgement) {
  if (!judgement.threshold) return judgement.details.confusion;
  if (!judgement.details.anomalies.has_both_kinds()) return std::nullopt;
  return judgement.details.anomalies.judged_by(*judgement.threshold);
}

}  // namespace octet::trainer
