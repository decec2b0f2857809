#include "core/kernels/codes.h"

#include "base/simd/simd.h"

namespace octet {
namespace {

struct Codes {
  const std::int8_t* q;
  std::int64_t n;
  real scale;
  std::int32_t zero_point;
  real* out;
};
OCTET_INLINE void dequantize_all(const Codes& c) noexcept {
  const std::int8_t* __restrict q = c.q;
  real* __restrict out = c.out;
  const std::int32_t z = c.zero_point;
  const real scale = c.scale;
  for (std::int64_t i = 0; i < c.n; ++i) out[i] = scale * static_cast<real>(q[i] - z);
}
OCTET_SIMD_FUNCTION(dequantize_span, dequantize_all, const Codes&)

}  // namespace

void dequantize(Isa isa, const std::int8_t* codes, std::int64_t n, real scale,
                std::int32_t zero_point, real* out) noexcept {
  dequantize_span(isa)({codes, n, scale, zero_point, out});
}

}  // namespace octet
