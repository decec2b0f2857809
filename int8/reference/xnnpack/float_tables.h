// Functions of one code in XNNPACK, as tables; and those of LiteRT's own kernels that differ from
// TFLite Micro's.
#pragma once

#include <cstdint>

#include "int8/graph/graph.h"
#include "int8/reference/tables/table.h"

namespace octet::int8::xnnpack {

/// LOGISTIC, TANH and ELU: g(f32((q - z_in) * s_in)), f32 of a double's value, then
/// rint(f32(f32(g * f32(1 / s_out)) + z_out)).
enum class Curve : std::uint8_t { logistic, tanh, elu };
Table curve_table(Curve curve, QuantParams in, QuantParams out);

/// MUL of a value by itself: v = f32((q - z_in) * s_in); rint(f32(f32(f32(v v) f32(1 / s_out)) +
/// z_out)).
Table square_table(QuantParams in, QuantParams out, ClampRange range);

/// QUANTIZE of codes: with k = rint(256 f32(s_in / s_out)): (((q - z_in) k + 128) >> 8) + z_out.
Table requantize_table(QuantParams in, QuantParams out);

/// LEAKY_RELU: the same, below z_in with k = rint(256 f32(f32(s_in / s_out) alpha)).
Table leaky_relu_table(QuantParams in, QuantParams out, float alpha);

// --- LiteRT's own kernels ---

/// RELU (up_to 0: no upper bound) and RELU6: in double rounding by f32(s_in / s_out).
Table relu_table(QuantParams in, QuantParams out, bool six);

/// QUANTIZE of codes by a ratio that XNNPACK does not take: in double rounding; where LiteRT's
/// vectors compute it, the second rounding has its ties up.
Table far_requantize_table(QuantParams in, QuantParams out, bool ties_up);

}  // namespace octet::int8::xnnpack
