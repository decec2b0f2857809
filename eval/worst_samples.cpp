#include "eval/worst_samples.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "eval/confusion_matrix.h"

namespace octet {
namespace {

bool worse(const JudgedSample& a, const JudgedSample& b) {
  return std::tuple(-a.loss, a.index) < std::tuple(-b.loss, b.index);
}

JudgedSample judge(std::span<const real> logits, std::int32_t truth, std::int64_t index) {
  const std::int64_t predicted = argmax(logits);
  const auto at = [&](std::int64_t k) { return double{logits[static_cast<std::size_t>(k)]}; };
  const double highest = at(predicted);
  double sum = 0;
  for (const real v : logits) sum += std::exp(double{v} - highest);
  OCTET_CHECK(std::isfinite(sum), "worst samples: sample ", index, ": expected finite logits, got ",
              highest, " as the largest");
  return {.index = index,
          .truth = truth,
          .predicted = static_cast<int>(predicted),
          .probability = 1 / sum,
          .loss = std::log(sum) + highest - at(truth)};
}

}  // namespace

void WorstSamples::add(const Tensor& logits, const Tensor& labels,
                       std::span<const std::int64_t> indices) {
  OCTET_CHECK(logits.shape().rank() == 2 && labels.numel() == logits.shape()[0] &&
                  static_cast<std::int64_t>(indices.size()) == labels.numel(),
              "worst samples: expected logits [N, K], N labels and indices, got ", logits.shape(),
              ", ", labels.shape(), " and ", indices.size());
  const auto truth = labels.span<std::int32_t>();
  const auto classes = static_cast<std::size_t>(logits.shape()[1]);
  const auto scores = logits.span<real>();
  for (std::size_t i = 0; i < truth.size(); ++i) {
    OCTET_CHECK(truth[i] >= 0 && truth[i] < static_cast<std::int64_t>(classes),
                "worst samples: sample ", indices[i], ": label: expected 0 to ", classes - 1,
                ", got ", truth[i]);
    samples_.push_back(judge(scores.subspan(i * classes, classes), truth[i], indices[i]));
  }
  std::ranges::sort(samples_, worse);
  samples_.resize(std::min(samples_.size(), most_));
}

}  // namespace octet
