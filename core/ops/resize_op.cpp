// Nearest and bilinear resampling.
#include <algorithm>
#include <cmath>

#include "core/kernels/common.h"
#include "core/ops/ops.h"
#include "core/ops/resize_taps.h"

namespace octet {

PoolVector<ResizeTap> resize_taps(Pool& pool, std::int64_t in, int out, Interpolation interpolation,
                                  Coordinates coordinates) {
  const bool align = coordinates == Coordinates::align_corners && out > 1;
  const bool half = coordinates == Coordinates::half_pixel;
  // Nearest as TFLite computes it, in float.
  const float scale = align ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                            : static_cast<float>(in) / static_cast<float>(out);
  const double exact_scale = align ? static_cast<double>(in - 1) / (out - 1)
                                   : static_cast<double>(in) / static_cast<double>(out);
  PoolVector<ResizeTap> taps(pool);
  taps.reserve(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    if (interpolation == Interpolation::nearest) {
      const float at = (static_cast<float>(i) + (half ? 0.5f : 0.0f)) * scale;
      const bool round = coordinates == Coordinates::align_corners;
      const auto index = static_cast<std::int64_t>(round ? std::round(at) : std::floor(at));
      const std::int64_t inside = std::clamp<std::int64_t>(index, 0, in - 1);
      taps.push_back({inside, inside, 0});
      continue;
    }
    const double at = half ? (i + 0.5) * exact_scale - 0.5 : i * exact_scale;
    const double bounded = std::clamp(at, 0.0, static_cast<double>(in - 1));
    const auto lo = static_cast<std::int64_t>(bounded);
    taps.push_back(
        {lo, std::min(lo + 1, in - 1), static_cast<real>(bounded - static_cast<double>(lo))});
  }
  return taps;
}

Resize2dOp::Resize2dOp(int h, int w, Interpolation i, Coordinates c)
    : out_h(h), out_w(w), interpolation(i), coordinates(c) {
  OCTET_CHECK(out_h >= 1 && out_w >= 1, "resize2d: expected a size >= 1, got ", out_h, " x ",
              out_w);
}

std::string Resize2dOp::attributes() const {
  constexpr const char* names[] = {"asymmetric", "half_pixel", "align_corners"};
  return "size=" + std::to_string(out_h) + "x" + std::to_string(out_w) +
         (interpolation == Interpolation::nearest ? ", nearest, " : ", bilinear, ") +
         names[static_cast<int>(coordinates)];
}

Tensor Resize2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_rank(name(), "x", x[0], 4, "[N, H, W, C]");
  const Shape& in = x[0].shape();
  OCTET_CHECK(in[1] > 0 && in[2] > 0, "resize2d: x: expected an image, got ", in);
  const auto rows = resize_taps(ctx.pool, in[1], out_h, interpolation, coordinates);
  const auto columns = resize_taps(ctx.pool, in[2], out_w, interpolation, coordinates);
  const std::int64_t channels = in[3], line = in[2] * channels;
  Tensor y = ctx.empty({in[0], out_h, out_w, channels});
  const real* px = x[0].r();
  real* py = y.r();
  ctx.threads.run(in[0] * out_h, [&](std::int64_t r, int) {
    const ResizeTap& v = rows[static_cast<std::size_t>(r % out_h)];
    const real* image = px + r / out_h * in[1] * line;
    const real *top = image + v.lo * line, *bottom = image + v.hi * line;
    real* out = py + r * out_w * channels;
    for (const ResizeTap& h : columns) {
      const std::int64_t left = h.lo * channels, right = h.hi * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        const real above = top[left + c] + h.weight * (top[right + c] - top[left + c]);
        const real below = bottom[left + c] + h.weight * (bottom[right + c] - bottom[left + c]);
        *out++ = above + v.weight * (below - above);
      }
    }
  });
  saved.extra = in;
  return y;
}

void Resize2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& in = std::any_cast<const Shape&>(saved.extra);
  resize_backward(ctx, in, resize_taps(ctx.pool, in[1], out_h, interpolation, coordinates),
                  resize_taps(ctx.pool, in[2], out_w, interpolation, coordinates), dy, *dx[0]);
}

void resize_backward(Context& ctx, const Shape& x, std::span<const ResizeTap> rows,
                     std::span<const ResizeTap> columns, const Tensor& dy, Grad& dx) {
  real beta;
  real* out = dx.accumulate(x, ctx, beta);
  if (beta == 0) std::fill_n(out, x.numel(), real(0));
  const std::int64_t channels = x[3], line = x[2] * channels;
  const real* g = dy.r();
  ctx.threads.run(x[0], [&](std::int64_t n, int) {
    const real* from = g + n * (dy.numel() / x[0]);
    real* image = out + n * x[1] * line;
    for (const ResizeTap& v : rows) {
      real *top = image + v.lo * line, *bottom = image + v.hi * line;
      for (const ResizeTap& h : columns) {
        const std::int64_t left = h.lo * channels, right = h.hi * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          const real above = (1 - v.weight) * from[c], below = v.weight * from[c];
          top[left + c] += (1 - h.weight) * above;
          top[right + c] += h.weight * above;
          bottom[left + c] += (1 - h.weight) * below;
          bottom[right + c] += h.weight * below;
        }
        from += channels;
      }
    }
  });
}

Var resize_nearest(Var x, int out_h, int out_w, Coordinates c) {
  return x.tape->record(std::make_shared<Resize2dOp>(out_h, out_w, Interpolation::nearest, c), {x});
}

Var resize_bilinear(Var x, int out_h, int out_w, Coordinates c) {
  return x.tape->record(std::make_shared<Resize2dOp>(out_h, out_w, Interpolation::bilinear, c),
                        {x});
}

}  // namespace octet
