#include "apps/octet/pictures/picture_model.h"

#include <algorithm>

#include "apps/common/picture_input.h"
#include "apps/octet/read_lines.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "data/dataset.h"
#include "interop/tflite/model_metadata.h"

namespace octet::app {
namespace {

bool has_reals(const int8::ValueInfo& v) {
  return v.type == int8::DType::f32 || (int8::is_quantizable(v.type) && v.scale > 0);
}

/// What the file says, or that pictures are resized to the input.
InputSize size_of(const int8::Graph& graph, const Shape& input) {
  const auto entry = graph.metadata.find(picture_input_entry);
  if (entry != graph.metadata.end()) {
    const auto said = parse_picture_input(entry->second);
    if (said && said->h >= input[0] && said->w >= input[1]) return *said;
  }
  return {.h = input[0], .w = input[1]};
}

/// [1, classes], with further ones between.
bool are_scores(const std::vector<std::int32_t>& shape) {
  if (shape.empty() || shape.back() < 2) return false;
  return std::all_of(shape.begin(), shape.end() - 1, [](std::int32_t n) { return n == 1; });
}

TaskEntry task_of(const int8::Graph& graph, const PictureArguments& about) {
  TaskEntry said;
  const auto entry = graph.metadata.find(task_entry);
  if (entry != graph.metadata.end()) said = parse_task_entry(entry->second).value_or(TaskEntry{});
  if (!about.task.empty()) said.task = parse_task(about.task);
  return said;
}

Normalization normalization_of(const PictureArguments& about, const ValueMetadata& file) {
  OCTET_CHECK(about.mean.empty() == about.std.empty(),
              "--mean and --std: expected both or neither");
  Normalization n{about.mean, about.std};
  if (n.mean.empty())
    n = {{file.mean.begin(), file.mean.end()}, {file.std.begin(), file.std.end()}};
  OCTET_CHECK(!n.mean.empty(),
              "the file does not say how pixels become its input: expected --mean and --std (the "
              "input is (pixel - mean) / std, as it was in training)");
  return n;
}

}  // namespace

bool ends_in_probabilities(const int8::Graph& graph, std::size_t i) {
  int wanted = graph.outputs[i];
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::find(node->outputs.begin(), node->outputs.end(), wanted) == node->outputs.end())
      continue;
    switch (node->op) {
      case int8::OpCode::softmax:
      case int8::OpCode::logistic:
        return true;
      case int8::OpCode::quantize:
      case int8::OpCode::dequantize:
      case int8::OpCode::reshape:
      case int8::OpCode::squeeze:
        wanted = node->inputs[0];
        break;
      default:
        return false;
    }
  }
  return false;
}

PictureModel::PictureModel(const ModelArguments& arguments, const PictureArguments& about)
    : model_(arguments.load()), about_task_(task_of(model_.graph(), about)) {
  const auto of_file =
      read_model_metadata(map_file(arguments.path).bytes).value_or(ModelMetadata{});
  const ModelMetadata said = with_known(of_file, model_.graph(), {});
  try {
    take_input();
    take_output(said);
    normalization_ = normalization_of(about, said.inputs[0]);
    const bool channels = input_[2] == 1 || input_[2] == 3;  // of pictures
    of_numbers_ = said.inputs[0].numbers && channels && about.mean.empty();
    const Transform fits({size_.h, size_.w, input_[2]}, transform());
  } catch (const Error& error) {
    fail(arguments.path, ": ", error.what());
  }
  labels_ = said.outputs[static_cast<std::size_t>(output_)].labels;
  if (!about.labels.empty()) {
    labels_ = read_lines(about.labels);
    OCTET_CHECK(std::ssize(labels_) == classes_, "--labels: ", about.labels, ": ", labels_.size(),
                " names, expected ", classes_, ", one for each ",
                task() == Task::regression ? "output" : "class", " of ", arguments.path);
  }
  if (std::ssize(labels_) != classes_) labels_.clear();
}

void PictureModel::take_input() {
  const auto inputs = model_.inputs();
  OCTET_CHECK(inputs.size() == 1, "expected a model of one input, a picture, got ", inputs.size(),
              " inputs");
  const int8::ValueInfo& x = inputs[0];
  OCTET_CHECK(x.shape.size() == 4 && x.shape[0] == 1 && has_reals(x), "input '", x.name,
              "': expected [1, height, width, channels] of quantized codes or float32, got ",
              shape_text(x.shape), " of ", int8::dtype_name(x.type));
  input_ = {x.shape[1], x.shape[2], x.shape[3]};
  size_ = size_of(model_.graph(), input_);
}

void PictureModel::take_output(const ModelMetadata& said) {
  if (task() == Task::classification) return take_scores(said);
  if (task() == Task::multi_task) return take_heads();
  const int8::ValueInfo& y = model_.outputs()[0];
  const auto numel = static_cast<std::int64_t>(y.bytes / int8::dtype_size(y.type));
  const bool per_pixel =
      y.shape.size() == 4 && y.shape[0] == 1 && y.shape[1] == input_[0] && y.shape[2] == input_[1];
  const bool fits = has_reals(y) && (task() == Task::regression    ? numel <= max_classes
                                     : task() == Task::autoencoder ? numel == input_.numel()
                                                                   : per_pixel);
  OCTET_CHECK(fits, "output '", y.name, "': expected ",
              task() == Task::regression    ? "numbers"
              : task() == Task::autoencoder ? "as many numbers as the input has"
                                            : "[1, height, width, classes] of the input's size",
              " for ", task_name(task()), ", got ", shape_text(y.shape), " of ",
              int8::dtype_name(y.type));
  if (task() == Task::regression) classes_ = static_cast<int>(numel);
  if (task() == Task::segmentation) classes_ = y.shape.back();
}

void PictureModel::take_heads() const {
  const auto outputs = model_.outputs();
  const std::vector<HeadEntry>& heads = about_task_.heads;
  OCTET_CHECK(!heads.empty() && outputs.size() == heads.size(), "expected ", heads.size(),
              " outputs, one for each that the file tells of, got ", outputs.size());
  for (const int8::ValueInfo& y : outputs) {
    OCTET_CHECK(has_reals(y), "output '", y.name, "': expected quantized codes or float32, got ",
                int8::dtype_name(y.type));
  }
}

void PictureModel::take_scores(const ModelMetadata& said) {
  const auto outputs = model_.outputs();
  for (std::size_t i = outputs.size(); i-- > 0;) {
    if (!said.outputs[i].labels.empty()) output_ = static_cast<int>(i);
  }
  const int8::ValueInfo& y = outputs[static_cast<std::size_t>(output_)];
  OCTET_CHECK(are_scores(y.shape) && has_reals(y), "is no classifier: output '", y.name,
              "': expected scores, [1, classes] of quantized codes or float32, got ",
              shape_text(y.shape), " of ", int8::dtype_name(y.type));
  classes_ = y.shape.back();
  gives_probabilities_ = ends_in_probabilities(model_.graph(), static_cast<std::size_t>(output_));
}

TransformOptions PictureModel::transform() const {
  return {.normalize = normalization_,
          .augment = {},
          .crop_h = static_cast<int>(input_[0]),
          .crop_w = static_cast<int>(input_[1])};
}

std::string PictureModel::label(int k) const {
  return labels_.empty() ? std::to_string(k) : printable_text(labels_[static_cast<std::size_t>(k)]);
}

}  // namespace octet::app
