#include "int8/engine/reals.h"

#include "int8/kernels/dispatch.h"
#include "int8/reference/quantize.h"

namespace octet::int8 {

void quantize_values(const ValueInfo& info, Isa isa, const float* x, std::byte* codes,
                     std::int64_t n) noexcept {
  if (info.type == DType::i16) {
    quantize_i16(x, info.scale, info.zero_point, reinterpret_cast<std::int16_t*>(codes), n);
    return;
  }
  quantize_kernel(isa)(x, info.scale, i8_zero_point(info.type, info.zero_point),
                       reinterpret_cast<std::int8_t*>(codes), n);
  if (info.type == DType::u8) flip_codes(codes, n);
}

void dequantize_values(const ValueInfo& info, Isa isa, const std::byte* codes, float* y,
                       std::int64_t n) noexcept {
  if (info.type == DType::i16) {
    dequantize_i16(reinterpret_cast<const std::int16_t*>(codes), info.scale, info.zero_point, y, n);
    return;
  }
  DequantizeFunction* const run = info.type == DType::u8 ? dequantize_u8 : dequantize_kernel(isa);
  run(reinterpret_cast<const std::int8_t*>(codes), info.scale, info.zero_point, y, n);
}

}  // namespace octet::int8
