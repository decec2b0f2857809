// Functions of one code in float rounding: XNNPACK's, and those of LiteRT's own kernels that differ
// from TFLite Micro's.
#pragma once

#include "int8/graph/graph.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8::xnnpack {

/// The codes of an op that is a table (find_unary_op()), whatever args.rounding is:
///  - LOGISTIC, TANH and ELU: g(f32((q - z_in) * s_in)), f32 of a double's value, then
///    rint(f32(f32(g * f32(1 / s_out)) + z_out));
///  - LEAKY_RELU, where XNNPACK takes it: as requantize_codes(), below z_in with k = rint(256
///    f32(f32(s_in / s_out) alpha));
///  - RELU, RELU6, which may have other params behind it: in double rounding by f32(s_in / s_out);
///  - all others in double rounding.
UnaryCodes unary_codes(OpCode op, const UnaryArgs& args);

/// MUL of a value by itself: v = f32((q - z_in) * s_in); rint(f32(f32(f32(v v) f32(1 / s_out)) +
/// z_out)).
UnaryCodes square_codes(QuantParams in, QuantParams out, ClampRange range);

/// QUANTIZE of codes: with k = rint(256 f32(s_in / s_out)): (((q - z_in) k + 128) >> 8) + z_out.
UnaryCodes requantize_codes(QuantParams in, QuantParams out);

/// QUANTIZE of codes by a ratio that XNNPACK does not take (takes_rescaling()): LiteRT's own kernel
/// has a sample's whole blocks of 16 codes computed by vectors, where the second rounding has its
/// ties up, and the rest in double rounding.
struct FarRequantization {
  static constexpr std::int64_t block = 16;
  UnaryCodes in_blocks, rest;
};
FarRequantization make_far_requantization(QuantParams in, QuantParams out);

}  // namespace octet::int8::xnnpack
