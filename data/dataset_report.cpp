#include "data/dataset_report.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <numeric>

#include "data/read_sample.h"

namespace octet {

namespace {

template <class T>
void count_labels(const Dataset& d, std::vector<std::int64_t>& counts) {
  const bool mask = d.target() == TargetKind::masks;
  for (const T v : d.labels.span<T>()) {
    if (!mask || v != ignored_class) ++counts[static_cast<std::size_t>(v)];
  }
}

/// Least and largest number of each channel.
struct Range {
  std::vector<double> least, most;
  explicit Range(std::size_t channels)
      : least(channels, std::numeric_limits<double>::max()),
        most(channels, std::numeric_limits<double>::lowest()) {}
  template <class T>
  void add(std::span<const T> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t c = i % least.size();
      least[c] = std::min(least[c], double(values[i]));
      most[c] = std::max(most[c], double(values[i]));
    }
  }
  void add(const Tensor& x) {
    if (x.dtype() == ElementType::u8) {
      add(x.span<std::uint8_t>());
    } else {
      add(x.span<real>());
    }
  }
};

std::string number_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  return text;
}

}  // namespace

std::string count_text(std::int64_t count, const std::string& noun) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; text.insert(at -= 3, ",")) {
  }
  if (count == 1) return text + " " + noun;
  return text + " " + noun + (noun.ends_with('s') ? "es" : "s");
}

std::string extents_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t d : shape.dims()) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

const char* sample_noun(const Dataset& d) {
  return d.image_type() == ElementType::u8 ? "image" : "sample";
}

std::string describe_dataset(const Dataset& d) {
  std::string target = count_text(d.classes, "class");
  if (d.target() == TargetKind::masks) target = "masks of " + target;
  if (d.target() == TargetKind::values) {
    target = count_text(d.target_shape()[0], "value") + " each";
  }
  return count_text(d.size(), d.image_type() == ElementType::u8 ? "picture" : "sample") + ": " +
         target + ", " + extents_text(d.image_shape());
}

std::vector<std::int64_t> class_counts(const Dataset& d) {
  if (d.target() == TargetKind::values || !d.labels.defined()) return {};
  std::vector<std::int64_t> counts(static_cast<std::size_t>(d.classes));
  if (d.labels.dtype() == ElementType::u8) {
    count_labels<std::uint8_t>(d, counts);
  } else {
    count_labels<std::int32_t>(d, counts);
  }
  return counts;
}

std::vector<double> balanced_class_weights(const Dataset& d) {
  const std::vector<std::int64_t> counts = class_counts(d);
  OCTET_CHECK(!counts.empty(), d.name,
              ": balanced weights: expected classes in memory, to count how many samples each has");
  return balanced_class_weights(counts);
}

std::vector<double> balanced_class_weights(std::span<const std::int64_t> counts) {
  const auto all =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{}));
  const auto present = static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](std::int64_t n) { return n > 0; }));
  std::vector<double> weights;
  for (const std::int64_t n : counts) {
    weights.push_back(n == 0 ? 0 : all / (present * static_cast<double>(n)));
  }
  return weights;
}

std::string normalization_warning(const Dataset& d, const Normalization& n) {
  Range range(static_cast<std::size_t>(d.image_shape()[2]));
  if (d.source) {
    data_detail::each_sample(d, 256, [&](const Tensor& x) { range.add(x); });
  } else {
    std::vector<std::int64_t> some;
    const std::int64_t count = std::min<std::int64_t>(d.size(), 256);
    for (std::int64_t i = 0; i < count; ++i) some.push_back(i * d.size() / count);
    range.add(subset(d, some).images);
  }
  double least = std::numeric_limits<double>::max(), most = -least;
  for (std::size_t c = 0; c < range.least.size(); ++c) {
    const double mean = n.mean[n.mean.size() == 1 ? 0 : c], std = n.std[n.std.size() == 1 ? 0 : c];
    least = std::min(least, (range.least[c] - mean) / std);
    most = std::max(most, (range.most[c] - mean) / std);
  }
  const bool large = least < -10 || most > 10, narrow = most - least < 0.1 && most > least;
  if (!large && !narrow) return "";
  return "inputs are " + number_text(least) + " to " + number_text(most) +
         " after normalization, networks expect about -3 to 3: mean and std are in units of the " +
         (d.image_type() == ElementType::u8 ? "pixels (0 to 255)" : "samples") +
         ", or \"normalize\": \"auto\" measures them";
}

std::string targets_warning(const Dataset& d) {
  if (d.target() != TargetKind::values || !d.labels.defined()) return "";
  Range range(static_cast<std::size_t>(d.target_shape()[0]));
  range.add(d.labels);
  for (std::size_t k = 0; k < range.least.size(); ++k) {
    const double least = range.least[k], most = range.most[k];
    const bool narrow = most - least < 0.03 && most > least;
    if (least >= -30 && most <= 30 && !narrow) continue;
    return "target " + std::to_string(k) + " is " + number_text(least) + " to " +
           number_text(most) +
           ", networks learn numbers of about -3 to 3: divide it by a number that makes it so";
  }
  return "";
}

}  // namespace octet
