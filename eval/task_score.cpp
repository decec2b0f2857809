#include "eval/task_score.h"

#include <algorithm>

#include "base/error.h"
#include "core/ops/losses.h"

namespace octet {
namespace {

std::function<Var(std::span<const Var>, const Batch&)> loss_of(const TaskMeasure& m) {
  if (m.loss) return m.loss;
  switch (m.task) {
    case Task::classification:
      return {};
    case Task::regression:
      return [](std::span<const Var> y, const Batch& batch) {
        return mse_loss(y[0], like_output(batch.y, y[0]));
      };
    case Task::autoencoder:
      return [](std::span<const Var> y, const Batch& batch) {
        return mse_loss(y[0], like_output(batch.x, y[0]));
      };
    case Task::segmentation:
      return [](std::span<const Var> y, const Batch& batch) {
        return mask_cross_entropy(y[0], batch.y);
      };
    case Task::multi_task:
      break;
  }
  return [heads = m.heads](std::span<const Var> y, const Batch& batch) {
    return heads_loss(heads, y, batch.y);
  };
}

void add_heads(std::span<const TaskHead> heads, TaskDetails& d, std::span<const Var> outputs,
               const Tensor& values) {
  d.heads.resize(heads.size());
  const std::vector<Var> rows = head_outputs(heads, outputs);
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const Tensor& y = rows[h].value();
    const Tensor target = head_target(heads[h], values);
    TaskDetails& of_head = d.heads[h];
    if (heads[h].task == Task::regression) {
      of_head.error.add(y, target);
    } else {
      if (!of_head.confusion) of_head.confusion.emplace(heads[h].classes);
      of_head.confusion->add(y, target);
    }
  }
}

/// Adds a batch to what the figures are made of.
void add(const TaskMeasure& m, TaskDetails& d, std::span<const Var> outputs, const Batch& batch,
         std::span<const std::int64_t> indices) {
  const Tensor& y = outputs[0].value();
  switch (m.task) {
    case Task::classification:
      break;  // counted by evaluate()
    case Task::regression:
      d.error.add(y, batch.y);
      break;
    case Task::autoencoder:
      d.anomalies.add(y, batch.x, batch.y, indices);
      break;
    case Task::segmentation:
      if (!d.confusion) d.confusion.emplace(m.classes);
      d.confusion->add(y, counted_labels(batch.y));
      break;
    case Task::multi_task:
      add_heads(m.heads, d, outputs, batch.y);
      break;
  }
}

using NamedFigures = std::vector<std::pair<std::string, double>>;

NamedFigures of_numbers(const RegressionError& error) {
  return {{"rmse", error.rmse()}, {"mae", error.mae()}, {"r2", error.r2()}};
}

NamedFigures of_heads(std::span<const TaskHead> heads, const TaskDetails& d, double loss) {
  NamedFigures all{{"loss", loss}};
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const TaskDetails& of_head = d.heads.at(h);
    const NamedFigures figures = heads[h].task == Task::regression
                                     ? of_numbers(of_head.error)
                                     : NamedFigures{{"accuracy", of_head.confusion->accuracy()}};
    for (const auto& [name, value] : figures) all.emplace_back(heads[h].name + "." + name, value);
  }
  return all;
}

TaskScore score_of(const TaskMeasure& m, const TaskDetails& d, const Evaluation& e) {
  TaskScore s{.loss = e.loss, .samples = e.images, .stopped = e.stopped};
  if (s.stopped) return s;
  switch (m.task) {
    case Task::classification:
      s.figures = {{"accuracy", e.accuracy()}};
      break;
    case Task::regression:
      s.figures = of_numbers(d.error);
      break;
    case Task::autoencoder:
      s.figures = {{"mse", d.anomalies.error().mse()}, {"r2", d.anomalies.error().r2()}};
      if (d.anomalies.has_both_kinds()) s.figures.emplace_back("auc", d.anomalies.auc());
      break;
    case Task::segmentation:
      s.figures = {{"mean_iou", mean_iou(*d.confusion)}, {"accuracy", d.confusion->accuracy()}};
      break;
    case Task::multi_task:
      s.figures = of_heads(m.heads, d, e.loss);
      break;
  }
  return s;
}

template <class Model>
TaskScore evaluate_any(Model& model, Loader& loader, Context& ctx, const TaskMeasure& m,
                       const TaskEvaluationOptions& options) {
  TaskDetails own;
  TaskDetails& details = options.details ? *options.details : own;
  EvaluationOptions how;
  how.stop = options.stop;
  how.logits = m.task == Task::classification ? 0 : -1;
  how.loss = loss_of(m);
  how.observe = options.observe;
  if (m.task != Task::classification) {
    how.observe = [&](std::span<const Var> outputs, const Batch& batch,
                      std::span<const std::int64_t> indices) {
      add(m, details, outputs, batch, indices);
      if (options.observe) options.observe(outputs, batch, indices);
    };
  }
  return score_of(m, details, evaluate(model, loader, ctx, how));
}

}  // namespace

std::vector<FigureKind> TaskMeasure::figures() const {
  if (task == Task::multi_task) return figures_of(heads);
  const std::span<const FigureKind> of_task = figures_of(task);
  return {of_task.begin(), of_task.end()};
}

std::optional<double> TaskScore::figure(std::string_view name) const {
  if (name == "loss") return loss;
  for (const auto& [known, value] : figures) {
    if (known == name) return value;
  }
  return std::nullopt;
}

TaskScore evaluate_task(Module& model, Loader& loader, Context& ctx, const TaskMeasure& measure,
                        const TaskEvaluationOptions& options) {
  return evaluate_any(model, loader, ctx, measure, options);
}

TaskScore evaluate_task(const int8::Model& model, Loader& loader, Context& ctx,
                        const TaskMeasure& measure, const TaskEvaluationOptions& options) {
  return evaluate_any(model, loader, ctx, measure, options);
}

Var mask_cross_entropy(const Var& logits, const Tensor& masks, const CrossEntropyOptions& options) {
  return cross_entropy(logits, counted_labels(masks), options);
}

Tensor counted_labels(const Tensor& masks) {
  Tensor labels = Tensor::empty(masks.shape(), ElementType::i32);
  std::ranges::transform(masks.span<std::int32_t>(), labels.data<std::int32_t>(),
                         [](std::int32_t k) { return k == ignored_class ? -1 : k; });
  return labels;
}

Tensor like_output(const Tensor& values, const Var& output) {
  const Shape& shape = output.value().shape();
  OCTET_CHECK(values.numel() == shape.numel(), "loss: the network returns ", shape,
              " where it is trained towards ", values.shape());
  return values.reshape(shape);
}

}  // namespace octet
