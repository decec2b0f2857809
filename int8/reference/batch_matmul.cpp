#include "int8/reference/batch_matmul.h"

#include "base/error.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {

MatMulParams make_matmul_params(float s_a, std::int32_t z_a, float s_b, std::int32_t z_b,
                                float s_out, std::int32_t z_out, std::int64_t depth,
                                Rounding rounding) {
  const char* what = "product of the input scales / output scale";
  constexpr std::int64_t largest = 255 * 255, most = ((std::int64_t{1} << 31) - 1) / largest;
  OCTET_CHECK(depth <= most, "expected to add at most ", most, " products, got ", depth);
  const Multiplier m = checked_multiplier(
      static_cast<double>(s_a) * static_cast<double>(s_b) / static_cast<double>(s_out), rounding,
      what);
  check_no_overflow(largest * depth, m, what);
  const float product = s_a * s_b, factor = product / s_out;
  OCTET_CHECK(rounding != Rounding::float_rounding || factor < 256.0f, what,
              ": expected below 256, got ", factor);
  return {z_a, z_b, z_out, m, rounding, factor};
}

void matmul_row(const MatMulParams& p, const std::int16_t* a, const std::int16_t* b, std::int64_t n,
                std::int64_t depth, std::int8_t* y) noexcept {
  const bool floats = p.rounding == Rounding::float_rounding;
  for (std::int64_t i = 0; i < n; ++i, b += depth) {
    std::int32_t sum = 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += a[k] * b[k];
    const std::int32_t code = floats ? scale_in_float(sum, p.factor)
                                     : multiply_by_quantized_multiplier(sum, p.m, p.rounding);
    y[i] = clamp_to_int8(code + p.z_out);
  }
}

}  // namespace octet::int8
