#include "data/transform.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"
#include "data/random_key.h"

namespace octet {

Normalization measure_normalization(const Dataset& dataset) {
  dataset.validate();
  const std::int64_t channels = dataset.images.shape()[3];
  const std::int64_t pixels = dataset.images.numel() / channels;
  const std::uint8_t* p = dataset.images.data<std::uint8_t>();
  std::vector<std::uint64_t> sum(static_cast<std::size_t>(channels)), squares(sum);
  for (std::int64_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < sum.size(); ++c, ++p) {
      sum[c] += *p;
      squares[c] += std::uint64_t{*p} * *p;
    }
  }
  Normalization n{{}, {}};
  for (std::size_t c = 0; c < sum.size(); ++c) {
    const double mean = static_cast<double>(sum[c]) / static_cast<double>(pixels);
    const double square = static_cast<double>(squares[c]) / static_cast<double>(pixels);
    const double variance = std::max(0.0, square - mean * mean);
    n.mean.push_back(mean);
    // Pixels are integers: below this a variance is rounding, not data.
    n.std.push_back(variance > 1e-9 ? std::sqrt(variance) : 1.0);
  }
  return n;
}

namespace {

void check_range(const char* what, std::int64_t value, std::int64_t least, std::int64_t most) {
  OCTET_CHECK(value >= least && value <= most, "transform: ", what, ": expected ", least, " to ",
              most, ", got ", value);
}

double channel_value(const char* what, const std::vector<double>& values, std::size_t channel,
                     std::int64_t channels) {
  OCTET_CHECK(values.size() == 1 || values.size() == static_cast<std::size_t>(channels),
              "transform: normalization: ", what, ": expected 1 value or ", channels,
              " (the channels), got ", values.size());
  const double v = values[values.size() == 1 ? 0 : channel];
  OCTET_CHECK(std::isfinite(v), "transform: normalization: ", what, ": expected finite values");
  return v;
}

std::int64_t floor_half(std::int64_t v) {
  return v >= 0 ? v / 2 : -((1 - v) / 2);
}

}  // namespace

Transform::Transform(const Shape& image, const TransformOptions& options)
    : in_(image), augment_(options.augment) {
  OCTET_CHECK(image.rank() == 3 && image.numel() > 0,
              "transform: expected pictures [H, W, C], got ", image);
  const std::int64_t side = std::min(image[0], image[1]);
  check_range("shift", augment_.shift, 0, side - 1);
  check_range("padding", augment_.padding, 0, side);
  OCTET_CHECK(augment_.random_crop || augment_.padding == 0, "transform: padding ",
              augment_.padding, " has no effect without random_crop");
  const std::int64_t crop_h = options.crop_h ? options.crop_h : image[0];
  const std::int64_t crop_w = options.crop_w ? options.crop_w : image[1];
  check_range("crop height", crop_h, 1, image[0] + 2 * augment_.padding);
  check_range("crop width", crop_w, 1, image[1] + 2 * augment_.padding);
  out_ = Shape{crop_h, crop_w, image[2]};
  const Normalization& n = options.normalize;
  for (std::size_t c = 0; c < static_cast<std::size_t>(image[2]); ++c) {
    const double mean = channel_value("mean", n.mean, c, image[2]);
    const double std = channel_value("std", n.std, c, image[2]);
    OCTET_CHECK(std > 0, "transform: normalization: std: expected values > 0, got ", std);
    for (int v = 0; v < 256; ++v) table_.push_back(static_cast<real>((v - mean) / std));
  }
}

Transform::View Transform::view(std::uint64_t seed, std::uint64_t epoch,
                                std::uint64_t sample) const {
  // Each draw has its number, used or not: an option does not change what the others draw.
  const auto draw = [&](std::uint64_t number, std::int64_t least, std::int64_t most) {
    Random random = data_detail::sample_random(seed, epoch, sample, number);
    return least +
           static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least + 1)));
  };
  const std::int64_t pad = augment_.random_crop ? augment_.padding : 0;
  const std::int64_t top = draw(0, -pad, in_[0] + pad - out_[0]);
  const std::int64_t left = draw(1, -pad, in_[1] + pad - out_[1]);
  const std::int64_t down = draw(2, -augment_.shift, augment_.shift);
  const std::int64_t right = draw(3, -augment_.shift, augment_.shift);
  const bool mirrored = draw(4, 0, 1) == 1;
  View v;
  v.top = (augment_.random_crop ? top : floor_half(in_[0] - out_[0])) - down;
  v.left = (augment_.random_crop ? left : floor_half(in_[1] - out_[1])) - right;
  v.flip = augment_.flip && mirrored;
  return v;
}

void Transform::copy_pixels(const std::uint8_t* from, std::int64_t step, std::int64_t count,
                            real* to) const noexcept {
  const std::int64_t channels = out_[2];
  const real* table = table_.data();
  if (channels == 1) {
    for (std::int64_t x = 0; x < count; ++x) to[x] = table[from[x * step]];
    return;
  }
  for (std::int64_t x = 0; x < count; ++x) {
    for (std::int64_t c = 0; c < channels; ++c) *to++ = table[c * 256 + from[x * step + c]];
  }
}

void Transform::fill_pixels(std::int64_t count, real* to) const noexcept {
  for (std::int64_t x = 0; x < count; ++x) {
    for (std::int64_t c = 0; c < out_[2]; ++c)
      *to++ = table_[static_cast<std::size_t>(c * 256 + augment_.fill)];
  }
}

void Transform::apply(const std::uint8_t* image, const View& view, real* out) const noexcept {
  const std::int64_t height = in_[0], width = in_[1], channels = in_[2];
  const std::int64_t out_width = out_[1];
  // Columns [first, last) of the result, before mirroring, come from the picture.
  const std::int64_t first = std::clamp<std::int64_t>(-view.left, 0, out_width);
  const std::int64_t last = std::clamp<std::int64_t>(width - view.left, first, out_width);
  const std::int64_t before = view.flip ? out_width - last : first;
  const std::int64_t start = view.left + (view.flip ? last - 1 : first);
  for (std::int64_t y = 0; y < out_[0]; ++y, out += out_width * channels) {
    const std::int64_t from_y = view.top + y;
    if (from_y < 0 || from_y >= height || first == last) {
      fill_pixels(out_width, out);
      continue;
    }
    fill_pixels(before, out);
    copy_pixels(image + (from_y * width + start) * channels, view.flip ? -channels : channels,
                last - first, out + before * channels);
    const std::int64_t done = before + last - first;
    fill_pixels(out_width - done, out + done * channels);
  }
}

}  // namespace octet
