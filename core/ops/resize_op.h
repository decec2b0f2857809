// Resampling of images.
#pragma once

#include "core/tape.h"

namespace octet {

/// How output pixel i of a resized axis finds its place in the input:
///  - asymmetric: i in / out (PyTorch's nearest);
///  - half_pixel: (i + 1/2) in / out - 1/2, for nearest without the - 1/2 (PyTorch's bilinear);
///  - align_corners: i (in - 1) / (out - 1).
enum class Coordinates { asymmetric, half_pixel, align_corners };
enum class Interpolation { nearest, bilinear };

/// x [N, H, W, C] -> [N, out_h, out_w, C]. Nearest takes floor, with align_corners round, as
/// TFLite.
struct Resize2dOp final : Op {
  int out_h, out_w;
  Interpolation interpolation;
  Coordinates coordinates;
  /// Throws Error unless out_h and out_w are positive.
  Resize2dOp(int h, int w, Interpolation i, Coordinates c);
  std::string_view name() const override { return "resize2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

Var resize_nearest(Var x, int out_h, int out_w, Coordinates c = Coordinates::asymmetric);
Var resize_bilinear(Var x, int out_h, int out_w, Coordinates c = Coordinates::half_pixel);

}  // namespace octet
