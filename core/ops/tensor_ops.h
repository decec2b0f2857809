// Ops that move, join, average or resample values, and transposed convolution. Dimension 0 is the
// batch and stays as it is. Axes count from 0; negative ones from the end.
#pragma once

#include <vector>

#include "core/tape.h"
#include "core/window.h"

namespace octet {

class StridedCopy;

/// An op that only moves elements of its one input.
struct MoveOp : Op {
  /// The result's shape. Throws Error if the op does not fit `x`.
  virtual Shape result(const Shape& x) const = 0;
  /// From the input to the result.
  virtual StridedCopy copy(const Shape& x) const = 0;
  /// The result has elements that are not copied: they are fill_value().
  virtual bool fills() const { return false; }
  virtual real fill_value() const { return 0; }
  /// Some of the input is left out: its gradient is zero.
  virtual bool drops() const { return false; }
  Tensor forward(Context&, In, Saved&) const final;
  void backward(Context&, const Saved&, const Tensor&, Grads) const final;
};
/// The gradient of a move on an input of shape `x`.
void move_backward(Context& ctx, const MoveOp& op, const Shape& x, const Tensor& dy, Grad& dx);

/// Elements begin, begin + step, ... below end of one axis; x [N, ...].
struct SliceOp final : MoveOp {
  int axis;
  std::int64_t begin, end, step;
  /// Throws Error unless 0 <= begin < end and step >= 1.
  SliceOp(int a, std::int64_t b, std::int64_t e, std::int64_t s);
  std::string_view name() const override { return "slice"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
  bool drops() const override { return true; }
};

/// `value` around an image; x [N, H, W, C]. SAME is not a padding of its own: pads are explicit.
struct Pad2dOp final : MoveOp {
  Padding2d pads;
  real value;
  /// Throws Error for negative pads, for SAME and for a value that is not finite.
  explicit Pad2dOp(const Padding2d& p, real v = 0);
  std::string_view name() const override { return "pad2d"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
  bool fills() const override { return true; }
  real fill_value() const override { return value; }
};

/// Dimension d of the result is dimension permutation[d] of x; permutation[0] = 0.
struct TransposeOp final : MoveOp {
  std::vector<int> permutation;
  /// Throws Error unless `p` is a permutation that keeps the batch in front.
  explicit TransposeOp(std::vector<int> p);
  std::string_view name() const override { return "transpose"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
};

/// Joins any number of inputs along an axis; their other extents agree.
struct ConcatOp final : Op {
  int axis;
  explicit ConcatOp(int a) : axis(a) {}
  std::string_view name() const override { return "concat"; }
  std::string attributes() const override { return "axis=" + std::to_string(axis); }
  /// Throws Error naming `op` if the shapes do not fit.
  Shape result(std::span<const Tensor> x, std::string_view op) const;
  int resolved_axis(const Shape& x) const { return axis < 0 ? axis + x.rank() : axis; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};
/// Gives each part of a concatenation along `axis` (not negative) its piece of dy.
void concat_backward(Context& ctx, int axis, const std::vector<Shape>& parts, const Tensor& dy,
                     Grads dx);

/// Mean over some axes, summed in double.
struct MeanOp final : Op {
  std::vector<int> axes;
  bool keep_dims;
  MeanOp(std::vector<int> a, bool keep) : axes(std::move(a)), keep_dims(keep) {}
  std::string_view name() const override { return "mean"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

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

/// The adjoint of a convolution: y = sum over input pixels of x w at stride * pixel - padding.
/// Inputs: x [N, H, W, C]; w [O, KH, KW, C]; optional b [O]. Result [N, OH, OW, O] with
/// OH = (H - 1) stride + KH - top - bottom + extra; with SAME padding OH = H stride.
struct ConvTranspose2dOp final : Op {
  Window2d window;               ///< of the convolution from the result to the input; no dilation
  int extra_h = 0, extra_w = 0;  ///< PyTorch's output_padding, below the stride
  /// Throws Error for a dilation, bad extra rows, or pads of a whole kernel.
  ConvTranspose2dOp(const Window2d& w, int eh, int ew);
  std::string_view name() const override { return "conv_transpose2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Each value is kept with probability keep() and then divided by it (Srivastava et al. 2014), in
/// training; evaluation passes x on. Which values depends on (Context::seed, Context::step,
/// `stream`, index) alone.
struct DropoutOp final : Op {
  double p;
  std::uint64_t stream;
  /// Throws Error unless 0 <= p < 1.
  DropoutOp(double probability, std::uint64_t s);
  /// 1 - p to a whole number of 1 / 65536, at least one: what the random bits can tell apart.
  double keep() const noexcept { return 1 - threshold() / 65536.0; }
  /// Sixteen random bits below this drop the value.
  std::uint32_t threshold() const noexcept;
  std::string_view name() const override { return "dropout"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};
/// Whether dropout keeps elements 0 .. n - 1 in the present step: one byte each, 1 or 0.
Tensor dropout_mask(Context& ctx, const DropoutOp& op, const Shape& shape);

Var slice(Var x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// `parts` slices of equal extent. Throws Error if the axis does not divide.
std::vector<Var> split(Var x, int axis, int parts);
Var pad2d(Var x, const Padding2d& pads, real value = 0);
Var transpose(Var x, std::vector<int> permutation);
Var concat(std::span<const Var> parts, int axis);
inline Var concat(std::initializer_list<Var> parts, int axis) {
  return concat(std::span<const Var>(parts.begin(), parts.size()), axis);
}
Var mean(Var x, std::vector<int> axes, bool keep_dims = false);
Var resize_nearest(Var x, int out_h, int out_w, Coordinates c = Coordinates::asymmetric);
Var resize_bilinear(Var x, int out_h, int out_w, Coordinates c = Coordinates::half_pixel);
Var conv_transpose2d(Var x, Var w, const Window2d& window, int extra_h = 0, int extra_w = 0);
Var conv_transpose2d(Var x, Var w, Var b, const Window2d& window, int extra_h = 0, int extra_w = 0);
/// `stream` tells the dropouts of a network apart.
Var dropout(Var x, double p, std::uint64_t stream);

}  // namespace octet
