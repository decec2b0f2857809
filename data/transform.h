// From u8 pixels to the network's input: crop, augmentation and normalization in one pass.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace octet {

/// real = (pixel - mean) / std, in pixel units (0 to 255), one value for each channel or a single
/// one for all. The default maps to 0..1. Values in units of 0..1, as often published, are to be
/// multiplied by 255.
struct Normalization {
  std::vector<double> mean{0};
  std::vector<double> std{255};
};

/// Mean and standard deviation of each channel over all pixels of the data set, from exact integer
/// sums. A channel with one value only gets std = 1.
Normalization measure_normalization(const Dataset& dataset);

/// What is drawn anew for every sample in every epoch. Random numbers are keyed by (seed, epoch,
/// index of the sample in the data set) and by nothing else.
struct Augmentation {
  /// Moves the picture by up to this many pixels along each axis, both ways.
  int shift = 0;
  /// Mirrors left and right in half of the cases.
  bool flip = false;
  /// Random place of the crop (else the centre), within the picture with `padding` pixels added on
  /// each side. Source: He et al. 2015 (padding 4 for CIFAR).
  bool random_crop = false;
  int padding = 0;
  /// The pixel outside of the picture, before normalization.
  std::uint8_t fill = 0;
};

struct TransformOptions {
  Normalization normalize;
  Augmentation augment;
  /// Extents of the result; 0: those of the picture.
  int crop_h = 0, crop_w = 0;
};

/// Thread safe.
class Transform {
 public:
  /// `image` is [H, W, C]. Throws Error naming the option if one is out of range, or if the crop is
  /// larger than the padded picture.
  Transform(const Shape& image, const TransformOptions& options);

  /// [crop_h, crop_w, C]
  const Shape& output_shape() const noexcept { return out_; }

  /// Where the result lies in the picture: its pixel (y, x) is the picture's
  /// (top + y, left + x), or (top + y, left + crop_w - 1 - x) with flip.
  struct View {
    std::int64_t top = 0, left = 0;
    bool flip = false;
    bool operator==(const View&) const = default;
  };
  View view(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample) const;

  /// image: [H, W, C], out: output_shape().
  void apply(const std::uint8_t* image, const View& view, real* out) const noexcept;

 private:
  void copy_pixels(const std::uint8_t* from, std::int64_t step, std::int64_t count,
                   real* to) const noexcept;
  void fill_pixels(std::int64_t count, real* to) const noexcept;

  Shape in_, out_;
  Augmentation augment_;
  std::vector<real> table_;  // [C, 256]: the normalized value of each pixel value
};

}  // namespace octet
