#include "quant/qops/binary_params.h"

#include "int8/reference/xnnpack/delegated_scales.h"

namespace octet::quant {

BinaryParams make_binary_params(int8::OpCode op, QuantParams a, QuantParams b, QuantParams out,
                                int8::Activation activation, int8::Rounding rounding) {
  const bool product = op == int8::OpCode::mul, difference = op == int8::OpCode::sub;
  if (rounding == int8::Rounding::float_rounding) {
    const auto takes = product ? int8::xnnpack::takes_product : int8::xnnpack::takes_sum;
    if (takes(a.scale, b.scale, out.scale)) {
      const int8::ClampRange range = int8::clamp_range(activation, out, rounding);
      if (product) return int8::xnnpack::make_mul_params(a, b, out, range);
      return int8::xnnpack::make_add_params(a, b, out, difference, range);
    }
  }
  const auto made = [&](auto make) -> BinaryParams {
    return make(a.scale, a.zero_point, b.scale, b.zero_point, out.scale, out.zero_point, activation,
                built_in_rounding(rounding));
  };
  if (product) return made(int8::make_mul_params);
  return made(difference ? int8::make_sub_params : int8::make_add_params);
}

}  // namespace octet::quant
