// A data set: samples and what they are trained towards, in memory or made one by one. What every
// reader returns and the loader takes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// No reader returns more bytes of samples than this; a file that declares more is refused.
inline constexpr std::int64_t max_dataset_bytes = std::int64_t{16} << 30;
/// A label that names a class beyond this is taken for a corrupt file.
inline constexpr std::int64_t max_classes = 65536;
/// In masks: a pixel of no class, which losses and figures leave out.
inline constexpr std::int32_t ignored_class = 255;

/// What samples are trained towards: a class, numbers, or a class for each pixel.
enum class TargetKind { classes, values, masks };

/// Samples that are made when they are asked for: from a disk that holds more than the memory, or
/// by any function. See make_dataset(SampleSource, ...).
struct SampleSource {
  std::int64_t size = 0;
  Shape x;                               ///< [H, W, C]
  ElementType x_type = ElementType::u8;  ///< u8 or real
  /// Of a sample's target: [] and i32, a class; [K] and real, numbers; [H, W] and i32, a mask.
  Shape y;
  ElementType y_type = ElementType::i32;
  /// Fills x and y, which are of these shapes and types; y is undefined where the data set has all
  /// targets in memory. Called by several threads at once; must depend on the index alone. May
  /// throw.
  std::function<void(std::int64_t index, Tensor& x, Tensor& y)> read;
  /// Of what content_hash() cannot see.
  std::uint64_t hash = 0;
};

/// Copies share the samples and targets.
struct Dataset {
  /// u8 or real [N, H, W, C]; undefined: `source` makes them. What has fewer extents is stored so:
  /// [N, H, W] as [N, H, W, 1], [N, F] as [N, 1, 1, F].
  Tensor images;
  /// i32 [N], each in [0, classes); or real [N, K]; or u8 or i32 [N, H, W], each in [0, classes) or
  /// ignored_class. Undefined: `source` makes them.
  Tensor labels;
  int classes = 0;                       ///< number of classes; 0 where targets are values
  std::vector<std::string> class_names;  ///< empty, or one for each class
  std::string name;                      ///< where it comes from, for logs and error messages
  std::shared_ptr<const SampleSource> source = {};

  std::int64_t size() const noexcept {
    return images.defined() ? images.shape()[0] : source ? source->size : 0;
  }
  /// [H, W, C]. Requires images or a source.
  Shape image_shape() const {
    if (!images.defined()) return source->x;
    return {images.shape()[1], images.shape()[2], images.shape()[3]};
  }
  ElementType image_type() const { return images.defined() ? images.dtype() : source->x_type; }
  /// Requires labels or a source.
  TargetKind target() const;
  /// Of one sample: [], [K] or [H, W]. Requires labels or a source.
  Shape target_shape() const;
  /// Throws Error (naming the data set) unless every statement above holds and N, H, W, C >= 1.
  void validate() const;
};

/// A data set from labels of any width: finds `classes` (the number of names, or without names the
/// largest label + 1), converts and validates; `name` becomes printable_text. Throws Error naming
/// `name` and the odd label.
Dataset make_dataset(Tensor images, std::span<const std::int64_t> labels,
                     std::vector<std::string> class_names, std::string name);

/// The same of targets as Dataset::labels has them. Throws Error for numbers that are not finite,
/// too.
Dataset make_dataset(Tensor images, Tensor targets, std::vector<std::string> class_names,
                     std::string name);

/// Of samples made one by one. `classes` is 0 where targets are values.
Dataset make_dataset(SampleSource source, int classes, std::vector<std::string> class_names,
                     std::string name);

/// The samples at `indices`, in that order; same classes. Copies, or made by the same source.
/// Throws Error if one is out of range or there are none.
Dataset subset(const Dataset& dataset, std::span<const std::int64_t> indices);

/// A copy of one sample, u8 or real [H, W, C], as it is stored or made. Throws Error if there is
/// none at `index`.
Tensor sample_at(const Dataset& dataset, std::int64_t index);

/// FNV-1a (64 bits) of the extents, samples and targets, and of SampleSource::hash; not of names.
/// Tells data sets apart in checkpoints and tests.
std::uint64_t content_hash(const Dataset& dataset);

}  // namespace octet
