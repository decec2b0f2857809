// The figures of each task, of networks that are easily computed by hand.
#include "eval/task_score.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "core/ops/ops.h"
#include "core/ops/reduction_ops.h"
#include "tests/custom_module.h"

using namespace octet;

namespace {

/// Four samples [1, 2, 1] of small numbers.
Dataset samples(Tensor targets, std::vector<std::string> names = {}) {
  return make_dataset(Tensor::from<real>({4, 1, 2, 1}, std::vector<real>{0, 1, 2, 3, 4, 5, 6, 7}),
                      std::move(targets), std::move(names), "samples");
}

TaskScore score_of(Module& net, Dataset data, const TaskMeasure& measure,
                   const TaskEvaluationOptions& options = {}) {
  LoaderOptions how{.batch = 3};
  how.transform.normalize = {{0}, {1}};
  Loader loader(std::move(data), how);
  Context ctx;
  return evaluate_task(net, loader, ctx, measure, options);
}

}  // namespace

TEST_CASE("regression: RMSE, MAE and R2 over all batches, the loss as it was trained") {
  // The sum of a sample: 1, 5, 9, 13; targets are one less or more.
  test::Custom net([](Var x) { return reshape(mean(x, {1, 2, 3}), {1}) * real(2); });
  const Dataset data = samples(Tensor::from<real>({4, 1}, std::vector<real>{0, 6, 8, 16}));
  TaskScore s = score_of(net, data, {.task = Task::regression});
  CHECK(s.samples == 4);
  CHECK(s.value() == doctest::Approx(std::sqrt((1 + 1 + 1 + 9) / 4.0)));
  CHECK(s.figure("mae").value() == doctest::Approx(1.5));
  CHECK(s.figure("r2").value() ==
        doctest::Approx(1 - 12 / (7.5 * 7.5 + 1.5 * 1.5 + 0.25 + 8.5 * 8.5)));
  CHECK(s.loss == doctest::Approx(3));
  CHECK_FALSE(s.figure("auc"));
  s = score_of(net, data,
               {.task = Task::regression, .loss = [](std::span<const Var> y, const Batch& batch) {
                  return l1_loss(y[0], like_output(batch.y, y[0]));
                }});
  CHECK(s.loss == doctest::Approx(1.5));
  const Dataset two = samples(Tensor::zeros({4, 2}));
  CHECK_THROWS_WITH_AS(
      score_of(net, two, {.task = Task::regression}),
      doctest::Contains("expected as many values as targets, got [3, 1] and [3, 2]"), Error);
}

TEST_CASE("autoencoder: figures are of the normal samples, the AUC of all") {
  // Reconstructs all but the last sample.
  test::Custom net([](Var x) { return relu6(x); });
  const Dataset data =
      samples(Tensor::from<std::int32_t>({4}, std::vector<std::int32_t>{0, 0, 0, 1}),
              {"normal", "anomaly"});
  TaskDetails details;
  const TaskScore s = score_of(net, data, {.task = Task::autoencoder}, {.details = &details});
  CHECK(s.value() == 0);
  CHECK(s.figure("r2").value() == 1);
  CHECK(s.figure("auc").value() == 1);
  CHECK(s.loss == doctest::Approx(1.0 / 8));
  CHECK(details.anomalies.scores()[3].score == doctest::Approx(0.5));
}

TEST_CASE("segmentation: mean IoU and accuracy of the pixels that count") {
  // Class 1 where the number is above 2.5.
  test::Custom net([](Var x) {
    const Tensor scale = Tensor::from<real>({2}, std::vector<real>{-1, 1});
    const Tensor shift = Tensor::from<real>({2}, std::vector<real>{2.5, -2.5});
    return x * x.tape->constant(scale) + x.tape->constant(shift);
  });
  const std::vector<std::int32_t> masks{0, 0, 0, 1, 1, 255, 1, 0};
  const Dataset data = samples(Tensor::from<std::int32_t>({4, 1, 2}, masks), {"no", "yes"});
  const TaskScore s = score_of(net, data, {.task = Task::segmentation, .classes = 2});
  CHECK(s.figure("accuracy").value() == doctest::Approx(6.0 / 7));
  CHECK(s.value() == doctest::Approx((3.0 / 4 + 3.0 / 4) / 2));
  CHECK(s.loss > 0);
  CHECK(s.loss < 2);
}

TEST_CASE("multi_task: the loss is the weighted sum, each head has its figures") {
  // The sum of a sample is 1, 5, 9, 13: logits (6, sum), and a number.
  test::CustomMany net([](std::span<const Var> x) {
    const Var sum = reshape(mean(x[0], {1, 2, 3}), {1}) * real(2);
    const Var six = sum * real(0) + real(6);
    const std::vector<Var> logits{six, sum};
    return std::vector<Var>{concat(logits, 1), reshape(sum, {1, 1, 1})};
  });
  const Dataset data =
      samples(Tensor::from<real>({4, 2}, std::vector<real>{0, 0, 6, 1, 8, 1, 16, 1}));
  TaskMeasure measure{.task = Task::multi_task};
  measure.heads = {{.name = "big", .columns = {1}, .classes = 2},
                   {.name = "sum", .task = Task::regression, .columns = {0}, .weight = 0.5}};
  TaskDetails details;
  const TaskScore s =
      score_of(net, data, measure, {.stop = {}, .observe = {}, .details = &details});
  const auto cross = [](double right, double wrong) { return std::log1p(std::exp(wrong - right)); };
  const double classes = cross(6, 1) + cross(5, 6) + cross(9, 6) + cross(13, 6);
  CHECK(s.loss == doctest::Approx(classes / 4 + 0.5 * 3));
  CHECK(s.value() == s.loss);
  CHECK(s.figure("big.accuracy").value() == doctest::Approx(0.75));
  CHECK(s.figure("sum.mae").value() == doctest::Approx(1.5));
  CHECK(s.figures.size() == measure.figures().size());
  CHECK(details.heads[0].confusion->count(1, 0) == 1);

  measure.heads[0].classes = 1;
  CHECK_THROWS_WITH_AS(score_of(net, data, measure),
                       doctest::Contains("head 'big': expected an output of 1 numbers a sample"),
                       Error);
  measure.heads[0] = {.name = "big", .columns = {0}, .classes = 2};
  CHECK_THROWS_WITH_AS(score_of(net, data, measure),
                       doctest::Contains("head 'big': expected a class, 0 to 1, got 6"), Error);
  measure.heads.pop_back();
  CHECK_THROWS_WITH_AS(score_of(net, data, measure),
                       doctest::Contains("expected a network of 1 outputs"), Error);
}
