// Pictures through a model, one by one.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "apps/octet/pictures/picture_model.h"

namespace octet::app {

struct PictureResult {
  std::vector<float> input;   ///< as normalized
  std::vector<float> output;  ///< of a classifier probabilities, else what the model returns
  /// Of multi_task what each head returns, of classes probabilities; then there is no `output`.
  std::vector<std::vector<float>> heads = {};
};

/// Not for use by two threads at once.
class PictureScores {
 public:
  /// `model` must outlive it. Throws Error unless its input has the channels of a picture.
  PictureScores(const PictureModel& model, const int8::ContextOptions& options);

  /// Of a PNG or JPEG file of any size. Throws Error naming a file that cannot be read.
  PictureResult operator()(const std::filesystem::path& file);

 private:
  std::vector<float> read_output(int i);

  const PictureModel& model_;
  Transform transform_;
  int8::ExecutionContext context_;
};

/// In place.
void softmax(std::span<float> logits);

}  // namespace octet::app
