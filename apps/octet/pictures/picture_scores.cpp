#include "apps/octet/pictures/picture_scores.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "data/image.h"
#include "data/resize_image.h"
#include "int8/engine/reals.h"

namespace octet::app {

PictureScores::PictureScores(const PictureModel& model, const int8::ContextOptions& options)
    : model_(model),
      transform_({model.size().h, model.size().w, model.input()[2]}, model.transform()),
      context_(model.model(), options) {
  const std::int64_t channels = model.input()[2];
  OCTET_CHECK(channels == 1 || channels == 3, "the model's input has ", channels,
              " channels: expected 1 or 3, those of a picture");
}

PictureResult PictureScores::operator()(const std::filesystem::path& file) {
  const int8::Model& model = model_.model();
  const int channels = static_cast<int>(model_.input()[2]);
  const Image image = fit_image(convert_channels(read_image(file), channels), model_.size());
  PictureResult result;
  result.input.resize(static_cast<std::size_t>(model_.input().numel()));
  transform_.apply(image.pixels.data(), transform_.view(0, 0, 0), result.input.data());

  const int8::ValueInfo& x = model.inputs()[0];
  const std::span<std::byte> to = context_.input(0);
  if (x.type == int8::DType::f32) {
    std::memcpy(to.data(), result.input.data(), to.size());
  } else {
    int8::quantize_values(x, model.isa(), result.input.data(), to.data(), std::ssize(result.input));
  }
  context_.reset();  // pictures are independent
  context_.run();

  if (model_.task() == Task::multi_task) {
    const std::vector<HeadEntry>& heads = model_.about_task().heads;
    for (std::size_t h = 0; h < heads.size(); ++h) {
      std::vector<float>& y = result.heads.emplace_back(read_output(static_cast<int>(h)));
      if (heads[h].task == Task::classification && !ends_in_probabilities(model.graph(), h))
        softmax(y);
    }
    return result;
  }
  result.output = read_output(model_.output());
  if (model_.task() == Task::classification && !model_.gives_probabilities())
    softmax(result.output);
  return result;
}

std::vector<float> PictureScores::read_output(int i) {
  const int8::Model& model = model_.model();
  const int8::ValueInfo& y = model.outputs()[static_cast<std::size_t>(i)];
  const std::span<const std::byte> from = context_.output(i);
  std::vector<float> values(y.bytes / int8::dtype_size(y.type));
  if (y.type == int8::DType::f32) {
    std::memcpy(values.data(), from.data(), from.size());
  } else {
    int8::dequantize_values(y, model.isa(), from.data(), values.data(), std::ssize(values));
  }
  return values;
}

void softmax(std::span<float> x) {
  const float largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (float& v : x) sum += v = std::exp(v - largest);
  for (float& v : x) v = static_cast<float>(v / sum);
}

}  // namespace octet::app
