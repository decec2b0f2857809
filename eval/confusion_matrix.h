// Which class is taken for which, and what follows for each class.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// Counts of (true class, predicted class): of images, or of the pixels of masks.
class ConfusionMatrix {
 public:
  /// Throws Error unless 1 <= classes <= 65536.
  explicit ConfusionMatrix(int classes);

  /// Rows of logits (any scores) real [..., K] and their labels i32 [...]; the prediction is the
  /// first of the largest. What is labelled below 0 does not count. Throws Error for other shapes
  /// or a label beyond the classes.
  void add(const Tensor& logits, const Tensor& labels);
  /// One prediction. Throws Error unless both are classes.
  void add(std::int64_t truth, std::int64_t predicted);

  int classes() const noexcept { return classes_; }
  std::int64_t count(int truth, int predicted) const;
  std::int64_t total() const noexcept { return total_; }
  std::int64_t correct() const noexcept { return correct_; }
  /// 0 if nothing was counted, as every ratio here whose divisor is 0.
  double accuracy() const noexcept;

  /// Of one class against all others.
  struct ClassFigures {
    std::int64_t support = 0;    ///< how many are of the class
    std::int64_t predicted = 0;  ///< how many are taken for it
    std::int64_t correct = 0;
    double precision = 0;  ///< correct / predicted
    double recall = 0;     ///< correct / support
    double f1 = 0;         ///< harmonic mean of the two
    double iou = 0;        ///< correct / (support + predicted - correct): intersection over union
  };
  ClassFigures of_class(int k) const;

  /// Samples of class `truth` taken for `predicted`.
  struct Confusion {
    int truth = 0, predicted = 0;
    std::int64_t count = 0;
  };
  /// The mistakes, most frequent first (of equals the one of the lower true class), at most
  /// `most`.
  std::vector<Confusion> confusions(std::size_t most) const;

 private:
  std::size_t index(std::int64_t truth, std::int64_t predicted) const;

  int classes_;
  std::vector<std::int64_t> counts_;  // [truth, predicted]
  std::int64_t total_ = 0, correct_ = 0;
};

/// Mean over the classes of their intersection over union; classes that neither are nor are
/// predicted are left out. 0 if all are.
double mean_iou(const ConfusionMatrix& pixels);

/// Row of the largest of K values, the first of equals.
std::int64_t argmax(std::span<const real> row) noexcept;

}  // namespace octet
