// The samples that a classifier gets most wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// A sample and what the network made of it.
struct JudgedSample {
  std::int64_t index = 0;  ///< in the data set
  int truth = 0, predicted = 0;
  double probability = 0;  ///< of the predicted class, by the softmax of the logits
  double loss = 0;         ///< cross-entropy: -log of the true class's probability
};

/// Keeps the samples of the largest loss.
class WorstSamples {
 public:
  explicit WorstSamples(std::size_t most) : most_(most) {}

  /// Logits real [N, K], labels i32 [N] and the samples' indices in the data set. Throws Error for
  /// other shapes, a label that is no class, or logits that are not finite.
  void add(const Tensor& logits, const Tensor& labels, std::span<const std::int64_t> indices);

  /// The worst first; of equals the lower index. At most `most`.
  const std::vector<JudgedSample>& samples() const noexcept { return samples_; }

 private:
  std::size_t most_;
  std::vector<JudgedSample> samples_;
};

}  // namespace octet
