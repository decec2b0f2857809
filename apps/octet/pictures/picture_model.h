// A model that takes a sample with three extents, with what its file says of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/common/task_entry.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/pictures/picture_arguments.h"
#include "data/resize_image.h"
#include "data/transform.h"
#include "interop/tflite/model_metadata.h"

namespace octet::app {

class PictureModel {
 public:
  /// Throws Error naming the file if it is no such model, if its output is not one of its task, or
  /// neither the file nor `about` says its normalization.
  PictureModel(const ModelArguments& arguments, const PictureArguments& about);

  const int8::Model& model() const noexcept { return model_; }
  /// Whether the file says that its input, though it has a picture's extents, is numbers that are
  /// no pixels, and `about` nothing else.
  bool of_numbers() const noexcept { return of_numbers_; }
  /// [H, W, C] of its input.
  const Shape& input() const noexcept { return input_; }
  /// How pictures of any size come to one of which the input is the middle.
  const InputSize& size() const noexcept { return size_; }
  /// From pictures of that size to the input's reals.
  TransformOptions transform() const;
  Task task() const noexcept { return about_task_.task; }
  /// What else the file says of its task.
  const TaskEntry& about_task() const noexcept { return about_task_; }
  /// Which of the model's outputs is judged: of a classifier the scores, else the first.
  int output() const noexcept { return output_; }
  /// Numbers for each sample, or pixel; of a classifier at least 2, of an autoencoder 0.
  /// Of multi_task 0, too: see about_task().heads.
  int classes() const noexcept { return classes_; }
  /// Empty, or one for each of these.
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  /// Whether a classifier's scores are probabilities already; else they are logits.
  bool gives_probabilities() const noexcept { return gives_probabilities_; }

  /// A class's name, or its number; printable.
  std::string label(int k) const;

 private:
  void take_input();
  void take_output(const ModelMetadata& said);
  void take_scores(const ModelMetadata& said);
  void take_heads() const;

  int8::Model model_;
  Shape input_;
  InputSize size_;
  Normalization normalization_;
  TaskEntry about_task_;
  int output_ = 0, classes_ = 0;
  std::vector<std::string> labels_;
  bool gives_probabilities_ = false, of_numbers_ = false;
};

/// Whether output `i` is what SOFTMAX or LOGISTIC gives, changed in type or shape at most.
bool ends_in_probabilities(const int8::Graph& graph, std::size_t i);

}  // namespace octet::app
