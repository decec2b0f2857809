// From samples as they are stored to the network's input: crop, augmentation and normalization in
// one pass.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace octet {

/// real = (pixel - mean) / std, in pixel units (0 to 255), one value for each channel or a single
/// one for all. The default maps to 0..1. Values in units of 0..1, as often published, are to be
/// multiplied by 255. Samples of real numbers likewise, in their own units.
struct Normalization {
  std::vector<double> mean{0};
  std::vector<double> std{255};
};

/// Mean and standard deviation of each channel over all samples: exact of u8. A channel with one
/// value only gets std = 1. Of a SampleSource, 4,096 samples that are evenly spread are read.
Normalization measure_normalization(const Dataset& dataset);

/// What is drawn anew for every sample in every epoch. Random numbers are keyed by (seed, epoch,
/// index of the sample in the data set) and by nothing else. Applied in this order: crop, shift and
/// flips; rotation and zoom; brightness and contrast; cutout; noise; mixup. Masks move with their
/// pictures, by the nearest pixel; outside of the picture they are ignored_class.
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
  /// Mirrors top and bottom in half of the cases.
  bool flip_vertical = false;
  /// Moves along the first axis alone, by up to this many rows: in time, of arrays [N, T, ...].
  int time_shift = 0;
  /// Turns by up to this many degrees both ways, about the centre of the result; bilinear.
  double rotate = 0;
  /// Enlarges by a factor in [1 - zoom, 1 + zoom], below 1; bilinear.
  double zoom = 0;
  /// u8 only. Adds up to this share of the whole range (255), both ways; then clamped to 0..255.
  double brightness = 0;
  /// u8 only. Spreads pixels about 127.5 by a factor in [1 - contrast, 1 + contrast].
  double contrast = 0;
  /// Side of a square that is set to `fill`, its centre anywhere in the picture. Source: DeVries
  /// and Taylor 2017.
  int cutout = 0;
  /// Standard deviation of normal noise on the normalized input.
  double noise = 0;
  /// The loader blends each sample with the next of its batch, with a share for all of it drawn
  /// from Beta(mixup, mixup); at most 1. See Batch::mixed_y. Source: Zhang et al. 2017.
  double mixup = 0;
};

/// From a stored sample to the network's input.
struct TransformOptions {
  Normalization normalize;
  Augmentation augment;
  /// Extents of the result; 0: those of the picture.
  int crop_h = 0, crop_w = 0;
};

/// Thread safe.
class Transform {
 public:
  /// `image` is [H, W, C] of u8 or real. Throws Error naming the option if one is out of range or
  /// not for this type, or if the crop is larger than the padded picture.
  Transform(const Shape& image, const TransformOptions& options,
            ElementType type = ElementType::u8);

  /// [crop_h, crop_w, C]
  const Shape& output_shape() const noexcept { return out_; }

  /// Where the result lies in the picture: its pixel (y, x) is the picture's
  /// (top + y, left + x), or (top + y, left + crop_w - 1 - x) with flip, likewise with
  /// flip_vertical; that result is turned by `angle` (radians, clockwise) and enlarged by `zoom`
  /// about its centre, and its pixels are p -> 127.5 + (p - 127.5) contrast + 255 brightness.
  struct View {
    std::int64_t top = 0, left = 0;
    bool flip = false;
    bool flip_vertical = false;
    double angle = 0, zoom = 1;
    double brightness = 0, contrast = 1;
    std::int64_t cut_top = 0, cut_left = 0;  ///< of the result: corner of the cutout
    bool operator==(const View&) const = default;
  };
  View view(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample) const;

  /// image: [H, W, C], out: output_shape().
  void apply(const std::uint8_t* image, const View& view, real* out) const;
  void apply(const real* image, const View& view, real* out) const;
  /// mask: [H, W], out: [crop_h, crop_w].
  void apply_mask(const std::uint8_t* mask, const View& view, std::int32_t* out) const noexcept;
  void apply_mask(const std::int32_t* mask, const View& view, std::int32_t* out) const noexcept;
  /// Augmentation::noise; `out` is what apply() gave.
  void add_noise(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, real* out) const;

 private:
  /// The pixels' normalized values by table, after brightness and contrast if there are any.
  std::vector<real> table(const View& view) const;
  void cut(const View& view, real* out) const noexcept;

  Shape in_, out_;
  Augmentation augment_;
  std::vector<double> mean_, std_;  // of each channel
  std::vector<real> table_;         // [C, 256]: the normalized value of each pixel value; u8 only
};

}  // namespace octet
