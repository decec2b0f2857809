#include "apps/octet/pictures/picture_scores.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "data/image.h"
#include "data/resize_image.h"
#include "int8/engine/reals.h"

namespace octet::app {

PictureScores::PictureScores(const PictureClassifier& classifier,
                             const int8::ContextOptions& options)
    : classifier_(classifier),
      transform_({classifier.size().h, classifier.size().w, classifier.input()[2]},
                 classifier.transform()),
      context_(classifier.model(), options) {
  const std::int64_t channels = classifier.input()[2];
  OCTET_CHECK(channels == 1 || channels == 3, "the model's input has ", channels,
              " channels: expected 1 or 3, those of a picture");
}

std::vector<float> PictureScores::operator()(const std::filesystem::path& file) {
  const int channels = static_cast<int>(classifier_.input()[2]);
  const Image image = fit_image(convert_channels(read_image(file), channels), classifier_.size());
  std::vector<real> values(static_cast<std::size_t>(classifier_.input().numel()));
  transform_.apply(image.pixels.data(), transform_.view(0, 0, 0), values.data());

  const int8::ValueInfo& x = classifier_.model().inputs()[0];
  const std::span<std::byte> to = context_.input(0);
  if (x.type == int8::DType::f32) {
    std::memcpy(to.data(), values.data(), to.size());
  } else {
    int8::quantize_values(x, classifier_.model().isa(), values.data(), to.data(),
                          std::ssize(values));
  }
  context_.reset();  // pictures are independent
  context_.run();

  const auto output = static_cast<std::size_t>(classifier_.output());
  const int8::ValueInfo& y = classifier_.model().outputs()[output];
  const std::span<const std::byte> from = context_.output(classifier_.output());
  std::vector<float> scores(static_cast<std::size_t>(classifier_.classes()));
  if (y.type == int8::DType::f32) {
    std::memcpy(scores.data(), from.data(), from.size());
  } else {
    int8::dequantize_values(y, classifier_.model().isa(), from.data(), scores.data(),
                            std::ssize(scores));
  }
  if (!classifier_.gives_probabilities()) softmax(scores);
  return scores;
}

void softmax(std::span<float> x) {
  const float largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (float& v : x) sum += v = std::exp(v - largest);
  for (float& v : x) v = static_cast<float>(v / sum);
}

}  // namespace octet::app
