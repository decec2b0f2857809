// Resampling of images.
#pragma once

#include "core/tape.h"

namespace octet {

/// How output pixel i of a resized axis finds its place in the input:
///  - asymmetric: i in / out (PyTorch's nearest);
///  - half_pixel: (i + 1/2) in / out - 1/2 (PyTorch's bilinear);
///  - align_corners: i (in - 1) / (out - 1);
///  - pytorch_half_pixel: half_pixel, but 0 where out is 1.
enum class Coordinates { asymmetric, half_pixel, align_corners, pytorch_half_pixel };
/// How pixels between pixels are found.
enum class Interpolation { nearest, bilinear };
/// Which pixel is nearest to a place: as TFLite computes it in float (floor; round with
/// align_corners; floor of (i + 1/2) in / out with half_pixel); or ONNX's nearest_mode.
enum class NearestMode { tflite, round_prefer_floor, round_prefer_ceil, floor, ceil };

/// What else there is to a resize.
struct ResizeOptions {
  NearestMode nearest_mode = NearestMode::tflite;
  /// Output pixels for an input pixel, in place of out / in; 0: that. Not with align_corners.
  double scale_h = 0, scale_w = 0;
  bool operator==(const ResizeOptions&) const = default;
};

/// x [N, H, W, C] -> [N, out_h, out_w, C].
struct Resize2dOp final : Op {
  int out_h, out_w;
  Interpolation interpolation;
  Coordinates coordinates;
  ResizeOptions options;
  /// Throws Error unless out_h and out_w are positive and the scales are finite and not negative.
  Resize2dOp(int h, int w, Interpolation i, Coordinates c, const ResizeOptions& o = {});
  std::string_view name() const override { return "resize2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records a resize of x [N, H, W, C] to [N, out_h, out_w, C].
/// @{
Var resize_nearest(Var x, int out_h, int out_w, Coordinates c = Coordinates::asymmetric,
                   const ResizeOptions& options = {});
Var resize_bilinear(Var x, int out_h, int out_w, Coordinates c = Coordinates::half_pixel,
                    const ResizeOptions& options = {});
/// @}

}  // namespace octet
