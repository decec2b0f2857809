// Where scales and zero points come from: the only code that chooses them.
#pragma once

#include <cstdint>
#include <span>

#include "core/context.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// Floors of scales (docs/numerics.md, "Scales"). An activation whose range is smaller than 255 *
/// activation_scale_floor is given that range; an input's scale is smaller where its normalization
/// says so. A layer's bias has the scale of its input times that of its weights: with these floors
/// that is a normal float32, 2^-126 at least.
inline constexpr float activation_scale_floor = 0x1p-16f;
/// Of the network's input.
inline constexpr float input_scale_floor = 0x1p-26f;
/// Of weights.
inline constexpr float weight_scale_floor = 0x1p-100f;

/// Params of an activation with reals in [min, max]: the range is widened to contain 0,
/// scale = (max - min) / 255, real 0 has an exact code, codes are [-128, 127]. Of a symmetric
/// `spec` the zero point is 0 and scale = max(-min, max) / 127.
/// Throws Error unless the range is finite and min <= max.
QuantParams activation_params(double min, double max,
                              const QuantSpec& spec = QuantSpec::activation());

/// Scale of symmetric codes in [-highest, highest] for reals up to `largest` in magnitude.
float symmetric_scale(float largest, int highest);

/// Params for a range of reals by `spec`, whose axis does not matter here: as activation_params()
/// and symmetric_scale(), for codes of spec.bits.
QuantParams spec_params(const QuantSpec& spec, const RealRange& range);

/// As activation_params() for a constant operand, whose scale may be any that multipliers can take:
/// a constant with one value has it exactly.
QuantParams constant_params(double min, double max,
                            const QuantSpec& spec = QuantSpec::activation());
/// Of constant operands.
inline constexpr float constant_scale_floor = 0x1p-60f;
/// Params in which the one constant `value` is exact: zero point 0, code 127 or -127.
QuantParams exact_params(float value);

/// Params of the network's input from its normalization real = (pixel - mean[c]) / std[c], pixels
/// 0 to 255. With one mean and std for all channels and an integer mean, code = pixel - 128
/// exactly; otherwise, and of a symmetric `spec`, the params that cover every channel's range.
/// Whether the scale is at least input_scale_floor is for prepare() to say.
QuantParams input_params(std::span<const float> mean, std::span<const float> std,
                         const QuantSpec& spec = QuantSpec::activation());

}  // namespace octet::quant
