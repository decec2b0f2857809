// How well scores tell anomalies from what is normal.
#pragma once

#include <utility>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// The area under the receiver operating characteristic: the probability that an anomaly has a
/// higher score than a normal sample, equal scores counting half (Hanley and McNeil 1982).
class RocAuc {
 public:
  void add(double score, bool anomaly) { scores_.emplace_back(score, anomaly); }
  /// A score for each label: i32, 0 normal, else an anomaly. Throws Error for other numbers of
  /// them.
  void add(const Tensor& scores, const Tensor& labels);

  /// Throws Error unless there are samples of both kinds and no score is NaN.
  double value() const;

 private:
  std::vector<std::pair<double, bool>> scores_;
};

}  // namespace octet
