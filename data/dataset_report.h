// What there is to say of a data set before it is trained on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/transform.h"

namespace octet {

/// "60,000 pictures", "1 picture", "3 classes".
std::string count_text(std::int64_t count, const std::string& noun);
/// "32x32x3"
std::string extents_text(const Shape& shape);

/// "image" of pixels, else "sample".
const char* sample_noun(const Dataset& dataset);

/// "60,000 pictures: 10 classes, 32x32x3", "4,000 samples: 2 values each, 1x1x12",
/// "120 pictures: masks of 3 classes, 64x64x3"; samples are of real numbers.
std::string describe_dataset(const Dataset& dataset);

/// How many samples (of masks: pixels) each class has. Empty where targets are values, and where a
/// source makes the targets.
std::vector<std::int64_t> class_counts(const Dataset& dataset);

/// Weights by which every class counts the same in a loss, from how many samples each has: samples
/// / (classes with samples * samples of the class), 0 for a class without samples.
std::vector<double> balanced_class_weights(std::span<const std::int64_t> counts);
/// Of class_counts(). Throws Error where that is empty.
std::vector<double> balanced_class_weights(const Dataset& dataset);

/// Why a normalization does not fit the data: some of the inputs are beyond +-10, or all lie within
/// 0.1 of each other. Empty if it fits. Looks at up to 256 samples.
std::string normalization_warning(const Dataset& dataset, const Normalization& normalization);

/// Why numbers as targets are hard to learn: one of them reaches beyond +-30, or varies by less
/// than 0.03. Empty if they are not, and where a source makes the targets.
std::string targets_warning(const Dataset& dataset);

}  // namespace octet
