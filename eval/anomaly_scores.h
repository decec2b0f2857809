// How badly an autoencoder reconstructs each sample, which tells anomalies from what it was trained
// on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "eval/confusion_matrix.h"
#include "eval/regression_error.h"

namespace octet {

struct AnomalyScore {
  std::int64_t index = 0;  ///< in the data set
  double score = 0;        ///< mean over the sample's elements of (reconstructed - input)^2
  bool anomaly = false;    ///< by its label
};

class AnomalyScores {
 public:
  /// Samples along the first extent, of as many elements each in `reconstructed` and `input`;
  /// labels i32 [N], 0: normal, else an anomaly; indices of the samples in the data set. Throws
  /// Error for other shapes.
  void add(const Tensor& reconstructed, const Tensor& input, const Tensor& labels,
           std::span<const std::int64_t> indices);

  const std::vector<AnomalyScore>& scores() const noexcept { return scores_; }
  /// Over the elements of the normal samples.
  const RegressionError& error() const noexcept { return error_; }
  bool has_both_kinds() const noexcept;

  /// See RocAuc. Throws Error unless there are both kinds.
  double auc() const;
  /// The least threshold that at least this share of the normal samples, 0 < share <= 1, do not
  /// exceed. Throws Error if there are none.
  double threshold(double share) const;
  /// Classes: 0 normal, 1 anomaly; predicted: a score above the threshold.
  ConfusionMatrix judged_by(double threshold) const;

 private:
  std::vector<AnomalyScore> scores_;
  RegressionError error_;
};

}  // namespace octet
