#include "apps/common/setup/task_setup.h"

#include <algorithm>
#include <string>

#include "apps/common/setup/heads.h"
#include "apps/common/setup/loss_setup.h"
#include "base/error.h"
#include "data/dataset_report.h"
#include "layers/zoo/zoo.h"

namespace octet::setup {
namespace {

std::string kind_text(TargetKind kind) {
  return kind == TargetKind::classes ? "classes" : kind == TargetKind::masks ? "masks" : "numbers";
}

Task task_for(TargetKind kind) {
  switch (kind) {
    case TargetKind::classes:
      return Task::classification;
    case TargetKind::values:
      return Task::regression;
    case TargetKind::masks:
      break;
  }
  return Task::segmentation;
}

/// Of regression and autoencoders: what the output is compared with, and how.
std::function<Var(std::span<const Var>, const Batch&)> error_loss(Task task,
                                                                  const config::LossConfig& c) {
  return
      [of_input = task == Task::autoencoder, c](std::span<const Var> outputs, const Batch& batch) {
        const Var& y = outputs[0];
        return number_loss(c, y, like_output(of_input ? batch.x : batch.y, y));
      };
}

/// Masks of 0 and 255 are the usual ones of two classes elsewhere.
void check_mask_classes(const config::Config& c, const Dataset& train) {
  const std::vector<std::int64_t> counts = class_counts(train);
  OCTET_CHECK(counts.empty() || std::ranges::count_if(counts, [](auto n) { return n > 0; }) > 1,
              c.where("/data"), ": ", train.name,
              ": expected masks of at least two classes, all pixels are of one or 255, which is "
              "ignored: write classes as 0, 1, 2 and so on");
}

}  // namespace

bool wants_autoencoder(const config::Config& c) {
  if (c.task != "auto") return c.task == task_name(Task::autoencoder);
  return !c.model.zoo.empty() && zoo::output_kind(c.model.zoo) == zoo::OutputKind::input;
}

void resolve_task(config::Config& c, const Dataset& train) {
  const TargetKind kind = train.target();
  if (c.task == "auto") {
    c.task = task_name(!c.heads.empty()       ? Task::multi_task
                       : wants_autoencoder(c) ? Task::autoencoder
                                              : task_for(kind));
  }
  const Task task = task_of(c);
  const bool numbers = task == Task::regression || task == Task::multi_task;
  OCTET_CHECK(task == Task::autoencoder || task_for(kind) == (numbers ? Task::regression : task),
              c.where("/task"), ": ", task_name(task), " needs ",
              task == Task::classification ? "a class"
              : numbers                    ? "numbers"
                                           : "a mask",
              " for each sample, but the targets of ", train.name, " are ", kind_text(kind));
  OCTET_CHECK(task == Task::autoencoder || c.anomaly.normal.empty(), c.where("/anomaly/normal"),
              ": is for autoencoders, but the task is ", task_name(task));
  if (task == Task::multi_task) resolve_heads(c, train);
  if (task == Task::segmentation) check_mask_classes(c, train);
  if (c.train) resolve_loss(c, task, c.train->steps.loss, "/train/loss");
  if (c.quant) resolve_loss(c, task, c.quant->steps.loss, "/quant/loss");
}

Task task_of(const config::Config& c) {
  OCTET_CHECK(c.task != "auto", "task: \"auto\" was not resolved");
  return parse_task(c.task);
}

int output_count(const config::Config& c, const Dataset& data) {
  const Task task = task_of(c);
  const int classes = c.model.classes;
  if (task == Task::multi_task) {
    OCTET_CHECK(c.model.zoo.empty(), c.where("/model/zoo"), ": ", c.model.zoo,
                " has one output, but there are heads: expected model.layers or model.import");
    OCTET_CHECK(classes == 0, c.where("/model/classes"),
                ": of several outputs each has its own, /heads/0/classes ...");
    return 0;
  }
  if (!c.model.zoo.empty()) {
    const zoo::OutputKind kind = zoo::output_kind(c.model.zoo);
    const bool fits = task == Task::autoencoder    ? kind == zoo::OutputKind::input
                      : task == Task::segmentation ? kind == zoo::OutputKind::pixels
                                                   : kind == zoo::OutputKind::row;
    OCTET_CHECK(fits, c.where("/model/zoo"), ": ", c.model.zoo, " returns ",
                kind == zoo::OutputKind::input    ? "its input again"
                : kind == zoo::OutputKind::pixels ? "numbers for each pixel"
                                                  : "numbers for each sample",
                ", which ", task_name(task), " is not trained on; of the zoo, ",
                task == Task::autoencoder    ? "autoencoder is"
                : task == Task::segmentation ? "unet is"
                                             : "all but autoencoder and unet are");
  }
  switch (task) {
    case Task::autoencoder:
      OCTET_CHECK(classes == 0, c.where("/model/classes"), ": an autoencoder has none, got ",
                  classes);
      return 0;
    case Task::regression: {
      const auto values = static_cast<int>(data.target_shape()[0]);
      OCTET_CHECK(classes == 0 || classes == values, c.where("/model/classes"), ": expected the ",
                  values, " numbers that a target of ", data.name, " has, got ", classes);
      return values;
    }
    default:
      OCTET_CHECK(classes == 0 || classes >= data.classes, c.where("/model/classes"),
                  ": expected at least the ", data.classes, " classes of ", data.name, ", got ",
                  classes);
      return classes ? classes : data.classes;
  }
}

namespace {

void check_heads(const config::Config& c, const GraphModule& network) {
  const std::vector<TaskHead> heads = make_heads(c, /*training=*/true);
  OCTET_CHECK(network.outputs().size() == heads.size(), c.where("/model"),
              ": expected a network of ", heads.size(), " outputs, one for each head, got ",
              network.outputs().size());
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const GraphNode& y = network.nodes()[static_cast<std::size_t>(network.outputs()[h].node)];
    const std::string where = c.where("/heads/" + std::to_string(h));
    OCTET_CHECK(y.shape.numel() == heads[h].width(), where, ": '", heads[h].name,
                "': expected an output of ", heads[h].width(), " numbers, got ", y.shape);
    OCTET_CHECK(heads[h].task != Task::classification || !y.op || y.op->name() != "softmax", where,
                ": '", heads[h].name,
                "': the output is a softmax's: leave it out, the loss computes it");
  }
}

}  // namespace

