// An in-memory data set of labelled images: what every reader returns and the loader takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// No reader returns more pixels than this; a file that declares more is refused.
inline constexpr std::int64_t max_dataset_bytes = std::int64_t{16} << 30;
/// A label that names a class beyond this is taken for a corrupt file.
inline constexpr std::int64_t max_classes = 65536;

/// Copies share the pixels and labels.
struct Dataset {
  Tensor images;                         ///< u8 [N, H, W, C]
  Tensor labels;                         ///< i32 [N], each in [0, classes)
  int classes = 0;                       ///< number of classes
  std::vector<std::string> class_names;  ///< empty, or one for each class
  std::string name;                      ///< where it comes from, for logs and error messages

  std::int64_t size() const noexcept { return images.defined() ? images.shape()[0] : 0; }
  /// [H, W, C]. Requires images.
  Shape image_shape() const { return {images.shape()[1], images.shape()[2], images.shape()[3]}; }
  /// Throws Error (naming the data set) unless every statement above holds and N, H, W, C >= 1.
  void validate() const;
};

/// A data set from labels of any width: finds `classes` (the number of names, or without names the
/// largest label + 1), converts and validates; `name` becomes printable_text. Throws Error naming
/// `name` and the odd label.
Dataset make_dataset(Tensor images, std::span<const std::int64_t> labels,
                     std::vector<std::string> class_names, std::string name);

/// Copies of the samples at `indices`, in that order; same classes. Throws Error if one is out of
/// range or there are none.
Dataset subset(const Dataset& dataset, std::span<const std::int64_t> indices);

/// FNV-1a (64 bits) of the extents, pixels and labels; not of names. Tells data sets apart in
/// checkpoints and tests.
std::uint64_t content_hash(const Dataset& dataset);

}  // namespace octet
