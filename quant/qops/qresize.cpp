#include "quant/qops/qresize.h"

#include "core/ops/resize_taps.h"
#include "int8/reference/xnnpack/float_resize.h"
#include "quant/lower_moves.h"

namespace octet::quant {

namespace {

std::vector<int8::BilinearTap> axis_taps(const Resize2dOp& op, std::int64_t in, int out,
                                         int8::Rounding rounding) {
  const auto size = static_cast<int>(in);
  if (op.interpolation == Interpolation::bilinear) {
    const auto taps = rounding == int8::Rounding::float_rounding ? int8::xnnpack::bilinear_taps
                                                                 : int8::bilinear_taps;
    return taps(size, out, resize_attributes(op));
  }
  std::vector<int8::BilinearTap> taps;
  for (const std::int32_t i : int8::nearest_indices(size, out, resize_attributes(op))) {
    taps.push_back({i, i, 1024, 0});
  }
  return taps;
}

PoolVector<ResizeTap> as_real(Pool& pool, const std::vector<int8::BilinearTap>& taps) {
  PoolVector<ResizeTap> out(pool);
  out.reserve(taps.size());
  for (const int8::BilinearTap& t : taps) {
    out.push_back({t.lo, t.hi,
                   static_cast<real>(t.weight_hi) / static_cast<real>(t.weight_lo + t.weight_hi)});
  }
  return out;
}

}  // namespace

const QResizeOp::Taps& QResizeOp::taps_of(const Shape& x) const {
  if (taps_.in_h != x[1] || taps_.in_w != x[2]) {
    taps_ = {x[1], x[2], axis_taps(*resize, x[1], resize->out_h, state->rounding),
             axis_taps(*resize, x[2], resize->out_w, state->rounding)};
  }
  return taps_;
}

Tensor QResizeOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return resize->forward(ctx, x, unused);
}

Tensor QResizeOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const Shape& in = x[0].shape();
  OCTET_CHECK(in.rank() == 4, "layer ", layer, ": expected an input [N, H, W, C], got ", in);
  const Taps& taps = taps_of(in);
  const bool nearest = resize->interpolation == Interpolation::nearest;
  const std::int64_t channels = in[3], line = in[2] * channels;
  const std::int64_t out_h = resize->out_h, out_w = resize->out_w;
  Tensor y = ctx.empty({in[0], out_h, out_w, channels}, ElementType::i8);
  const auto* px = x[0].data<std::int8_t>();
  auto* py = y.data<std::int8_t>();
  ctx.threads.run(in[0] * out_h, [&](std::int64_t r, int) {
    const int8::BilinearTap& v = taps.rows[static_cast<std::size_t>(r % out_h)];
    const std::int8_t* image = px + r / out_h * in[1] * line;
    const std::int8_t *top = image + v.lo * line, *bottom = image + v.hi * line;
    std::int8_t* codes = py + r * out_w * channels;
    for (const int8::BilinearTap& h : taps.columns) {
      const std::int64_t left = h.lo * channels, right = h.hi * channels;
      const std::int32_t w00 = v.weight_lo * h.weight_lo, w01 = v.weight_lo * h.weight_hi;
      const std::int32_t w10 = v.weight_hi * h.weight_lo, w11 = v.weight_hi * h.weight_hi;
      for (std::int64_t c = 0; c < channels; ++c) {
        *codes++ = nearest
                       ? top[left + c]
                       : int8::bilinear_round(w00 * top[left + c] + w01 * top[right + c] +
                                                  w10 * bottom[left + c] + w11 * bottom[right + c],
                                              state->rounding);
      }
    }
  });
  saved.extra = in;
  return y;
}

void QResizeOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& in = std::any_cast<const Shape&>(saved.extra);
  const Taps& taps = taps_of(in);
  resize_backward(ctx, in, as_real(ctx.pool, taps.rows), as_real(ctx.pool, taps.columns), dy,
                  *dx[0]);
}

int QResizeOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape&) const {
  return lower_resize(l, *resize, layer, inputs[0]);
}

}  // namespace octet::quant
