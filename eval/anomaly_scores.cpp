#include "eval/anomaly_scores.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/roc_auc.h"

namespace octet {

void AnomalyScores::add(const Tensor& reconstructed, const Tensor& input, const Tensor& labels,
                        std::span<const std::int64_t> indices) {
  OCTET_CHECK(labels.numel() == input.shape()[0] && reconstructed.numel() == input.numel() &&
                  std::ssize(indices) == labels.numel(),
              "anomaly scores: expected as many elements as the inputs ", input.shape(),
              " and a label for each sample, got ", reconstructed.shape(), " and ", labels.shape());
  const auto y = reconstructed.span<real>(), x = input.span<real>();
  const auto label = labels.span<std::int32_t>();
  const std::size_t each = x.size() / label.size();
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto a = y.subspan(i * each, each), b = x.subspan(i * each, each);
    double sum = 0;
    for (std::size_t k = 0; k < each; ++k) {
      const double off = double{a[k]} - double{b[k]};
      sum += off * off;
    }
    scores_.push_back({indices[i], sum / static_cast<double>(each), label[i] != 0});
    if (label[i] == 0) error_.add(a, b);
  }
}

bool AnomalyScores::has_both_kinds() const noexcept {
  const auto anomalies = std::ranges::count_if(scores_, &AnomalyScore::anomaly);
  return anomalies > 0 && anomalies < std::ssize(scores_);
}

double AnomalyScores::auc() const {
  RocAuc auc;
  for (const AnomalyScore& s : scores_) auc.add(s.score, s.anomaly);
  return auc.value();
}

double AnomalyScores::threshold(double share) const {
  OCTET_CHECK(share > 0 && share <= 1,
              "anomaly threshold: expected a share above 0 and at most 1, got ", share);
  std::vector<double> normal;
  for (const AnomalyScore& s : scores_) {
    if (!s.anomaly) normal.push_back(s.score);
  }
  OCTET_CHECK(!normal.empty(), "anomaly threshold: expected normal samples, got none");
  std::ranges::sort(normal);
  const double below = std::ceil(share * static_cast<double>(normal.size()) - 1e-9);
  return normal[std::max<std::size_t>(static_cast<std::size_t>(below), 1) - 1];
}

ConfusionMatrix AnomalyScores::judged_by(double threshold) const {
  ConfusionMatrix matrix(2);
  for (const AnomalyScore& s : scores_) matrix.add(s.anomaly, s.score > threshold);
  return matrix;
}

}  // namespace octet
