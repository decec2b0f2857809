#include "int8/ops/conv_operands.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

void check_weights(const TensorDef& w, int axis) {
  const Quantization& q = w.quantization;
  const auto out_c = static_cast<std::size_t>(w.shape[static_cast<std::size_t>(axis)]);
  OCTET_CHECK(q.scale.size() == 1 || q.scale.size() == out_c, quoted(w), ": expected 1 or ", out_c,
              " scales, got ", q.scale.size());
  OCTET_CHECK(q.scale.size() == 1 || q.axis == axis, quoted(w), ": expected quantized dimension ",
              axis, ", got ", q.axis);
  for (const std::int32_t z : q.zero_point) {
    OCTET_CHECK(z == 0, quoted(w), ": expected zero point 0 for weights, got ", z);
  }
}

/// [rows, out_c] with channels innermost becomes [out_c, rows].
std::vector<std::int8_t> channels_outermost(std::span<const std::int8_t> w, std::size_t out_c) {
  const std::size_t rows = w.size() / out_c;
  std::vector<std::int8_t> result(w.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < out_c; ++c) result[c * rows + r] = w[r * out_c + c];
  }
  return result;
}

ConstantValues<std::int32_t> bias_values(const NodeView& node, int i) {
  const TensorDef& bias = node.input(i);
  const bool aligned = reinterpret_cast<std::uintptr_t>(bias.constant.data) % alignof(int) == 0;
  if (bias.type != DType::i32 || !bias.constant || !aligned)
    return ConstantValues<std::int32_t>(node.i32_constant(i));
  return ConstantValues<std::int32_t>(
      std::span(reinterpret_cast<const std::int32_t*>(bias.constant.data),
                bias.constant.size / sizeof(std::int32_t)));
}

/// A channel without weights and bias sums to 0 whatever its scale is, which then counts as 0.
std::vector<float> scales_that_count(const ConvOperands& o, std::vector<float> scales) {
  const auto w = o.weights.values();
  const auto b = o.bias.values();
  if (scales.size() != b.size()) return scales;
  const std::size_t per_channel = w.size() / b.size();
  for (std::size_t c = 0; c < b.size(); ++c) {
    const auto channel = w.subspan(c * per_channel, per_channel);
    const bool empty = b[c] == 0 && std::all_of(channel.begin(), channel.end(),
                                                [](std::int8_t code) { return code == 0; });
    if (empty) scales[c] = 0;
  }
  return scales;
}

/// Channels that hold the output's zero point whatever they sum.
bool is_dead(const ConvOperands& o, std::size_t c) {
  return o.factor.empty() ? o.multiplier[c].m == 0 : o.factor[c] < 0x1p-33f;
}

/// Their int32 sums may wrap, and nobody would see the value.
void clear_dead_channels(ConvOperands& o) {
  const auto w = o.weights.values();
  const auto b = o.bias.values();
  std::size_t first = 0;
  while (first < b.size() && !is_dead(o, first)) ++first;
  if (first == b.size()) return;
  std::vector<std::int8_t> weights(w.begin(), w.end());
  std::vector<std::int32_t> bias(b.begin(), b.end());
  const std::size_t per_channel = w.size() / bias.size();
  for (std::size_t c = first; c < bias.size(); ++c) {
    if (!is_dead(o, c)) continue;
    bias[c] = 0;
    std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(c * per_channel), per_channel, 0);
  }
  o.weights = ConstantValues<std::int8_t>(std::move(weights));
  o.bias = ConstantValues<std::int32_t>(std::move(bias));
}

void check_accumulators(const ConvOperands& o) {
  const std::int64_t reach = std::max(127 - o.in.zero_point, o.in.zero_point + 128);
  const auto weights = o.weights.values();
  const auto bias = o.bias.values();
  const std::size_t per_channel = weights.size() / bias.size();
  for (std::size_t c = 0; c < bias.size(); ++c) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < per_channel; ++i) {
      sum += std::abs(std::int32_t{weights[c * per_channel + i]});
    }
    // A float factor shifts nothing.
    const Multiplier multiplier = o.factor.empty() ? o.multiplier[c] : Multiplier{1 << 30, -1};
    // From -2^31 on, where nothing is shifted to the left.
    const std::int64_t lowest = multiplier.shift < 0 ? 1 : 0;
    const std::int64_t worst = sum * reach + std::max<std::int64_t>(bias[c], -lowest - bias[c]);
    check_no_overflow(worst, multiplier, "output channel " + std::to_string(c));
  }
}

}  // namespace

Requantization ConvOperands::requantization() const noexcept {
  return {.bias = bias.values().data(),
          .multiplier = multiplier.data(),
          .output_zero_point = out.zero_point,
          .lo = range.lo,
          .hi = range.hi,
          .rounding = rounding,
          .factor = factor.empty() ? nullptr : factor.data(),
          .ties_up = ties_up};
}

ConvOperands read_conv_operands(const NodeView& node, const ConvOperandsSpec& spec) {
  const TensorDef& w = node.input(spec.weights);
  check_weights(w, spec.axis);
  const auto axis = static_cast<std::size_t>(spec.axis);
  const auto out_c = static_cast<std::size_t>(w.shape[axis]);

  ConvOperands o;
  o.rounding = node.rounding();
  o.in = node.i8_activation(spec.data);
  o.out = node.i8_output();
  o.range = node.i8_range(spec.activation);
  const auto weights = node.i8_constant(spec.weights);
  o.weights = spec.axis == 0 ? ConstantValues<std::int8_t>(weights)
                             : ConstantValues<std::int8_t>(channels_outermost(weights, out_c));
  o.bias = ConstantValues<std::int32_t>(std::vector<std::int32_t>(out_c, 0));
  if (node.has_input(spec.bias)) {
    const TensorDef& bias = node.input(spec.bias);
    o.bias = bias_values(node, spec.bias);
    OCTET_CHECK(o.bias.values().size() == out_c, quoted(bias), ": expected ", out_c,
                " values, got shape ", to_string(bias.shape));
  }
  if (node.rounding() == Rounding::float_rounding) {
    o.factor.resize(out_c);
    conv_factors(o.in.scale, w.quantization.scale, o.out.scale, o.factor);
  } else {
    o.multiplier = conv_multipliers(o.in.scale, scales_that_count(o, w.quantization.scale),
                                    o.out.scale, node.rounding());
    if (o.multiplier.size() == 1) o.multiplier.resize(out_c, o.multiplier[0]);
    o.ties_up = node.ties_up;
  }
  clear_dead_channels(o);
  check_accumulators(o);
  return o;
}

}  // namespace octet::int8
