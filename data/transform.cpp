// The options of a Transform, and what is drawn for a sample. Its pixels: apply_view.cpp.
#include "data/transform.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.h"
#include "data/random_key.h"

namespace octet {

namespace {

void check_range(const char* what, std::int64_t value, std::int64_t least, std::int64_t most) {
  OCTET_CHECK(value >= least && value <= most, "transform: ", what, ": expected ", least, " to ",
              most, ", got ", value);
}

void check_share(const char* what, double value, double most) {
  OCTET_CHECK(value >= 0 && value <= most, "transform: ", what, ": expected 0 to ", most, ", got ",
              value);
}

double channel_value(const char* what, const std::vector<double>& values, std::size_t channel,
                     std::int64_t channels) {
  OCTET_CHECK(values.size() == 1 || values.size() == static_cast<std::size_t>(channels),
              "transform: normalization: ", what, ": expected 1 value, or 1 for each of ", channels,
              channels == 1 ? " channel" : " channels", ", got ", values.size());
  const double v = values[values.size() == 1 ? 0 : channel];
  OCTET_CHECK(std::isfinite(v), "transform: normalization: ", what, ": expected finite values");
  return v;
}

std::int64_t floor_half(std::int64_t v) {
  return v >= 0 ? v / 2 : -((1 - v) / 2);
}

}  // namespace

Transform::Transform(const Shape& image, const TransformOptions& options, ElementType type)
    : in_(image), augment_(options.augment) {
  OCTET_CHECK(image.rank() == 3 && image.numel() > 0,
              "transform: expected pictures [H, W, C], got ", image);
  const Augmentation& a = augment_;
  const std::int64_t side = std::min(image[0], image[1]);
  check_range("shift", a.shift, 0, side - 1);
  check_range("time_shift", a.time_shift, 0, image[0] - 1);
  check_range("padding", a.padding, 0, side);
  OCTET_CHECK(a.random_crop || a.padding == 0, "transform: padding ", a.padding,
              " has no effect without random_crop");
  check_share("rotate", a.rotate, 180);
  check_share("zoom", a.zoom, 0.9);
  check_share("brightness", a.brightness, 1);
  check_share("contrast", a.contrast, 1);
  check_share("noise", a.noise, 100);
  check_share("mixup", a.mixup, 1);
  OCTET_CHECK(
      type == ElementType::u8 || (a.brightness == 0 && a.contrast == 0),
      "transform: brightness and contrast are for pixels of 0 to 255 (u8), the samples are ",
      dtype_name(type));
  const std::int64_t crop_h = options.crop_h ? options.crop_h : image[0];
  const std::int64_t crop_w = options.crop_w ? options.crop_w : image[1];
  check_range("crop height", crop_h, 1, image[0] + 2 * a.padding);
  check_range("crop width", crop_w, 1, image[1] + 2 * a.padding);
  check_range("cutout", a.cutout, 0, 2 * std::max(crop_h, crop_w));
  out_ = Shape{crop_h, crop_w, image[2]};
  const Normalization& n = options.normalize;
  for (std::size_t c = 0; c < static_cast<std::size_t>(image[2]); ++c) {
    mean_.push_back(channel_value("mean", n.mean, c, image[2]));
    std_.push_back(channel_value("std", n.std, c, image[2]));
    OCTET_CHECK(std_[c] > 0, "transform: normalization: std: expected values > 0, got ", std_[c]);
  }
  if (type == ElementType::u8) table_ = table({});
}

std::vector<real> Transform::table(const View& view) const {
  std::vector<real> values;
  values.reserve(mean_.size() * 256);
  const bool changed = view.brightness != 0 || view.contrast != 1;
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    for (int v = 0; v < 256; ++v) {
      double p = v;
      if (changed) {
        p = std::clamp(127.5 + (p - 127.5) * view.contrast + 255 * view.brightness, 0.0, 255.0);
      }
      values.push_back(static_cast<real>((p - mean_[c]) / std_[c]));
    }
  }
  return values;
}

Transform::View Transform::view(std::uint64_t seed, std::uint64_t epoch,
                                std::uint64_t sample) const {
  // Each draw has its number, used or not: an option does not change what the others draw.
  const auto random = [&](std::uint64_t number) {
    return data_detail::sample_random(seed, epoch, sample, number);
  };
  const auto draw = [&](std::uint64_t number, std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(
                       random(number).below(static_cast<std::uint64_t>(most - least + 1)));
  };
  /// Within `most` of `centre`, both ways.
  const auto around = [&](std::uint64_t number, double centre, double most) {
    return most == 0 ? centre : random(number).uniform(centre - most, centre + most);
  };
  const Augmentation& a = augment_;
  const std::int64_t pad = a.random_crop ? a.padding : 0;
  const std::int64_t top = draw(0, -pad, in_[0] + pad - out_[0]);
  const std::int64_t left = draw(1, -pad, in_[1] + pad - out_[1]);
  const std::int64_t down = draw(2, -a.shift, a.shift);
  const std::int64_t right = draw(3, -a.shift, a.shift);
  const bool mirrored = draw(4, 0, 1) == 1;
  View v;
  v.top = (a.random_crop ? top : floor_half(in_[0] - out_[0])) - down;
  v.left = (a.random_crop ? left : floor_half(in_[1] - out_[1])) - right;
  v.flip = a.flip && mirrored;
  v.flip_vertical = a.flip_vertical && draw(5, 0, 1) == 1;
  if (a.time_shift > 0) v.top -= draw(6, -a.time_shift, a.time_shift);
  v.angle = around(7, 0, a.rotate * std::numbers::pi / 180);
  v.zoom = around(8, 1, a.zoom);
  v.brightness = around(9, 0, a.brightness);
  v.contrast = around(10, 1, a.contrast);
  if (a.cutout > 0) {
    v.cut_top = draw(11, 0, out_[0] - 1) - a.cutout / 2;
    v.cut_left = draw(12, 0, out_[1] - 1) - a.cutout / 2;
  }
  return v;
}

void Transform::add_noise(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample,
                          real* out) const {
  if (augment_.noise == 0) return;
  Random random = data_detail::sample_random(seed, epoch, sample, data_detail::noise_draw);
  for (std::int64_t i = 0; i < out_.numel(); ++i) {
    out[i] += static_cast<real>(augment_.noise * random.normal());
  }
}

}  // namespace octet
