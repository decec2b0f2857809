// Quantization simulated in floating point, for custom loops, ops that have no integer form, and
// comparison. A prepared model does not use it: its codes are real ones.
#pragma once

#include <optional>
#include <string>

#include "core/tape.h"
#include "quant/observers/real_range.h"
#include "quant/weights/quant_spec.h"

namespace octet::quant {

/// y = s (q - z), q = clamp(round(x / s) + z, spec.lowest(), spec.highest()), halves away from
/// zero: the reals of x's codes. The gradient is passed straight through (Bengio et al. 2013): dy
/// where no clamp acts, else 0; scales and zero points are constants to it. They are chosen as for
/// native codes (spec_params).
struct FakeQuantizeOp final : Op {
  QuantSpec spec;
  std::optional<RealRange> range;  ///< to cover; unset: that of x, at each index of the axis
  /// Throws Error unless bits are 2 to 16 and a range is finite and belongs to one scale for all.
  explicit FakeQuantizeOp(const QuantSpec& s, std::optional<RealRange> r = std::nullopt);
  std::string_view name() const override { return "fake_quantize"; }
  std::string attributes() const override;
  /// Throws Error if x has no such axis or, without a range, holds a value that is not finite.
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// As weights are: the scales cover x.
Var fake_quantize(Var x, const QuantSpec& spec);
/// As activations are: one scale and zero point for a range, such as an observer's.
Var fake_quantize(Var x, const QuantSpec& spec, const RealRange& range);

}  // namespace octet::quant
