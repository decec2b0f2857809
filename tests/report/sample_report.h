// A report as a run would have it, with texts that nobody should trust.
#pragma once

#include <cmath>
#include <string>

#include "core/random.h"
#include "data/source.h"
#include "report/report_html.h"

namespace octet::test {

inline constexpr const char* hostile = "<img src=x onerror=alert(1)>\"'&</script>";

/// Curves of 8 float and 5 QAT epochs.
inline std::vector<report::PhaseCurves> sample_curves() {
  std::vector<report::PhaseCurves> phases{{.phase = "float"}, {.phase = "qat"}};
  Random random(3);
  for (int e = 1; e <= 13; ++e) {
    const bool qat = e > 8;
    const double loss = 1.9 * std::exp(-0.35 * e) + 0.06 + 0.02 * random.uniform();
    report::EpochFigures figures{.epoch = qat ? e - 8 : e, .time = 1.7e9 + 60 * e};
    figures.figures = {{"train_loss", loss},
                       {"val_loss", 1.15 * loss + 0.02 * random.uniform()},
                       {"val_accuracy", 0.985 - 0.4 * std::exp(-0.5 * e)},
                       {"lr", 0.01 * std::pow(0.75, e)}};
    if (qat) figures.figures.emplace_back("int8_accuracy", 0.98 - 0.01 * random.uniform());
    phases[qat ? 1 : 0].epochs.push_back(figures);
  }
  return phases;
}

/// `digits`: data/digits.h5.
inline report::RunReport sample_report(const Dataset& digits) {
  report::RunReport r;
  r.name = "digits-lenet";
  r.description = "octet 0.1.0, 3000 training and 1000 test images of 28 x 28 x 1, 10 classes";
  r.figures = {{"float accuracy", "98.60 %", "of 1,000 test images"},
               {"int8 accuracy", "98.20 %", "after QAT, best of 5 epochs (epoch 2)"},
               {"model.tflite", "1,684 kB", "arena 42,112 bytes"},
               {"codes different", "0", "of 21,316,000"},
               {"training step", "21.3 ms", "qat, 1.24 times float"}};
  r.advice = {
      "layer conv2: 9.1 dB of signal to noise, 21.4 less than what it reads; channel 5 is "
      "71 times as large as the median one and sets the scale of all: equalize the channels "
      "before preparing"};
  r.phases = sample_curves();
  std::vector<std::string> names;
  for (int k = 0; k < 10; ++k) names.push_back("digit " + std::to_string(k));
  names[7] = hostile;
  names[8] = "acht 八";
  ConfusionMatrix matrix(10);
  Random random(4);
  for (int i = 0; i < 1000; ++i) {
    const auto truth = static_cast<std::int64_t>(random.below(10));
    const bool wrong = random.uniform() < 0.05;
    matrix.add(truth, wrong ? static_cast<std::int64_t>(random.below(10)) : truth);
  }
  r.confusions = {{.matrix = matrix, .class_names = names}};
  const Shape shape = digits.image_shape();
  for (std::int64_t i = 0; i < 12; ++i) {
    Image image{shape[0], shape[1], static_cast<int>(shape[2]), {}};
    const auto* pixels = digits.images.data<std::uint8_t>() + i * shape.numel();
    image.pixels.assign(pixels, pixels + shape.numel());
    const int truth = digits.labels.data<std::int32_t>()[i];
    r.worst.push_back({{image},
                       names[static_cast<std::size_t>(truth)],
                       "taken for " + names[static_cast<std::size_t>((truth + 3) % 10)] + ", 97 %",
                       "no. " + std::to_string(i) + ", loss 6.5"});
  }
  const char* layers[] = {"input", "conv1", "conv2", "fc1", "fc2"};
  const double ratios[] = {99, 34.2, 9.1, 27.5, 24.0};
  for (int k = 0; k < 5; ++k) {
    r.layers.push_back({.layer = layers[k],
                        .min = k == 0 ? -0.42 : 0,
                        .max = 1.5 + 7.3 * k,
                        .scale = 0.0123F * static_cast<float>(k + 1),
                        .zero_point = -128 + 3 * k,
                        .sqnr = ratios[k] + 2,
                        .channel_sqnr = ratios[k],
                        .saturated = k == 2 ? 0.0213 : 0,
                        .codes = 256 - 11 * k});
  }
  r.layers[2].accuracy_in_floats = 0.9815;
  r.layers[2].accuracy_with_readers = 0.9855;
  r.config = "{\n  \"name\": \"digits-lenet\",\n  \"model\": {\"zoo\": \"lenet\"}  // <b>\n}\n";
  r.files = {{"model.tflite", "int8 model"},
             {"metrics.csv", "figures of every epoch"},
             {"checkpoint.h5", "weights, to go on from"}};
  return r;
}

}  // namespace octet::test
