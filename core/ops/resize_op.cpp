// Nearest and bilinear resampling.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/kernels/common.h"
#include "core/ops/ops.h"
#include "core/ops/resize_taps.h"

namespace octet {

namespace {

/// The pixel next to `at` that `mode` takes.
double nearest_to(double at, NearestMode mode) {
  switch (mode) {
    case NearestMode::round_prefer_floor:
      return std::ceil(at - 0.5);
    case NearestMode::round_prefer_ceil:
      return std::floor(at + 0.5);
    case NearestMode::ceil:
      return std::ceil(at);
    case NearestMode::floor:
    case NearestMode::tflite:
      break;
  }
  return std::floor(at);
}

/// In float, as TFLite computes it.
std::int64_t tflite_nearest(int i, std::int64_t in, int out, Coordinates coordinates) {
  const bool align = coordinates == Coordinates::align_corners;
  const float scale = align && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                       : static_cast<float>(in) / static_cast<float>(out);
  const float centre = coordinates == Coordinates::half_pixel ? 0.5f : 0.0f;
  const float at = (static_cast<float>(i) + centre) * scale;
  return static_cast<std::int64_t>(align ? std::round(at) : std::floor(at));
}

/// Where output pixel i lies in the input.
double place_of(int i, std::int64_t in, int out, double scale, Coordinates coordinates) {
  const double step = scale > 0 ? 1 / scale : static_cast<double>(in) / static_cast<double>(out);
  switch (coordinates) {
    case Coordinates::align_corners:
      return out > 1 ? i * (static_cast<double>(in - 1) / (out - 1)) : 0;
    case Coordinates::pytorch_half_pixel:
      if (out == 1) return 0;
      [[fallthrough]];
    case Coordinates::half_pixel:
      return (i + 0.5) * step - 0.5;
    case Coordinates::asymmetric:
      break;
  }
  return i * step;
}

PoolVector<ResizeTap> taps(Pool& pool, std::int64_t in, int out, double scale,
                           const Resize2dOp& op) {
  const NearestMode mode = op.options.nearest_mode;
  PoolVector<ResizeTap> taps(pool);
  taps.reserve(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    if (op.interpolation == Interpolation::nearest && mode == NearestMode::tflite) {
      const std::int64_t inside =
          std::clamp<std::int64_t>(tflite_nearest(i, in, out, op.coordinates), 0, in - 1);
      taps.push_back({inside, inside, 0});
      continue;
    }
    double at = place_of(i, in, out, scale, op.coordinates);
    if (op.interpolation == Interpolation::nearest) at = nearest_to(at, mode);
    const double bounded = std::clamp(at, 0.0, static_cast<double>(in - 1));
    const auto lo = static_cast<std::int64_t>(bounded);
    taps.push_back(
        {lo, std::min(lo + 1, in - 1), static_cast<real>(bounded - static_cast<double>(lo))});
  }
  return taps;
}

}  // namespace

PoolVector<ResizeTap> row_taps(Pool& pool, std::int64_t in, const Resize2dOp& op) {
  return taps(pool, in, op.out_h, op.options.scale_h, op);
}

PoolVector<ResizeTap> column_taps(Pool& pool, std::int64_t in, const Resize2dOp& op) {
  return taps(pool, in, op.out_w, op.options.scale_w, op);
}

Resize2dOp::Resize2dOp(int h, int w, Interpolation i, Coordinates c, const ResizeOptions& o)
    : out_h(h), out_w(w), interpolation(i), coordinates(c), options(o) {
  OCTET_CHECK(out_h >= 1 && out_w >= 1, "resize2d: expected a size >= 1, got ", out_h, " x ",
              out_w);
  for (const double scale : {o.scale_h, o.scale_w}) {
    OCTET_CHECK(std::isfinite(scale) && scale >= 0, "resize2d: expected a scale >= 0, got ", scale);
  }
}

std::string Resize2dOp::attributes() const {
  constexpr const char* names[] = {"asymmetric", "half_pixel", "align_corners",
                                   "pytorch_half_pixel"};
  constexpr const char* modes[] = {"tflite", "round_prefer_floor", "round_prefer_ceil", "floor",
                                   "ceil"};
  std::ostringstream s;
  s << "size=" << out_h << 'x' << out_w
    << (interpolation == Interpolation::nearest ? ", nearest, " : ", bilinear, ")
    << names[static_cast<int>(coordinates)];
  if (options.nearest_mode != NearestMode::tflite) {
    s << ", " << modes[static_cast<int>(options.nearest_mode)];
  }
  if (options.scale_h != 0 || options.scale_w != 0) {
    s << std::setprecision(17) << ", scale=" << options.scale_h << 'x' << options.scale_w;
  }
  return s.str();
}

Tensor Resize2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_rank(name(), "x", x[0], 4, "[N, H, W, C]");
  const Shape& in = x[0].shape();
  OCTET_CHECK(in[1] > 0 && in[2] > 0, "resize2d: x: expected an image, got ", in);
  const auto rows = row_taps(ctx.pool, in[1], *this);
  const auto columns = column_taps(ctx.pool, in[2], *this);
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
      if (interpolation == Interpolation::nearest) {
        out = std::copy_n(top + h.lo * channels, channels, out);
        continue;
      }
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
  resize_backward(ctx, in, row_taps(ctx.pool, in[1], *this), column_taps(ctx.pool, in[2], *this),
                  dy, *dx[0]);
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

Var resize_nearest(Var x, int out_h, int out_w, Coordinates c, const ResizeOptions& options) {
  return x.tape->record(
      std::make_shared<Resize2dOp>(out_h, out_w, Interpolation::nearest, c, options), {x});
}

Var resize_bilinear(Var x, int out_h, int out_w, Coordinates c, const ResizeOptions& options) {
  return x.tape->record(
      std::make_shared<Resize2dOp>(out_h, out_w, Interpolation::bilinear, c, options), {x});
}

}  // namespace octet
