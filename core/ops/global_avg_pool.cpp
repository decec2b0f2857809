// Mean over the image, [N, H, W, C] -> [N, 1, 1, C]; summed in double.
#include <vector>

#include "base/simd/simd.h"
#include "core/kernels/common.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

// The sums of an image's pixels, in double.
struct PixelSums {
  const real* x;
  std::int64_t pixels, channels;
  double* sum;
};
OCTET_INLINE void add_pixels_body(const PixelSums& s) {
  for (std::int64_t p = 0; p < s.pixels; ++p) {
    const real* row = s.x + p * s.channels;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < s.channels; ++c) s.sum[c] += double{row[c]};
  }
}
OCTET_SIMD_FUNCTION(add_pixels, add_pixels_body, const PixelSums&)

}  // namespace

Tensor GlobalAvgPoolOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_rank(name(), "x", x[0], 4, "[N, H, W, C]");
  const Shape& in = x[0].shape();
  const std::int64_t pixels = in[1] * in[2], channels = in[3];
  OCTET_CHECK(pixels > 0, "global_avg_pool: x: expected an image, got ", in);
  Tensor y = ctx.empty({in[0], 1, 1, channels});
  auto scratch = ctx.pool.allocate(static_cast<std::size_t>(in[0] * channels) * sizeof(double));
  auto* sums = reinterpret_cast<double*>(scratch.get());
  const real* px = x[0].r();
  real* py = y.r();
  const auto add = add_pixels(ctx.isa);
  ctx.threads.run(in[0], [&](std::int64_t n, int) {
    double* sum = sums + n * channels;
    std::fill_n(sum, channels, 0.0);
    add({px + n * pixels * channels, pixels, channels, sum});
    for (std::int64_t c = 0; c < channels; ++c) {
      py[n * channels + c] = static_cast<real>(sum[c] / static_cast<double>(pixels));
    }
  });
  saved.extra = in;
  return y;
}

void GlobalAvgPoolOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Shape& in = std::any_cast<const Shape&>(saved.extra);
  const std::int64_t pixels = in[1] * in[2], channels = in[3];
  real beta;
  real* out = dx[0]->accumulate(in, ctx, beta);
  const real scale = real(1) / static_cast<real>(pixels);
  const real* pdy = dy.r();
  ctx.threads.run(in[0], [&](std::int64_t n, int) {
    const real* g = pdy + n * channels;
    for (std::int64_t p = 0; p < pixels; ++p) {
      real* row = out + (n * pixels + p) * channels;
      if (beta == 0) {
        for (std::int64_t c = 0; c < channels; ++c) row[c] = scale * g[c];
      } else {
        for (std::int64_t c = 0; c < channels; ++c) row[c] += scale * g[c];
      }
    }
  });
}

Var global_avg_pool(Var x) {
  return x.tape->record(std::make_shared<GlobalAvgPoolOp>(), {x});
}

}  // namespace octet
