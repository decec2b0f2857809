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

/// Adds samples of numbers to plots, of which `pairs` are the next ones.
void add_pairs(std::span<std::vector<std::pair<double, double>>> pairs, std::span<const real> truth,
               std::span<const real> predicted) {
  for (std::size_t k = 0; k < pairs.size() && pairs[k].size() < most_pairs; ++k)
    pairs[k].emplace_back(truth[k], predicted[k]);
}

void add_head_pairs(Judgement& j, std::span<const Var> outputs, const Tensor& values) {
  const std::vector<Var> rows = head_outputs(j.heads, outputs);
  std::span<std::vector<std::pair<double, double>>> pairs = j.pairs;
  for (std::size_t h = 0; h < j.heads.size(); ++h) {
    if (j.heads[h].task != Task::regression) continue;
    const auto width = static_cast<std::size_t>(j.heads[h].width());
    const Tensor target = head_target(j.heads[h], values);
    const Rows truth(target), predicted(rows[h].value());
    for (std::int64_t i = 0; i < values.shape()[0]; ++i)
      add_pairs(pairs.first(width), truth[i], predicted[i]);
    pairs = pairs.subspan(width);
  }
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

Judgement::Judgement(const Session& s) : task(s.task()), heads(s.measure().heads) {
  if (task == Task::classification) details.confusion.emplace(s.outputs());
  if (task == Task::regression) pair_names = output_names(s);
  if (task == Task::regression && pair_names.empty()) {
    for (int k = 0; k < s.outputs(); ++k) pair_names.push_back("output " + std::to_string(k));
  }
  for (const config::HeadConfig& head : s.config.heads) {
    if (parse_task(head.task) != Task::regression) continue;
    for (const std::string& target : head.targets) pair_names.push_back(head.name + ": " + target);
  }
  pairs.resize(pair_names.size());
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
    case Task::multi_task:
      add_head_pairs(*this, outputs, batch.y);
      return;
    default:
      break;
  }
  const Rows output(y), target(task == Task::regression ? batch.y : batch.x);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto a = output[static_cast<std::int64_t>(i)], b = target[static_cast<std::int64_t>(i)];
    worst_outputs.add(indices[i], mean_square(a, b), a, b);
    add_pairs(pairs, b, a);
  }
}

bool find_threshold(Session& s, Module& model, Judgement& judgement) {
  return find_threshold_of(s, model, judgement);
}

bool find_threshold(Session& s, const int8::Model& model, Judgement& judgement) {
  return find_threshold_of(s, model, judgement);
}

void add_judgement(const Session& s, const Judgement& judgement, Summary& summary) {
  if (judgement.threshold) summary["anomaly"] = anomaly_json(s, *judgement.threshold);
  for (const report::ConfusionTable& table : judged_confusions(s, judgement)) {
    const auto& [matrix, names, pixels, head] = table;
    Summary json = Summary::parse(confusion_json(matrix, names, pixels));
    if (matrix.classes() > most_classes_written) json.erase("matrix");
    (head.empty() ? summary["confusion"] : summary["heads"][head]["confusion"]) = std::move(json);
    if (matrix.classes() <= most_classes_shown && !s.brief)
      s.progress.say((head.empty() ? "" : "\n" + head + ":") + "\n" +
                     confusion_text(matrix, names) + "\n" + class_table(matrix, names, pixels));
  }
  summary["worst"] = worst_json(judgement);
  if (!judgement.layers.empty())
    summary["layers"] = Summary::parse(quant::layer_error_json(judgement.layers));
  if (!judgement.advice.empty()) summary["advice"] = judgement.advice;
}

std::vector<report::ConfusionTable> judged_confusions(const Session& s,
                                                      const Judgement& judgement) {
  const TaskDetails& d = judgement.details;
  if (judgement.threshold) {
    if (!d.anomalies.has_both_kinds()) return {};
    return {{.matrix = d.anomalies.judged_by(*judgement.threshold),
             .class_names = {"normal", "anomaly"}}};
  }
  if (d.confusion) {
    return {{.matrix = *d.confusion,
             .class_names = output_names(s),
             .of_pixels = judgement.task == Task::segmentation}};
  }
  std::vector<report::ConfusionTable> tables;
  for (std::size_t h = 0; h < d.heads.size(); ++h) {
    if (!d.heads[h].confusion) continue;
    tables.push_back({.matrix = *d.heads[h].confusion,
                      .class_names = s.config.heads[h].class_names,
                      .of_pixels = false,
                      .title = judgement.heads[h].name});
  }
  return tables;
}

}  // namespace octet::trainer
