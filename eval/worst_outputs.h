// The samples that a network gets most wrong, with what it made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace octet {

struct JudgedOutput {
  std::int64_t index = 0;  ///< in the data set
  double error = 0;        ///< larger is worse
  std::vector<real> output, target;
};

/// Keeps the samples of the largest error.
class WorstOutputs {
 public:
  explicit WorstOutputs(std::size_t most) : most_(most) {}

  void add(std::int64_t index, double error, std::span<const real> output,
           std::span<const real> target);

  /// The worst first; of equals the lower index. At most `most`.
  const std::vector<JudgedOutput>& samples() const noexcept { return samples_; }

 private:
  std::size_t most_;
  std::vector<JudgedOutput> samples_;
};

}  // namespace octet
