// Depthwise convolution: groups == in_c. A channel multiplier repeats the input's channels first.
#include <algorithm>

#include "core/kernels/common.h"
#include "core/kernels/conv/depthwise_rows.h"
#include "core/kernels/conv/gradients.h"
#include "core/kernels/conv/kernels.h"

namespace octet {
namespace {

std::int64_t taps(const ConvShape& s) {
  return std::int64_t{s.kernel_h} * s.kernel_w;
}

// [C, KH, KW, 1] -> [KH, KW, C]
void channels_last(const ConvShape& s, const ConvWeights& w, real* out) {
  for (std::int64_t c = 0; c < s.out_c; ++c) {
    for (std::int64_t t = 0; t < taps(s); ++t) {
      w.copy(c * taps(s) + t, 1, c, out + t * s.out_c + c);
    }
  }
}

}  // namespace

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

void depthwise_forward(Context& ctx, const ConvShape& s, const real* x, const real* w,
                       const real* bias, real* y) {
  if (s.in_c != s.out_c) {
    const ConvShape r = repeated(s);
    const Scratch wide(ctx, r.batch * r.in_h * r.in_w * r.in_c);
    repeat_channels(ctx, s, x, wide.get());
    depthwise_forward(ctx, r, wide.get(), w, bias, y);
    return;
  }
  const Scratch weights(ctx, taps(s) * s.out_c);
  channels_last(s, w, weights.get());
  const Gather g = forward_gather(s);
  ctx.threads.run(s.batch * s.out_h, [&](std::int64_t task, int) {
    const std::int64_t image = task / s.out_h, row = task % s.out_h;
    depthwise_row(ctx.isa, {g.h, g.w, x + image * s.in_h * s.in_w * s.out_c, weights.get(), row,
                            s.kernel_w * s.out_c, s.out_c, bias, s.out_c, 0,
                            y + (image * s.out_h + row) * s.out_w * s.out_c, s.out_c});
  });
}

namespace {

// A tile is a row of an image.
class DepthwiseInput final : public InputGradient {
 public:
  DepthwiseInput(Context& ctx, const ConvShape& s, const ConvWeights& w)
      : isa_(ctx.isa), shape_(s), weights_(ctx, taps(s) * s.out_c) {
    channels_last(s, w, weights_.get());
  }
  std::int64_t tiles(std::int64_t images) const override { return images * shape_.in_h; }
  std::int64_t room(std::int64_t) const override { return 0; }
  void run(std::int64_t, std::int64_t begin, std::int64_t end, const real* dy, real* dx, real beta,
           real*, Prefetch& prefetch) const noexcept override {
    const ConvShape& s = shape_;
    prefetch.begin_part(1);
    prefetch.spread(end - begin);
    const std::int64_t c = s.in_c, stride_w = s.stride_w;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t image = task / s.in_h, row = task % s.in_h;
      prefetch.step();
      for (std::int64_t v = 0; v < std::min(stride_w, s.in_w); ++v) {
        const BackwardPhase p = backward_phase(s, row % s.stride_h, v);
        depthwise_row(isa_, {p.gather.h, p.gather.w, dy + image * s.out_h * s.out_w * c,
                             weights_.get() + (p.tap_h * s.kernel_w + p.tap_w) * c,
                             row / s.stride_h, p.tap_step_h * s.kernel_w * c, p.tap_step_w * c,
                             nullptr, c, beta, dx + (task * s.in_w + v) * c, stride_w * c});
      }
    }
  }

 private:
  Isa isa_;
  ConvShape shape_;
  Scratch weights_;
};

// A tile is a row of an image. Codes become reals a band of rows at a time, which stays in the
// second-level cache.
class DepthwiseWeights final : public WeightsGradient {
 public:
  DepthwiseWeights(Isa isa, const ConvShape& s, bool codes)
      : isa_(isa), shape_(s), gather_(forward_gather(s)), line_(s.in_w * s.in_c) {
    depth = taps(s);
    width = s.out_c;
    most_partials = 32;
    if (!codes) return;
    constexpr std::int64_t band_values = 64 * 1024;
    const GatherAxis& h = gather_.h;
    const std::int64_t extent = h.at(0, h.taps - 1) - h.at(0, 0) + 1;
    const std::int64_t band =
        std::max<std::int64_t>((band_values / line_ - extent) / h.step + 1, 1);
    most_rows_ = std::min(band, s.out_h);
    room_ = ((most_rows_ - 1) * h.step + extent) * line_;
  }
  std::int64_t tiles(std::int64_t images) const override { return images * shape_.out_h; }
  std::int64_t room(std::int64_t) const override { return room_; }
  void run(std::int64_t, std::int64_t begin, std::int64_t end, const ConvInput& x, const real* dy,
           real* sum, real* scratch) const noexcept override {
    const ConvShape& s = shape_;
    const std::int64_t most_rows = x.reals ? s.out_h : most_rows_;
    for (std::int64_t i = begin, next = i; i < end; i = next) {
      const std::int64_t image = i / s.out_h * s.in_h * line_, row = i % s.out_h;
      next = std::min(end, i + std::min(most_rows, s.out_h - row));
      GatherAxis h = gather_.h;
      if (!x.reals) {
        const std::int64_t top = std::clamp<std::int64_t>(h.at(row, 0), 0, s.in_h);
        const std::int64_t bottom =
            std::clamp(h.at(row + next - i - 1, h.taps - 1) + 1, top, s.in_h);
        x.copy(image + top * line_, (bottom - top) * line_, scratch);
        h.source = bottom - top;
        h.first -= top;
      }
      const real* const from = x.reals ? x.reals + image : scratch;
      for (std::int64_t r = i; r < next; ++r) {
        depthwise_weights_row(
            isa_, {h, gather_.w, from, dy + r * s.out_w * s.out_c, row + r - i, s.out_c, sum});
      }
    }
  }

 private:
  Isa isa_;
  ConvShape shape_;
  Gather gather_;
  std::int64_t line_, most_rows_ = 0, room_ = 0;
};

}  // namespace

std::unique_ptr<InputGradient> depthwise_input_gradient(Context& ctx, const ConvShape& s,
                                                        const ConvWeights& w) {
  return std::make_unique<DepthwiseInput>(ctx, s, w);
}

std::unique_ptr<WeightsGradient> depthwise_weights_gradient(Isa isa, const ConvShape& s,
                                                            const ConvInput& x) {
  return std::make_unique<DepthwiseWeights>(isa, s, !x.reals);
}

}  // namespace octet
