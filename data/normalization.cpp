// Means and standard deviations of data sets.
#include <algorithm>
#include <cmath>

#include "data/read_sample.h"
#include "data/transform.h"

namespace octet {

namespace {

/// A variance below this share of the squared mean is rounding, not data.
double deviation(double variance, double least) {
  return variance > least ? std::sqrt(variance) : 1.0;
}

/// Exact: sums of u8 are integers.
struct PixelSums {
  std::vector<std::uint64_t> sum, squares;
  std::uint64_t pixels = 0;
  explicit PixelSums(std::size_t channels) : sum(channels), squares(channels) {}
  void add(std::span<const std::uint8_t> values) {
    for (const std::uint8_t* p = values.data(); p != values.data() + values.size(); ++pixels) {
      for (std::size_t c = 0; c < sum.size(); ++c, ++p) {
        sum[c] += *p;
        squares[c] += std::uint64_t{*p} * *p;
      }
    }
  }
  Normalization result() const {
    Normalization n{{}, {}};
    for (std::size_t c = 0; c < sum.size(); ++c) {
      const double mean = static_cast<double>(sum[c]) / static_cast<double>(pixels);
      const double square = static_cast<double>(squares[c]) / static_cast<double>(pixels);
      n.mean.push_back(mean);
      n.std.push_back(deviation(std::max(0.0, square - mean * mean), 1e-9));
    }
    return n;
  }
};

/// Running means and squared differences from them, which lose nothing to a large mean. Source:
/// Welford 1962.
struct NumberSums {
  std::vector<double> mean, m2;
  std::uint64_t pixels = 0;
  explicit NumberSums(std::size_t channels) : mean(channels), m2(channels) {}
  void add(std::span<const real> values) {
    for (const real* p = values.data(); p != values.data() + values.size();) {
      ++pixels;
      for (std::size_t c = 0; c < mean.size(); ++c, ++p) {
        const double off = double{*p} - mean[c];
        mean[c] += off / static_cast<double>(pixels);
        m2[c] += off * (double{*p} - mean[c]);
      }
    }
  }
  Normalization result() const {
    Normalization n{mean, {}};
    for (std::size_t c = 0; c < mean.size(); ++c) {
      n.std.push_back(deviation(m2[c] / static_cast<double>(pixels), 1e-14 * mean[c] * mean[c]));
    }
    return n;
  }
};

template <class T, class Sums>
Normalization measure(const Dataset& dataset, Sums sums) {
  data_detail::each_sample(dataset, 4096, [&](const Tensor& x) { sums.add(x.span<T>()); });
  return sums.result();
}

}  // namespace

Normalization measure_normalization(const Dataset& dataset) {
  dataset.validate();
  const auto channels = static_cast<std::size_t>(dataset.image_shape()[2]);
  if (dataset.image_type() == ElementType::u8) {
    return measure<std::uint8_t>(dataset, PixelSums(channels));
  }
  return measure<real>(dataset, NumberSums(channels));
}

}  // namespace octet
