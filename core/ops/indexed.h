// Ops whose result's index along each axis is one of the input's, or none: paddings of any rank,
// tiles, broadcasts. Dimension 0 is an axis like the others.
#pragma once

#include <vector>

#include "core/tape.h"

namespace octet {

class AxisGather;

/// An op whose result has elements of its input, each at most once or many times, and constants.
struct IndexedOp : Op {
  /// The result's shape. Throws Error if the op does not fit `x`.
  virtual Shape result(const Shape& x) const = 0;
  /// From an input of shape `x` to the result.
  virtual AxisGather gather(const Shape& x) const = 0;
  /// Of elements without an index.
  virtual real fill_value() const { return 0; }
  Tensor forward(Context&, In, Saved&) const final;
  void backward(Context&, const Saved&, const Tensor&, Grads) const final;
};

/// What lies beyond an axis: a value; the values inside, mirrored at the edge's centre; the edge's;
/// the values from the other end on.
enum class PadMode { constant, reflect, edge, wrap };

/// before[d] and after[d] elements around dimension d; negative ones cut off.
struct PadOp final : IndexedOp {
  std::vector<std::int64_t> before, after;
  PadMode mode;
  real value;
  /// Throws Error for lists of different lengths and a value that is NaN.
  PadOp(std::vector<std::int64_t> b, std::vector<std::int64_t> a, PadMode m, real v);
  std::string_view name() const override { return "pad"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  AxisGather gather(const Shape& x) const override;
  real fill_value() const override { return value; }
};

/// Dimension d repeated repeats[d] times.
struct TileOp final : IndexedOp {
  std::vector<std::int64_t> repeats;
  /// Throws Error for a number below 1.
  explicit TileOp(std::vector<std::int64_t> r);
  std::string_view name() const override { return "tile"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  AxisGather gather(const Shape& x) const override;
};

/// x broadcast with a shape by numpy's rules: aligned at the last dimension, an extent of one on
/// either side is the other's.
struct ExpandOp final : IndexedOp {
  std::vector<std::int64_t> dims;
  /// Throws Error for an extent below 1.
  explicit ExpandOp(std::vector<std::int64_t> d);
  std::string_view name() const override { return "expand"; }
  std::string attributes() const override;
  Shape result(const Shape& x) const override;
  AxisGather gather(const Shape& x) const override;
};

/// A Pad2dOp where that is enough: it has an integer form.
Var pad(Var x, std::vector<std::int64_t> before, std::vector<std::int64_t> after,
        PadMode mode = PadMode::constant, real value = 0);
/// Records the op of this name; the op says what it computes.
/// @{
Var tile(Var x, std::vector<std::int64_t> repeats);
Var expand(Var x, std::vector<std::int64_t> dims);
/// @}

}  // namespace octet
