// Worst samples, regression and anomaly figures against values by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "eval/regression_error.h"
#include "eval/roc_auc.h"
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
