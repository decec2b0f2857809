// dx of a direct convolution with a stride, a phase at a time: the pixels of one phase are dy
// through every stride-th tap of the flipped kernel, with stride 1. Floats only.
#ifndef OCTET_REAL_DOUBLE
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/simd/simd.h"
#include "core/kernels/common.h"
#include "core/kernels/conv/direct_weights.h"
#include "core/kernels/conv/gather.h"
#include "core/kernels/conv/gradients.h"

namespace octet {
namespace {

struct Phase {
  Phase(const ConvShape& s, std::int64_t h, std::int64_t w)
      : first_h(h), first_w(w), from(backward_phase(s, h, w)), shape(s) {
    const GatherAxis &a = from.gather.h, &b = from.gather.w;
    std::swap(shape.in_c, shape.out_c);
    shape.in_h = s.out_h;
    shape.in_w = s.out_w;
    shape.out_h = a.grid;
    shape.out_w = b.grid;
    const auto size = [](std::int64_t n) { return static_cast<int>(n); };
    shape.kernel_h = size(a.taps);
    shape.kernel_w = size(b.taps);
    shape.stride_h = shape.stride_w = 1;
    shape.dilation_h = size(std::abs(a.next));
    shape.dilation_w = size(std::abs(b.next));
    shape.pad_top = size(-lowest(a));
    shape.pad_left = size(-lowest(b));
  }

  // Where the taps of grid pixel 0 begin.
  static std::int64_t lowest(const GatherAxis& a) {
    return a.first + std::min<std::int64_t>(0, (a.taps - 1) * a.next);
  }
  // The kernel's tap for tap t of `shape`.
  static std::int64_t tap(const GatherAxis& a, std::int64_t first, std::int64_t step,
                          std::int64_t t) {
    return first + (a.next < 0 ? a.taps - 1 - t : t) * step;
  }
  std::int64_t taps() const { return from.gather.h.taps * from.gather.w.taps; }
  bool empty() const { return shape.out_h == 0 || shape.out_w == 0; }
  bool fits(Isa isa) const {
    return empty() || taps() == 0 ||
           (direct_fits(isa, shape, shape.out_c) && shape.pad_top >= 0 && shape.pad_left >= 0);
  }

  std::int64_t first_h, first_w;
  BackwardPhase from;
  ConvShape shape;
};

// values [count, in_c]: pixels of the phase from number `first` on, counted over the batch; null
// stands for zeros.
void scatter(const ConvShape& s, const Phase& p, std::int64_t first, std::int64_t count,
             const real* values, real* dx, real beta) {
  const std::int64_t width = p.shape.out_w;
  for (std::int64_t q = first; q < first + count; ++q) {
    const std::int64_t row = q / width, image = row / p.shape.out_h;
    const std::int64_t y = p.first_h + row % p.shape.out_h * s.stride_h;
    const std::int64_t x = p.first_w + q % width * s.stride_w;
    real* to = dx + ((image * s.in_h + y) * s.in_w + x) * s.in_c;
    if (!values) {
      std::fill_n(to, s.in_c, real(0));
      continue;
    }
    const real* from = values + (q - first) * s.in_c;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < s.in_c; ++c) to[c] = beta == 0 ? from[c] : to[c] + from[c];
  }
}

// The weights of a phase's convolution, whose plan is `p`.
Scratch phase_weights(Context& ctx, const ConvShape& s, const Phase& phase, const DirectPlan& p,
                      const ConvWeights& w) {
  const BackwardPhase& from = phase.from;
  const GatherAxis &h = from.gather.h, &v = from.gather.w;
  return direct_weights(ctx, p, phase.taps() * s.out_c,
                        [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
                          for (std::int64_t i = 0; i < h.taps; ++i) {
                            const std::int64_t row = Phase::tap(h, from.tap_h, from.tap_step_h, i);
                            for (std::int64_t j = 0; j < v.taps; ++j) {
                              const std::int64_t tap =
                                  row * s.kernel_w + Phase::tap(v, from.tap_w, from.tap_step_w, j);
                              for (std::int64_t o = 0; o < s.out_c; ++o, to += block) {
                                w.copy(o * s.weights_per_channel() + tap * s.in_c + c, n, o, to);
                              }
                            }
                          }
                        });
}

class StridedInput final : public InputGradient {
 public:
  StridedInput(Context& ctx, const ConvShape& s, const ConvWeights& w) : shape_(s) {
    for (std::int64_t h = 0; h < s.stride_h; ++h) {
      for (std::int64_t v = 0; v < s.stride_w; ++v) {
        const Phase phase(s, h, v);
        if (phase.empty()) continue;
        Part part{phase, {}};
        if (phase.taps() > 0) {
          const DirectPlan p(*direct_kernels(ctx.isa), phase.shape);
          part.product.emplace(Product{p, phase_weights(ctx, s, phase, p, w)});
        }
        parts_.push_back(std::move(part));
      }
    }
  }
  static bool fits(Isa isa, const ConvShape& s) {
    for (std::int64_t h = 0; h < s.stride_h; ++h) {
      for (std::int64_t v = 0; v < s.stride_w; ++v) {
        if (!Phase(s, h, v).fits(isa)) return false;
      }
    }
    return true;
  }

