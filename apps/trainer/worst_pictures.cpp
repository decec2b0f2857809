#include "apps/trainer/worst_pictures.h"

#include <algorithm>
#include <cmath>

#include "apps/common/setup/data.h"
#include "apps/trainer/model_names.h"
#include "base/text_table.h"
#include "data/mask_colors.h"
#include "eval/confusion_text.h"

namespace octet::trainer {
namespace {

bool are_pictures(const Dataset& d) {
  const std::int64_t channels = d.image_shape()[2];
  return d.image_type() == ElementType::u8 && (channels == 1 || channels == 3);
}

std::vector<Image> picture(const Dataset& d, std::int64_t index) {
  if (!are_pictures(d)) return {};
  const Tensor sample = sample_at(d, index);
  const auto pixels = sample.span<std::uint8_t>();
  return {{sample.shape()[0],
           sample.shape()[1],
           static_cast<int>(sample.shape()[2]),
           {pixels.begin(), pixels.end()}}};
}

/// What normalization made of pixels, as pixels.
Image from_normalized(const std::vector<real>& values, const Shape& input, const Normalization& n) {
  const auto channels = static_cast<std::size_t>(input[3]);
  Image image{input[1], input[2], static_cast<int>(input[3]), {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i % channels;
    const double mean = n.mean[n.mean.size() == 1 ? 0 : c], std = n.std[n.std.size() == 1 ? 0 : c];
    image.pixels.push_back(static_cast<std::uint8_t>(
        std::lround(std::clamp(double{values[i]} * std + mean, 0.0, 255.0))));
  }
  return image;
}

std::string numbers(const std::vector<real>& values) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), most); ++i)
    text += (i ? ", " : "") + short_number(double{values[i]});
  return text + (values.size() > most ? ", ..." : "");
}

std::string number_of(std::int64_t index) {
  return "no. " + std::to_string(index);
}

std::vector<report::WorstSample> of_classes(const Session& s, const Judgement& judgement) {
  const std::vector<std::string> names = output_names(s);
  std::vector<report::WorstSample> worst;
  if (!are_pictures(s.data.test)) return worst;
  for (const JudgedSample& w : judgement.worst.samples()) {
    worst.push_back(
        {picture(s.data.test, w.index), class_label(names, w.truth),
         (w.predicted == w.truth ? "rightly " : "taken for ") + class_label(names, w.predicted) +
             ", " + fixed(100 * w.probability, 0) + " %",
         number_of(w.index) + ", loss " + short_number(w.loss), w.predicted != w.truth});
  }
  return worst;
}

}  // namespace

std::string worst_title(Task task) {
  switch (task) {
    case Task::regression:
      return "Samples with the largest error";
    case Task::autoencoder:
      return "Samples with the largest error, and what becomes of them";
    case Task::segmentation:
      return "Pictures with the most wrong pixels: the picture, its mask, the mask found";
    case Task::multi_task:
    case Task::classification:
      break;
  }
  return "Pictures with the largest loss";
}

std::vector<report::WorstSample> worst_samples(const Session& s, const Judgement& judgement) {
  const Dataset& test = s.data.test;
  if (judgement.task == Task::classification) return of_classes(s, judgement);
  const Shape input = s.input_shape();
  std::vector<report::WorstSample> worst;
  for (const JudgedOutput& w : judgement.worst_outputs.samples()) {
    report::WorstSample sample{.images = picture(test, w.index), .truth = {}, .verdict = {}};
    sample.note = number_of(w.index);
    if (judgement.task == Task::regression) {
      sample.truth = numbers(w.target);
      sample.verdict = numbers(w.output);
      sample.note += ", RMSE " + short_number(std::sqrt(w.error));
    } else if (judgement.task == Task::autoencoder) {
      if (are_pictures(test)) {
        const Normalization n = setup::make_transform(s.config.data, false).normalize;
        sample.images = {from_normalized(w.target, input, n), from_normalized(w.output, input, n)};
      }
      sample.truth =
          test.class_names.at(static_cast<std::size_t>(test.labels.data<std::int32_t>()[w.index]));
      sample.verdict = judgement.threshold && w.error > *judgement.threshold ? "anomaly" : "normal";
      sample.wrong = sample.verdict != sample.truth;
      sample.note += ", score " + short_number(w.error);
    } else {
      sample.images.push_back(mask_image(w.target, input[1], input[2]));
      sample.images.push_back(mask_image(w.output, input[1], input[2]));
      sample.truth = fixed(100 * w.error, 2) + " % of the pixels wrong";
    }
    worst.push_back(std::move(sample));
  }
  return worst;
}

}  // namespace octet::trainer
