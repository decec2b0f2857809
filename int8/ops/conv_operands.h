// Checks and integers that the convolutions share: weights, bias, multipliers and the proof that no
// accumulator can overflow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "int8/kernels/packed_conv.h"
#include "int8/ops/node_view.h"
#include "int8/reference/activation_range.h"

namespace octet::int8 {

/// Values of a constant: the graph's own memory, or a copy where they have to be moved or are not
/// aligned there.
template <class T>
class ConstantValues {
 public:
  ConstantValues() = default;
  explicit ConstantValues(std::span<const T> in_place) : values_(in_place) {}
  explicit ConstantValues(std::vector<T> copy) : copy_(std::move(copy)), values_(copy_) {}
  ConstantValues(ConstantValues&&) = default;  // a moved vector keeps its memory
  ConstantValues& operator=(ConstantValues&&) = default;

  std::span<const T> values() const noexcept { return values_; }
  std::size_t copied_bytes() const noexcept { return copy_.size() * sizeof(T); }

 private:
  std::vector<T> copy_;
  std::span<const T> values_;
};

/// Weights with output channels outermost, and everything a Requantization points to.
struct ConvOperands {
  ConstantValues<std::int8_t> weights;  ///< [out_c, weights per channel]
  ConstantValues<std::int32_t> bias;    ///< out_c
  std::vector<Multiplier> multiplier;   ///< out_c; none in float rounding
  std::vector<float> factor;            ///< out_c in float rounding
  int ties_up = 0;                      ///< see Requantization
  QuantParams in, out;
  ClampRange range;
  Rounding rounding = Rounding::single_rounding;

  /// Bytes that are not the graph's.
  std::size_t copied_bytes() const noexcept {
    return weights.copied_bytes() + bias.copied_bytes() + multiplier.size() * sizeof(Multiplier) +
           factor.size() * sizeof(float);
  }
  /// Points into this object and the graph.
  Requantization requantization() const noexcept;
};

/// Where a convolution's operands are.
struct ConvOperandsSpec {
  int data = 0, weights = 1, bias = 2;  ///< input positions
  int axis = 0;                         ///< dimension of the weights that is the output channel
  Activation activation = Activation::none;
};

/// Reads and checks weights (int8 constant, symmetric, one scale or one for each output channel),
/// bias (optional int32 constant; its codes are used, whatever scale it has) and the output;
/// derives multipliers, or factors. A channel whose multiplier is 0 (factor below 2^-33) holds the
/// output's zero point whatever it sums: its weights and bias become 0. For every other channel
/// proves that sum |w| * max|x - zero_point| + |bias|, shifted left as the multiplier asks, stays
/// below 2^31. Throws Error naming the channel.
ConvOperands read_conv_operands(const NodeView& node, const ConvOperandsSpec& spec);

}  // namespace octet::int8
