// From other programs' order of axes to ours: NHWC activations, OHWI and OI weights.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/shape.h"
#include "interop/arrays/stored_tensor.h"

namespace octet {

/// Who laid a tensor out.
/// - octet: as our networks have it.
/// - torch: OIHW and OI; a transposed convolution's weight IOHW; images flattened as CHW.
/// - keras: HWIO, IO; a depthwise weight HWCM, a transposed convolution's HWOI; flattened as HWC.
enum class AxisOrder : std::uint8_t { octet, torch, keras };

/// What a network does with a weight, where its shape does not tell.
struct LayerUse {
  bool transposed_conv = false;
  /// Height, width and channels of the image whose flattened pixels a linear weight multiplies, or
  /// a batch norm's vector belongs to; zeros: none.
  std::int64_t h = 0, w = 0, c = 0;
};

/// How to read `stored` as a tensor of shape `target`; nothing if it is of another shape. A
/// convolution of one pixel and a linear weight are the same, and a convolution over a whole image
/// is a linear weight of its flattened pixels.
std::optional<AxisView> view_as(const StoredTensor& stored, AxisOrder order, const Shape& target,
                                const LayerUse& use = {});

/// The shape that a tensor of ours has in another order: view_as() of it is the way back.
std::vector<std::int64_t> shape_as(AxisOrder order, const Shape& tensor, const LayerUse& use = {});

}  // namespace octet
