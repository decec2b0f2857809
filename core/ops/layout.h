// Ops that move or join values. Axes count from 0; negative ones from the end. Those that leave
// dimension 0, the batch, as it is have an integer form.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "core/tape.h"
#include "core/window.h"

namespace octet {

class StridedCopy;

/// An op that only moves elements of its one input.
struct LayoutOp : Op {
  /// The result's shape. Throws Error if the op does not fit `x`.
  virtual Shape result(const Shape& x) const = 0;
  /// From the input to the result.
  virtual StridedCopy copy(const Shape& x) const = 0;
  /// The result has elements that are not copied: they are fill_value().
  virtual bool fills() const { return false; }
  virtual real fill_value() const { return 0; }
  /// Sample i of the result is made of sample i of an input of shape `x` alone.
  virtual bool keeps_batch([[maybe_unused]] const Shape& x) const { return true; }
  /// Some of the input is left out: its gradient is zero.
  virtual bool drops() const { return false; }
  Tensor forward(Context&, In, Saved&) const final;
  void backward(Context&, const Saved&, const Tensor&, Grads) const final;
};
/// The gradient of a move on an input of shape `x`.
void layout_backward(Context& ctx, const LayoutOp& op, const Shape& x, const Tensor& dy, Grad& dx);

/// Elements begin, begin + step, ... of one axis, below end; with a negative step above end, which
/// may be -1.
struct SliceOp final : LayoutOp {
  int axis;
  std::int64_t begin, end, step;
  /// Throws Error unless that is one element or more, none of them in front of the first.
  SliceOp(int a, std::int64_t b, std::int64_t e, std::int64_t s);
  std::int64_t count() const noexcept;
  std::string_view name() const override { return "slice"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
  bool keeps_batch(const Shape& x) const override { return axis != 0 && axis + x.rank() != 0; }
  bool drops() const override { return true; }
};

/// `value` around an image; x [N, H, W, C]. SAME is not a padding of its own: pads are explicit.
struct Pad2dOp final : LayoutOp {
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

/// Dimension d of the result is dimension permutation[d] of x.
struct TransposeOp final : LayoutOp {
  std::vector<int> permutation;
  /// Throws Error unless `p` is a permutation.
  explicit TransposeOp(std::vector<int> p);
  std::string_view name() const override { return "transpose"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
  bool keeps_batch(const Shape&) const override { return permutation[0] == 0; }
};

/// Which channels of x become element (i, j) of a block with C channels: from (i block + j) C on
/// (ONNX's "depth, column, row"), or every block^2-th from i block + j on (PyTorch's
/// pixel_shuffle).
enum class DepthOrder { dcr, crd };

/// A block of pixels from the channels of each: x [N, H, W, block^2 C] to [N, block H, block W, C]
/// (Shi et al. 2016).
struct DepthToSpaceOp final : LayoutOp {
  int block;
  DepthOrder order;
  /// Throws Error unless block >= 1.
  explicit DepthToSpaceOp(int b, DepthOrder o = DepthOrder::dcr);
  std::string_view name() const override { return "depth_to_space"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  StridedCopy copy(const Shape& x) const override;
};

/// The inverse of depth_to_space with DepthOrder::dcr: [N, block H, block W, C] to
/// [N, H, W, block^2 C].
struct SpaceToDepthOp final : LayoutOp {
  int block;
  /// Throws Error unless block >= 1.
  explicit SpaceToDepthOp(int b);
  std::string_view name() const override { return "space_to_depth"; }
  std::string attributes() const override { return "block=" + std::to_string(block); }
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
/// Gives each input of a concatenation along `axis` (not negative) its part of dy.
void concat_backward(Context& ctx, int axis, const std::vector<Shape>& parts, const Tensor& dy,
                     Grads dx);

/// Records a SliceOp.
Var slice(Var x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// numpy's x[begin:end:step] of one axis: negative indices count from the end, those outside are
/// limited.
struct AxisRange {
  int axis;
  std::int64_t begin, end = std::numeric_limits<std::int64_t>::max(), step = 1;
};
/// A SliceOp for each that leaves anything out. Throws Error where nothing is left.
Var slice(Var x, std::span<const AxisRange> slices);
/// Slices of the given extents, in order. Throws Error unless they add up to the axis.
std::vector<Var> split(Var x, int axis, std::span<const std::int64_t> extents);
/// `parts` slices of equal extent. Throws Error if the axis does not divide.
std::vector<Var> split(Var x, int axis, int parts);
/// Records a Pad2dOp.
Var pad2d(Var x, const Padding2d& pads, real value = 0);
/// See DepthToSpaceOp.
Var depth_to_space(Var x, int block, DepthOrder order = DepthOrder::dcr);
/// See SpaceToDepthOp.
Var space_to_depth(Var x, int block);
/// Records a TransposeOp.
Var transpose(Var x, std::vector<int> permutation);
/// Records a ConcatOp.
Var concat(std::span<const Var> parts, int axis);
/// The same: concat({a, b}, 3).
inline Var concat(std::initializer_list<Var> parts, int axis) {
  return concat(std::span<const Var>(parts.begin(), parts.size()), axis);
}

}  // namespace octet
