// Pictures through a classifier, one by one.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "apps/octet/pictures/picture_classifier.h"

namespace octet::app {

/// Not for use by two threads at once.
class PictureScores {
 public:
  /// `classifier` must outlive it. Throws Error unless its input has the channels of a picture.
  PictureScores(const PictureClassifier& classifier, const int8::ContextOptions& options);

  /// The probability of each class for a PNG or JPEG file of any size. Throws Error naming a file
  /// that cannot be read.
  std::vector<float> operator()(const std::filesystem::path& file);

 private:
  const PictureClassifier& classifier_;
  Transform transform_;
  int8::ExecutionContext context_;
};

/// exp(x) / sum of exp(x), in place.
void softmax(std::span<float> x);

}  // namespace octet::app
