#include "eval/confusion_matrix.h"

#include <algorithm>

#include "base/error.h"

namespace octet {
namespace {

double ratio(std::int64_t part, std::int64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int classes) : classes_(classes) {
  constexpr int most = 65536;
  OCTET_CHECK(classes >= 1 && classes <= most, "confusion matrix: expected 1 to ", most,
              " classes, got ", classes);
  counts_.resize(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes));
}

std::size_t ConfusionMatrix::index(std::int64_t truth, std::int64_t predicted) const {
  OCTET_CHECK(truth >= 0 && truth < classes_ && predicted >= 0 && predicted < classes_,
              "confusion matrix: expected classes 0 to ", classes_ - 1, ", got label ", truth,
              " and prediction ", predicted);
  return static_cast<std::size_t>(truth * classes_ + predicted);
}

void ConfusionMatrix::add(std::int64_t truth, std::int64_t predicted) {
  ++counts_[index(truth, predicted)];
  ++total_;
  correct_ += truth == predicted;
}

void ConfusionMatrix::add(const Tensor& logits, const Tensor& labels) {
  OCTET_CHECK(labels.dtype() == ElementType::i32 && logits.shape().rank() >= 2 &&
                  logits.shape()[-1] == classes_ && logits.numel() == labels.numel() * classes_,
              "confusion matrix: expected i32 labels and logits [..., ", classes_,
              "] for each, got ", dtype_name(labels.dtype()), " ", labels.shape(), " and ",
              logits.shape());
  const auto truth = labels.span<std::int32_t>();
  const auto scores = logits.span<real>();
  const auto classes = static_cast<std::size_t>(classes_);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] >= 0) add(truth[i], argmax(scores.subspan(i * classes, classes)));
  }
}

std::int64_t ConfusionMatrix::count(int truth, int predicted) const {
  return counts_[index(truth, predicted)];
}

double ConfusionMatrix::accuracy() const noexcept {
  return ratio(correct_, total_);
}

ConfusionMatrix::ClassFigures ConfusionMatrix::of_class(int k) const {
  ClassFigures f{.correct = count(k, k)};
  for (int other = 0; other < classes_; ++other) {
    f.support += count(k, other);
    f.predicted += count(other, k);
  }
  f.precision = ratio(f.correct, f.predicted);
  f.recall = ratio(f.correct, f.support);
  f.f1 = ratio(2 * f.correct, f.support + f.predicted);
  f.iou = ratio(f.correct, f.support + f.predicted - f.correct);
  return f;
}

std::vector<ConfusionMatrix::Confusion> ConfusionMatrix::confusions(std::size_t most) const {
  std::vector<Confusion> all;
  for (int truth = 0; truth < classes_; ++truth) {
    for (int predicted = 0; predicted < classes_; ++predicted) {
      const std::int64_t n = count(truth, predicted);
      if (truth != predicted && n > 0) all.push_back({truth, predicted, n});
    }
  }
  std::ranges::stable_sort(all, std::greater(), &Confusion::count);
  all.resize(std::min(all.size(), most));
  return all;
}

double mean_iou(const ConfusionMatrix& pixels) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < pixels.classes(); ++k) {
    const ConfusionMatrix::ClassFigures f = pixels.of_class(k);
    if (f.support + f.predicted == 0) continue;
    sum += f.iou;
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

std::int64_t argmax(std::span<const real> row) noexcept {
  return std::ranges::max_element(row) - row.begin();
}

}  // namespace octet