void check_output(const config::Config& c, const GraphModule& network, int outputs,
                  const Shape& input) {
  if (task_of(c) == Task::multi_task) return check_heads(c, network);
  OCTET_CHECK(network.outputs().size() == 1, c.where("/model"),
              ": expected a network of one output, got ", network.outputs().size());
  const Task task = task_of(c);
  const Shape& y = network.nodes()[static_cast<std::size_t>(network.outputs()[0].node)].shape;
  const Shape expected = task == Task::autoencoder    ? input
                         : task == Task::segmentation ? Shape{1, input[1], input[2], outputs}
                                                      : Shape{1, outputs};
  const bool fits = task == Task::autoencoder || task == Task::regression
                        ? y.numel() == expected.numel()
                        : y == expected;
  OCTET_CHECK(fits, c.where("/model"), ": ", task_name(task), " needs a network that returns ",
              expected, " for an input of ", input, ", got ", y);
}

FitLoss make_loss(const TrainingSection& t, std::int64_t outputs) {
  const Task task = task_of(t.config);
  switch (task) {
    case Task::classification:
      return cross_entropy_loss(
          cross_entropy_options(t.steps.loss, outputs, t.where("loss/class_weights")));
    case Task::segmentation:
      return mean_loss(
          [options = cross_entropy_options(t.steps.loss, outputs, t.where("loss/class_weights"))](
              std::span<const Var> y, const Batch& batch) {
            return mask_cross_entropy(y[0], batch.y, options);
          });
    case Task::multi_task:
      return mean_loss([heads = make_heads(t.config, /*training=*/true)](std::span<const Var> y,
                                                                         const Batch& batch) {
        return heads_loss(heads, y, batch.y);
      });
    default:
      return mean_loss(error_loss(task, t.steps.loss));
  }
}

TaskMeasure task_measure(const config::Config& c, int outputs) {
  TaskMeasure measure{.task = task_of(c), .classes = outputs};
  if (measure.task == Task::classification || measure.task == Task::segmentation) return measure;
  if (measure.task == Task::multi_task) {
    measure.heads = make_heads(c, /*training=*/false);
    return measure;
  }
  const config::LossConfig& loss = c.train ? c.train->steps.loss : c.quant->steps.loss;
  measure.loss = error_loss(measure.task, loss);
  return measure;
}

}  // namespace octet::setup
