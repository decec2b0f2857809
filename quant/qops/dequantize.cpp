#include "quant/qops/dequantize.h"

#include <algorithm>

#include "core/grad.h"
#include "quant/vectors.h"

namespace octet::quant {

namespace {
constexpr std::int64_t chunk_size = 1 << 15;  // a multiple of 8: chunks never share a mask byte

template <class F>
void for_chunks(Context& ctx, std::int64_t n, const F& f) {
  ctx.threads.run((n + chunk_size - 1) / chunk_size, [&](std::int64_t chunk, int) {
    f(chunk * chunk_size, std::min(n, (chunk + 1) * chunk_size));
  });
}

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

struct Masked {
  const real* in;
  const std::uint8_t* mask;
  std::int64_t n;
  real* out;
};
template <bool part>
OCTET_INLINE void mask_lanes(const Masked& a, std::int64_t i, std::int64_t n) {
  Floats g;
  load_if<part>(g, a.in + i, n);
  std::uint16_t bits = 0;
  std::memcpy(&bits, a.mask + i / 8, n > 8 ? 2 : 1);
  keep_bits(g, bits);
  store_if<part>(g, a.out + i, n);
}
OCTET_INLINE void mask_all(const Masked& a) noexcept {
  std::int64_t i = 0;
  for (; i + lanes <= a.n; i += lanes) mask_lanes<false>(a, i, lanes);
  if (i < a.n) mask_lanes<true>(a, i, a.n - i);
}
OCTET_SIMD_FUNCTION(mask_span, mask_all, const Masked&)
}  // namespace

Tensor dequantize(Context& ctx, const Tensor& codes, QuantParams params) {
  Tensor y = ctx.empty(codes.shape());
  const auto* q = codes.data<std::int8_t>();
  real* p = y.r();
  for_chunks(ctx, codes.numel(), [&](std::int64_t begin, std::int64_t end) {
    dequantize_span({q + begin, end - begin, params.scale, params.zero_point, p + begin});
  });
  return y;
}

Tensor scale_channels(Context& ctx, const Tensor& codes, std::span<const float> factor) {
  Tensor y = ctx.empty(codes.shape());
  const auto* q = codes.data<std::int8_t>();
  real* p = y.r();
  const auto channels = static_cast<std::int64_t>(factor.size());
  const std::int64_t n = codes.numel() / channels;
  ctx.threads.run(channels, [&](std::int64_t c, int) {
    const real f = factor[static_cast<std::size_t>(c)];
    dequantize_span({q + c * n, n, f, 0, p + c * n});
  });
  return y;
}

Tensor apply_mask(Context& ctx, const Tensor& dy, const Tensor& mask) {
  const real* g = dy.r();
  Tensor d = writable_gradient(ctx, dy);
  const auto* m = mask.data<std::uint8_t>();
  real* p = d.r();
  for_chunks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    mask_span({g + begin, m + begin / 8, end - begin, p + begin});
  });
  return d;
}

}  // namespace octet::quant
