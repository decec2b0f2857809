#include "apps/common/setup/loss_setup.h"

#include <vector>

#include "base/error.h"
#include "core/ops/huber.h"

namespace octet::setup {
namespace {

bool weighs_classes(const config::LossConfig& c) {
  return c.balanced || c.class_weights != std::vector<double>{1};
}

}  // namespace

void resolve_loss(const config::Config& c, Task task, config::LossConfig& loss,
                  const std::string& pointer) {
  if (task == Task::multi_task) {
    OCTET_CHECK(loss.type == "auto" && loss.label_smoothing == 0 && !weighs_classes(loss),
                c.where(pointer), ": of several outputs each has its own, /heads/0/loss ...");
    return;
  }
  const bool classes = task == Task::classification || task == Task::segmentation;
  if (loss.type == "auto") loss.type = classes ? "cross_entropy" : "mse";
  const std::string of = ": is for classes, but the task is " + std::string(task_name(task));
  OCTET_CHECK(classes == (loss.type == "cross_entropy"), c.where(pointer + "/type"), ": expected ",
              classes ? "cross_entropy" : "mse, mae or huber", " for ", task_name(task), ", got ",
              loss.type);
  OCTET_CHECK(classes || loss.label_smoothing == 0, c.where(pointer + "/label_smoothing"), of);
  OCTET_CHECK(classes || !weighs_classes(loss), c.where(pointer + "/class_weights"), of);
}

CrossEntropyOptions cross_entropy_options(const config::LossConfig& c, std::int64_t classes,
                                          const std::string& where) {
  CrossEntropyOptions loss;
  loss.label_smoothing = c.label_smoothing;
  OCTET_CHECK(!c.balanced, where, ": \"balanced\" was not measured");
  if (c.class_weights.size() == 1) return loss;
  OCTET_CHECK(static_cast<std::int64_t>(c.class_weights.size()) == classes, where,
              ": expected 1 or ", classes, " numbers, got ", c.class_weights.size());
  const std::vector<real> weights(c.class_weights.begin(), c.class_weights.end());
  loss.class_weights = Tensor::from<real>({classes}, weights);
  return loss;
}

Var number_loss(const config::LossConfig& c, const Var& output, const Tensor& target) {
  if (c.type == "mae") return l1_loss(output, target);
  if (c.type == "huber") return huber_loss(output, target, c.delta);
  return mse_loss(output, target);
}

}  // namespace octet::setup
