// Worst samples, regression and anomaly figures against values by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "eval/anomaly_scores.h"
#include "eval/figure_limit.h"
#include "eval/regression_error.h"
#include "eval/roc_auc.h"
#include "eval/worst_outputs.h"
#include "eval/worst_samples.h"

using namespace octet;

namespace {

Tensor reals(const Shape& shape, std::vector<real> values) {
  return Tensor::from<real>(shape, values);
}
Tensor labels(std::vector<std::int32_t> values) {
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

TEST_CASE("the worst samples are those of the largest loss, over all batches") {
  WorstSamples worst(3);
  const std::vector<std::int64_t> first{10, 11}, second{7, 20, 21};
  worst.add(reals({2, 2}, {3, 0, 0, 1}), labels({0, 0}), first);
  worst.add(reals({3, 2}, {1, 0, 0, 5, 2, 2}), labels({1, 0, 1}), second);
  const auto& s = worst.samples();
  REQUIRE(s.size() == 3);
  CHECK(s[0].index == 20);  // 5 for the wrong class
  CHECK(s[0].truth == 0);
  CHECK(s[0].predicted == 1);
  CHECK(s[0].loss == doctest::Approx(std::log(1 + std::exp(5.0))));
  CHECK(s[0].probability == doctest::Approx(1 / (1 + std::exp(-5.0))));
  CHECK(s[1].index == 7);  // as bad as 11, of a lower index
  CHECK(s[2].index == 11);
  CHECK(s[1].loss == doctest::Approx(s[2].loss));
  CHECK(s[1].loss == doctest::Approx(std::log(1 + std::exp(1.0))));

  CHECK_THROWS_WITH_AS(worst.add(reals({1, 2}, {0, 0}), labels({2}), std::vector<std::int64_t>{5}),
                       doctest::Contains("sample 5: label: expected 0 to 1, got 2"), Error);
  CHECK_THROWS_AS(worst.add(reals({1, 2}, {0, 0}), labels({1}), {}), Error);
  constexpr real nan = std::numeric_limits<real>::quiet_NaN();
  CHECK_THROWS_AS(worst.add(reals({1, 2}, {nan, 0}), labels({1}), std::vector<std::int64_t>{5}),
                  Error);
}

TEST_CASE("large logits do not overflow") {
  WorstSamples worst(1);
  worst.add(reals({1, 2}, {3000, -3000}), labels({1}), std::vector<std::int64_t>{0});
  CHECK(worst.samples()[0].loss == doctest::Approx(6000));
  CHECK(worst.samples()[0].probability == 1);
}

TEST_CASE("mean squared and absolute error are over all elements") {
  RegressionError e;
  CHECK(e.mse() == 0);
  e.add(reals({2, 1}, {1, 4}), reals({2}, {2, 2}));
  e.add(reals({1}, {0}), reals({1}, {-3}));
  CHECK(e.count() == 3);
  CHECK(e.mse() == doctest::Approx((1.0 + 4 + 9) / 3));
  CHECK(e.mae() == doctest::Approx((1.0 + 2 + 3) / 3));
  CHECK_THROWS_WITH_AS(e.add(reals({2}, {0, 0}), reals({1}, {0})),
                       doctest::Contains("got [2] and [1]"), Error);
}

TEST_CASE("R2 is the share of the targets' variance that is explained") {
  RegressionError e;
  CHECK(e.r2() == 0);
  // Two elements a sample, with means of their own: 2 and 20; the sum of squares 2 + 200.
  e.add(reals({2, 2}, {1, 10, 4, 30}), reals({2, 2}, {1, 10, 3, 30}));
  CHECK(e.r2() == doctest::Approx(1 - 1.0 / (2 + 200)));
  CHECK(e.rmse() == doctest::Approx(0.5));
  CHECK_THROWS_WITH_AS(e.add(reals({1, 1}, {1}), reals({1, 1}, {1})),
                       doctest::Contains("samples of 2 values, got 1"), Error);
  RegressionError constant;
  constant.add(reals({2, 1}, {1, 2}), reals({2, 1}, {5, 5}));
  CHECK(constant.r2() == 0);
}

TEST_CASE("anomalies are told by how badly they are reconstructed") {
  AnomalyScores a;
  const std::vector<std::int64_t> first{0, 1, 2}, second{7};
  a.add(reals({3, 2}, {0, 0, 1, 1, 2, 0}), reals({3, 1, 1, 2}, {0, 0, 0, 0, 0, 0}),
        labels({0, 0, 1}), first);
  CHECK(a.has_both_kinds());
  a.add(reals({1, 2}, {0, 1}), reals({1, 2}, {0, 0}), labels({0}), second);
  REQUIRE(a.scores().size() == 4);
  CHECK(a.scores()[2].score == 2);
  CHECK(a.scores()[3].index == 7);
  CHECK(a.error().mse() == doctest::Approx((0 + 2 + 1) / 6.0));  // of the normal ones
  CHECK(a.auc() == 1);
  CHECK(a.threshold(1) == 1);
  CHECK(a.threshold(0.67) == 1);
  CHECK(a.threshold(0.6) == 0.5);
  CHECK(a.threshold(0.01) == 0);
  const ConfusionMatrix m = a.judged_by(0.5);
  CHECK(m.count(0, 0) == 2);
  CHECK(m.count(0, 1) == 1);
  CHECK(m.count(1, 1) == 1);
  CHECK_THROWS_AS(a.threshold(0), Error);
  CHECK_THROWS_WITH_AS(AnomalyScores().threshold(0.5),
                       doctest::Contains("normal samples, got none"), Error);
}

TEST_CASE("the worst outputs are those of the largest error, with what they are") {
  WorstOutputs worst(2);
  const std::vector<real> a{1}, b{2};
  worst.add(3, 0.5, a, b);
  worst.add(1, 0.5, a, a);
  worst.add(2, 0.1, b, b);
  worst.add(4, 0.7, b, a);
  REQUIRE(worst.samples().size() == 2);
  CHECK(worst.samples()[0].index == 4);
  CHECK(worst.samples()[0].output == b);
  CHECK(worst.samples()[1].index == 1);  // of equals the lower
}

TEST_CASE("limits are of figures of the task, on the side where they are bad") {
  using Texts = std::vector<std::string>;
  const auto limits =
      parse_limits(figures_of(Task::regression), Texts{"r2=0.9"}, Texts{"0.5", "loss=2"});
  REQUIRE(limits.size() == 3);
  TaskScore s{.loss = 1, .samples = 5, .figures = {{"rmse", 0.5}, {"mae", 0.4}, {"r2", 0.9}}};
  CHECK_NOTHROW(check_limits(limits, s, "int8"));
  s.figures[0].second = 0.51;
  CHECK_THROWS_WITH_AS(check_limits(limits, s, "int8"), "int8 RMSE 0.51 is above --fail-above 0.5",
                       Error);
  s.figures = {{"rmse", 0.1}};
  CHECK_THROWS_WITH_AS(check_limits(limits, s, ""), doctest::Contains("no r2"), Error);
  const auto refused = [](Task task, const Texts& below, const Texts& above, const char* message) {
    CHECK_THROWS_WITH_AS(parse_limits(figures_of(task), below, above), doctest::Contains(message),
                         Error);
  };
  refused(Task::regression, {"0.9"}, {},
          "--fail-below: rmse is better the smaller it is: use --fail-above");
  refused(Task::classification, {}, {"0.9"},
          "accuracy is better the larger it is: use --fail-below");
  refused(Task::classification, {"98"}, {}, "accuracy: expected a part of 1, got 98");
  refused(Task::segmentation, {"auc=0.9"}, {}, "expected one of mean_iou, accuracy, loss");
  refused(Task::segmentation, {"mean_iou=x"}, {}, "expected a number");
  refused(Task::regression, {}, {""}, "expected a number");
}

TEST_CASE("the area under the ROC is the share of pairs in order, equal scores half") {
  RocAuc perfect;
  perfect.add(reals({4}, {1, 2, 3, 4}), labels({0, 0, 1, 1}));
  CHECK(perfect.value() == 1);
  RocAuc wrong;
  wrong.add(reals({4}, {1, 2, 3, 4}), labels({1, 1, 0, 0}));
  CHECK(wrong.value() == 0);
  // Pairs (anomaly, normal): (0.35, 0.1) and (0.8, both) in order, (0.35, 0.4) not.
  RocAuc some;
  some.add(reals({4}, {0.1F, 0.4F, 0.35F, 0.8F}), labels({0, 0, 1, 1}));
  CHECK(some.value() == doctest::Approx(0.75));
  RocAuc equal;
  for (int i = 0; i < 5; ++i) equal.add(0.5, i % 2 == 0);
  CHECK(equal.value() == doctest::Approx(0.5));

  RocAuc one_kind;
  one_kind.add(0.3, true);
  CHECK_THROWS_WITH_AS(one_kind.value(),
                       doctest::Contains("expected normal samples and anomalies, got 0 and 1"),
                       Error);
  one_kind.add(std::numeric_limits<double>::quiet_NaN(), false);
  CHECK_THROWS_AS(one_kind.value(), Error);
}
