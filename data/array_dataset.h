// Private to data/*.cpp: from arrays of any extents to a data set.
#pragma once

#include <optional>

#include "data/data_options.h"

namespace octet::data_detail {

/// Extents of samples [N, ...] of two to four extents as Dataset::images has them.
Shape sample_extents(std::span<const std::int64_t> dims);

/// Samples [N, H, W, C] as they are, or as `input` says: pictures resized, samples [1, 1, F] as
/// [h, w, F / (h w)]. Throws Error, beginning with `where`, where that cannot be.
Tensor to_input_size(Tensor images, const InputSize& input, const std::string& where);

/// Numbers as they are stored, targets of a data set. `whole`: of an integer type.
struct StoredTargets {
  Tensor numbers;  ///< i32 if whole, else real; [N], [N, K] or [N, H, W]
  bool whole = false;
};
/// Targets as Dataset::labels has them: of whole numbers, [N] are classes and [N, H, W] masks; all
/// else are values [N, K], and all of it if `choice` says so.
Tensor to_targets(const StoredTargets& stored, TargetChoice choice, const std::string& where);

}  // namespace octet::data_detail
