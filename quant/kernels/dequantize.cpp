#include "quant/kernels/dequantize.h"

#include <algorithm>

#include "base/simd/vec_generic.h"
#include "core/grad.h"
#include "core/kernels/codes.h"
#include "int8/reference/quantize.h"

namespace octet::quant {

namespace {
constexpr std::int64_t task_size = 1 << 15;  // a multiple of 8: tasks never share a mask byte

template <class F>
void for_tasks(Context& ctx, std::int64_t n, const F& f) {
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    f(task * task_size, std::min(n, (task + 1) * task_size));
  });
}

struct Masked {
  const real* in;
  const std::uint8_t* mask;
  std::int64_t n;
  real* out;
};
template <bool part, int lanes>
OCTET_INLINE void mask_lanes(Lanes<lanes> of, const Masked& a, std::int64_t i, std::int64_t n) {
  typename Lanes<lanes>::Floats g;
  load_if<part>(g, a.in + i, n);
  keep_bits(of, g, load_bits(of, a.mask + (i >> 3), n));
  store_if<part>(g, a.out + i, n);
}
template <int lanes>
OCTET_INLINE void mask_all(Lanes<lanes> of, const Masked& a) noexcept {
  std::int64_t i = 0;
  for (; i + lanes <= a.n; i += lanes) mask_lanes<false>(of, a, i, lanes);
  if (i < a.n) mask_lanes<true>(of, a, i, a.n - i);
}
OCTET_LANES_FUNCTION(mask_span, mask_all, const Masked&)
}  // namespace

Tensor dequantize(Context& ctx, const Tensor& codes, QuantParams params) {
  Tensor y = ctx.empty(codes.shape());
  const auto* q = codes.data<std::int8_t>();
  real* p = y.r();
  for_tasks(ctx, codes.numel(), [&](std::int64_t begin, std::int64_t end) {
    octet::dequantize(ctx.isa, q + begin, end - begin, params.scale, params.zero_point, p + begin);
  });
  return y;
}

Tensor quantize_constant(Context& ctx, const Tensor& constant, QuantParams params) {
  Tensor codes = ctx.empty(constant.shape(), ElementType::i8);
  int8::quantize(constant.data<float>(), params.scale, params.zero_point, codes.data<std::int8_t>(),
                 codes.numel());
  return codes;
}

Tensor apply_mask(Context& ctx, const Tensor& dy, const Tensor& mask) {
  const real* g = dy.r();
  Tensor d = writable_gradient(ctx, dy);
  const auto* m = mask.data<std::uint8_t>();
  const auto span = mask_span(ctx.isa);
  real* p = d.r();
  for_tasks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    span({g + begin, m + begin / 8, end - begin, p + begin});
  });
  return d;
}

}  // namespace octet::quant
