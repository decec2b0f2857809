#include "eval/task_head.h"

#include <cmath>

#include "base/error.h"
#include "core/ops/losses.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

Tensor classes_in(const TaskHead& head, const Tensor& values) {
  const std::int64_t samples = values.shape()[0], each = values.shape()[1];
  Tensor labels = Tensor::empty({samples}, ElementType::i32);
  for (std::int64_t i = 0; i < samples; ++i) {
    const real k = values.r()[i * each + head.columns[0]];
    OCTET_CHECK(k >= 0 && k < static_cast<real>(head.classes) && k == std::floor(k), "head '",
                head.name, "': expected a class, 0 to ", head.classes - 1, ", got ", k);
    labels.data<std::int32_t>()[i] = static_cast<std::int32_t>(k);
  }
  return labels;
}

Var loss_of(const TaskHead& head, const Var& output, const Tensor& target) {
  if (head.loss) return head.loss(output, target);
  return head.task == Task::classification ? cross_entropy(output, target)
                                           : mse_loss(output, target);
}

}  // namespace

Tensor head_target(const TaskHead& head, const Tensor& values) {
  if (head.task == Task::classification) return classes_in(head, values);
  const std::int64_t samples = values.shape()[0], each = values.shape()[1];
  Tensor target = Tensor::empty({samples, head.width()});
  real* to = target.r();
  for (std::int64_t i = 0; i < samples; ++i) {
    for (const std::int64_t column : head.columns) *to++ = values.r()[i * each + column];
  }
  return target;
}

std::vector<Var> head_outputs(std::span<const TaskHead> heads, std::span<const Var> outputs) {
  OCTET_CHECK(outputs.size() == heads.size(), "expected a network of ", heads.size(),
              " outputs, one for each head, got ", outputs.size());
  std::vector<Var> rows;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const Shape& shape = outputs[h].shape();
    const std::int64_t samples = shape[0];
    OCTET_CHECK(shape.numel() == samples * heads[h].width(), "head '", heads[h].name,
                "': expected an output of ", heads[h].width(), " numbers a sample, got ", shape);
    rows.push_back(shape.rank() == 2 ? outputs[h] : reshape(outputs[h], {heads[h].width()}));
  }
  return rows;
}

Var heads_loss(std::span<const TaskHead> heads, std::span<const Var> outputs,
               const Tensor& values) {
  const std::vector<Var> rows = head_outputs(heads, outputs);
  Var sum;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    Var loss = loss_of(heads[h], rows[h], head_target(heads[h], values));
    if (heads[h].weight != 1) {
      const auto weight = static_cast<real>(heads[h].weight);
      loss = loss * loss.tape->constant(Tensor::full(loss.shape(), weight));
    }
    sum = h == 0 ? loss : sum + loss;
  }
  return sum;
}

std::vector<FigureKind> figures_of(std::span<const TaskHead> heads) {
  const std::span<const FigureKind> common = figures_of(Task::multi_task);
  std::vector<FigureKind> all(common.begin(), common.end());
  for (const TaskHead& head : heads) {
    for (FigureKind kind : figures_of(head.task)) {
      kind.name = head.name + "." + kind.name;
      kind.text = head.name + " " + kind.text;
      all.push_back(std::move(kind));
    }
  }
  return all;
}

}  // namespace octet
