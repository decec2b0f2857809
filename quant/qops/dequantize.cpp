#include "quant/qops/dequantize.h"

#include <algorithm>
#include <array>

#include "quant/qops/requantize_pass.h"

namespace octet::quant {

namespace {
constexpr std::int64_t chunk_size = 1 << 15;  // a multiple of 8: chunks never share a mask byte

template <class F>
void for_chunks(Context& ctx, std::int64_t n, const F& f) {
  ctx.threads.run((n + chunk_size - 1) / chunk_size, [&](std::int64_t chunk, int) {
    f(chunk * chunk_size, std::min(n, (chunk + 1) * chunk_size));
  });
}
}  // namespace

Tensor dequantize(Context& ctx, const Tensor& codes, QuantParams params) {
  Tensor y = ctx.empty(codes.shape());
  const auto* q = codes.data<std::int8_t>();
  real* p = y.r();
  const real scale = params.scale;
  const std::int32_t z = params.zero_point;
  for_chunks(ctx, codes.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) p[i] = scale * static_cast<real>(q[i] - z);
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
    for (std::int64_t i = c * n; i < (c + 1) * n; ++i) p[i] = f * static_cast<real>(q[i]);
  });
  return y;
}

Tensor apply_mask(Context& ctx, const Tensor& dy, const Tensor& mask) {
  Tensor d = ctx.empty(dy.shape());
  const real* g = dy.r();
  const auto* m = mask.data<std::uint8_t>();
  real* p = d.r();
  for_chunks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) p[i] = mask_bit(m, i) ? g[i] : real(0);
  });
  return d;
}

}  // namespace octet::quant
