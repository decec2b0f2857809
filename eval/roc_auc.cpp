#include "eval/roc_auc.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octet {

void RocAuc::add(const Tensor& scores, const Tensor& labels) {
  OCTET_CHECK(scores.numel() == labels.numel(), "AUC: expected a score for each label, got ",
              scores.shape(), " and ", labels.shape());
  const auto score = scores.span<real>();
  const auto label = labels.span<std::int32_t>();
  for (std::size_t i = 0; i < score.size(); ++i) add(double{score[i]}, label[i] != 0);
}

double RocAuc::value() const {
  const auto sorted = [&] {
    auto copy = scores_;
    for (const auto& [score, anomaly] : copy)
      OCTET_CHECK(!std::isnan(score), "AUC: a score is not a number");
    std::ranges::sort(copy);
    return copy;
  }();
  // Normal samples below each anomaly, those of the same score counting half.
  double below = 0, wins = 0, anomalies = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    double normal = 0, abnormal = 0;
    for (const double score = sorted[i].first; i < sorted.size() && sorted[i].first == score; ++i)
      (sorted[i].second ? abnormal : normal) += 1;
    wins += abnormal * (below + normal / 2);
    below += normal;
    anomalies += abnormal;
  }
  OCTET_CHECK(below > 0 && anomalies > 0, "AUC: expected normal samples and anomalies, got ",
              static_cast<std::int64_t>(below), " and ", static_cast<std::int64_t>(anomalies));
  return wins / (below * anomalies);
}

}  // namespace octet
