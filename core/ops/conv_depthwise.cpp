// Depthwise convolution: groups == in_c. A channel multiplier repeats the input's channels first.
#include <algorithm>

#include "core/ops/common.h"
#include "core/ops/conv_kernels.h"
#include "core/ops/depthwise_rows.h"

namespace octet {
namespace {

std::int64_t taps(const ConvShape& s) {
  return std::int64_t{s.window.kernel_h} * s.window.kernel_w;
}

// [C, KH, KW, 1] -> [KH, KW, C]
void channels_last(const ConvShape& s, const ConvWeights& w, real* out) {
  for (std::int64_t c = 0; c < s.out_c; ++c) {
    for (std::int64_t t = 0; t < taps(s); ++t) {
      w.copy(c * taps(s) + t, 1, c, out + t * s.out_c + c);
    }
  }
}

// The same convolution with every input channel repeated out_c / in_c times.
ConvShape repeated(const ConvShape& s) {
  ConvShape r = s;
  r.in_c = s.out_c;
  r.groups = static_cast<int>(s.out_c);
  return r;
}

void repeat_channels(Context& ctx, const ConvShape& s, const real* x, real* out) {
  const std::int64_t times = s.out_c / s.in_c;
  for_blocks(ctx, s.batch * s.in_h * s.in_w * s.in_c, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) std::fill_n(out + i * times, times, x[i]);
  });
}

// x, or its repeated channels in `scratch`.
const real* inputs(Context& ctx, const ConvShape& s, const real* x, const Scratch& scratch) {
  if (s.in_c == s.out_c) return x;
  repeat_channels(ctx, s, x, scratch.get());
  return scratch.get();
}

std::int64_t repeated_size(const ConvShape& s) {
  return s.in_c == s.out_c ? 0 : s.batch * s.in_h * s.in_w * s.out_c;
}

}  // namespace

void depthwise_forward(Context& ctx, const ConvShape& s, const real* x, const real* w,
                       const real* bias, real* y) {
  const Scratch weights(ctx, taps(s) * s.out_c), wide(ctx, repeated_size(s));
  channels_last(s, w, weights.get());
  const real* source = inputs(ctx, s, x, wide);
  const Gather g = forward_gather(repeated(s));
  ctx.threads.run(s.batch * s.out_h, [&](std::int64_t task, int) {
    const std::int64_t image = task / s.out_h, row = task % s.out_h;
    depthwise_row({g.h, g.w, source + image * s.in_h * s.in_w * s.out_c, weights.get(), row,
                   s.window.kernel_w * s.out_c, s.out_c, bias, s.out_c, 0,
                   y + (image * s.out_h + row) * s.out_w * s.out_c, s.out_c});
  });
}

void depthwise_backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w,
                              const real* dy, real* dx, real beta) {
  const Scratch weights(ctx, taps(s) * s.out_c), wide(ctx, repeated_size(s));
  channels_last(s, w, weights.get());
  const std::int64_t times = s.out_c / s.in_c, stride_w = s.window.stride_w;
  const ConvShape r = repeated(s);
  real* out = times == 1 ? dx : wide.get();
  ctx.threads.run(s.batch * s.in_h, [&](std::int64_t task, int) {
    const std::int64_t image = task / s.in_h, row = task % s.in_h;
    for (std::int64_t v = 0; v < std::min(stride_w, s.in_w); ++v) {
      const BackwardPhase p = backward_phase(r, row % s.window.stride_h, v);
      depthwise_row({p.gather.h, p.gather.w, dy + image * s.out_h * s.out_w * s.out_c,
                     weights.get() + (p.tap_h * s.window.kernel_w + p.tap_w) * s.out_c,
                     row / s.window.stride_h, p.tap_step_h * s.window.kernel_w * s.out_c,
                     p.tap_step_w * s.out_c, nullptr, s.out_c, times == 1 ? beta : real(0),
                     out + ((image * s.in_h + row) * s.in_w + v) * s.out_c, stride_w * s.out_c});
    }
  });
  if (times == 1) return;
  for_blocks(ctx, s.batch * s.in_h * s.in_w * s.in_c, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      real sum = 0;
      for (std::int64_t m = 0; m < times; ++m) sum += out[i * times + m];
      dx[i] = beta == 0 ? sum : dx[i] + sum;
    }
  });
}

// One partial sum for each of a fixed number of runs of rows, added in order.
void depthwise_backward_weights(Context& ctx, const ConvShape& s, const ConvInput& x,
                                const real* dy, real* dw, real beta) {
  const Scratch wide(ctx, x.reals ? repeated_size(s) : 0);
  const real* source = x.reals ? inputs(ctx, s, x.reals, wide) : nullptr;
  const Gather g = forward_gather(repeated(s));
  const std::int64_t line = s.in_w * s.out_c, extent = g.h.at(0, g.h.taps - 1) - g.h.at(0, 0) + 1;
  // Codes become reals a band of rows at a time, which stays in the second-level cache.
  constexpr std::int64_t band_values = 64 * 1024;
  const std::int64_t most_rows =
      source ? s.out_h : std::max<std::int64_t>((band_values / line - extent) / g.h.step + 1, 1);
  const std::int64_t room = source ? 0 : ((most_rows - 1) * g.h.step + extent) * line;
  const Scratch reals(ctx, room * ctx.threads.size());
  const std::int64_t rows = s.batch * s.out_h, size = taps(s) * s.out_c;
  const std::int64_t run = std::max<std::int64_t>(1, ceil_div(rows, 32));
  const std::int64_t partials = ceil_div(rows, run);
  const Scratch sums(ctx, partials * size);
  ctx.threads.run(partials, [&](std::int64_t task, int worker) {
    real* sum = sums.get() + task * size;
    std::fill_n(sum, size, real(0));
    const std::int64_t last = std::min(rows, (task + 1) * run);
    for (std::int64_t i = task * run, next = i; i < last; i = next) {
      const std::int64_t image = i / s.out_h * s.in_h * line, row = i % s.out_h;
      next = std::min(last, i + std::min(most_rows, s.out_h - row));
      GatherAxis h = g.h;
      const real* from = source ? source + image : reals.get() + worker * room;
      if (!source) {
        const std::int64_t top = std::clamp<std::int64_t>(h.at(row, 0), 0, s.in_h);
        const std::int64_t bottom =
            std::clamp(h.at(row + next - i - 1, h.taps - 1) + 1, top, s.in_h);
        x.copy(image + top * line, (bottom - top) * line, reals.get() + worker * room);
        h.source = bottom - top;
        h.first -= top;
      }
      for (std::int64_t r = i; r < next; ++r) {
        depthwise_weights_row(
            {h, g.w, from, dy + r * s.out_w * s.out_c, row + r - i, s.out_c, sum});
      }
    }
  });
  add_partial_sums(ctx, {sums.get(), partials, taps(s), s.out_c}, s.out_c, dw, beta);
}

}  // namespace octet