  std::int64_t tiles(std::int64_t images) const override {
    std::int64_t all = 0;
    for (const Part& part : parts_) all += part.tiles(images);
    return all;
  }
  std::int64_t room(std::int64_t images) const override {
    std::int64_t most = 0;
    for (const Part& part : parts_) {
      if (!part.product) continue;
      const DirectPlan p = part.plan(images);
      most = std::max(most, p.room_for(false) + p.rows * p.shape.out_w * shape_.in_c);
    }
    return most;
  }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const real* dy, real* dx,
           real beta, real* scratch, Prefetch&) const noexcept override {
    std::int64_t first = 0;  // tile of the part
    for (const Part& part : parts_) {
      const std::int64_t n = part.tiles(images);
      const std::int64_t from = std::max(begin - first, std::int64_t{0});
      const std::int64_t to = std::min(end - first, n);
      if (from < to) run_part(part, images, from, to, dy, dx, beta, scratch);
      first += n;
    }
  }

 private:
  struct Product {
    DirectPlan whole;  // of all images
    Scratch weights;
  };
  struct Part {
    Phase phase;
    std::optional<Product> product;  // none: the phase's pixels reach no output
    DirectPlan plan(std::int64_t images) const {
      return images == phase.shape.batch
                 ? product->whole
                 : DirectPlan(*product->whole.kernels, of_images(phase.shape, images));
    }
    std::int64_t tiles(std::int64_t images) const {
      return product ? plan(images).all_tiles() : images;
    }
  };

  void run_part(const Part& part, std::int64_t images, std::int64_t begin, std::int64_t end,
                const real* dy, real* dx, real beta, real* scratch) const noexcept {
    if (!part.product) {
      const std::int64_t pixels = part.phase.shape.out_h * part.phase.shape.out_w;
      if (beta != 0) return;
      scatter(shape_, part.phase, begin * pixels, (end - begin) * pixels, nullptr, dx, beta);
      return;
    }
    const DirectPlan p = part.plan(images);
    real* const values = scratch + p.room_for(false);
    for (std::int64_t task = begin; task < end; ++task) {
      const DirectRows rows = p.tile(dy, task, scratch);
      p.kernels->forward(rows, part.product->weights.get(), nullptr, 0, values);
      scatter(shape_, part.phase, p.output(task) / shape_.in_c, rows.rows * rows.cols, values, dx,
              beta);
    }
  }

  ConvShape shape_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<InputGradient> strided_input_gradient(Context& ctx, const ConvShape& s,
                                                      const ConvWeights& w) {
  return StridedInput::fits(ctx.isa, s) ? std::make_unique<StridedInput>(ctx, s, w) : nullptr;
}

}  // namespace octet
#endif
