// The gradients of direct convolutions: floats only.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "core/ops/common.h"
#include "core/ops/conv_direct.h"
#include "core/ops/conv_direct_weights.h"
#include "core/ops/conv_gather.h"
#include "core/ops/conv_gradients.h"

namespace octet {

#ifdef OCTET_REAL_DOUBLE

decltype(&dense_backward_input) direct_backward_groups(const ConvShape&) noexcept {
  return nullptr;
}
std::unique_ptr<InputGradient> direct_input_gradient(Context&, const ConvShape&,
                                                     const ConvWeights&) {
  return nullptr;
}
std::unique_ptr<WeightsGradient> direct_weights_gradient(const ConvShape&, const ConvInput&) {
  return nullptr;
}

#else

namespace {

ConvShape of_images(ConvShape s, std::int64_t images) {
  s.batch = images;
  return s;
}

// dx of a convolution with stride 1: dy, padded, through the flipped kernel.
ConvShape transposed(const ConvShape& s) {
  const Window2d& v = s.window;
  ConvShape t = s;
  std::swap(t.in_h, t.out_h);
  std::swap(t.in_w, t.out_w);
  std::swap(t.in_c, t.out_c);
  t.window.padding.top = (v.kernel_h - 1) * v.dilation_h - v.padding.top;
  t.window.padding.left = (v.kernel_w - 1) * v.dilation_w - v.padding.left;
  return t;
}

// The weights of transposed(s), for direct_weights().
auto flipped(const ConvShape& s, const ConvWeights& w) {
  return [s, w](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
    const std::int64_t taps = std::int64_t{s.window.kernel_h} * s.window.kernel_w;
    for (std::int64_t t = 0; t < taps; ++t) {
      for (std::int64_t o = 0; o < s.out_c; ++o, to += block) {
        w.copy((o * taps + taps - 1 - t) * s.in_c + c, n, o, to);
      }
    }
  };
}

std::int64_t flipped_depth(const ConvShape& s) {
  return std::int64_t{s.window.kernel_h} * s.window.kernel_w * s.out_c;
}

void backward_groups(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                     real* dx, real beta) {
  direct_run_groups(ctx, DirectPlan(transposed(s)), flipped_depth(s), flipped(s, w), dy, nullptr,
                    beta, dx);
}

class UnitStrideInput final : public InputGradient {
 public:
  UnitStrideInput(Context& ctx, const ConvShape& s, const ConvWeights& w)
      : shape_(transposed(s)),
        weights_(direct_weights(ctx, DirectPlan(shape_), flipped_depth(s), flipped(s, w))) {}

  std::int64_t tiles(std::int64_t images) const override { return plan(images).all_tiles(); }
  std::int64_t room(std::int64_t images) const override { return plan(images).room_for(false); }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const real* dy, real* dx,
           real beta, real* scratch) const noexcept override {
    const DirectPlan p = plan(images);
    for (std::int64_t task = begin; task < end; ++task) {
      const DirectRows rows = p.tile(dy, task, scratch);
      direct_kernels()->forward(rows, weights_.get(), nullptr, beta, dx + p.output(task));
    }
  }

 private:
  DirectPlan plan(std::int64_t images) const { return DirectPlan(of_images(shape_, images)); }

  ConvShape shape_;
  Scratch weights_;
};

// Of a convolution with a stride, a phase at a time: the pixels of one phase are dy through
// every stride-th tap of the flipped kernel, with stride 1.
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
    shape.window = {size(a.taps),           size(b.taps),           1, 1,
                    size(std::abs(a.next)), size(std::abs(b.next)), {}};
    shape.window.padding.top = size(-lowest(a));
    shape.window.padding.left = size(-lowest(b));
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
  bool fits() const {
    return empty() || taps() == 0 ||
           (direct_fits(shape, shape.out_c) && shape.window.padding.top >= 0 &&
            shape.window.padding.left >= 0);
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
    const std::int64_t y = p.first_h + row % p.shape.out_h * s.window.stride_h;
    const std::int64_t x = p.first_w + q % width * s.window.stride_w;
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

// The weights of a phase's convolution.
Scratch phase_weights(Context& ctx, const ConvShape& s, const Phase& phase, const ConvWeights& w) {
  const BackwardPhase& from = phase.from;
  const GatherAxis &h = from.gather.h, &v = from.gather.w;
  return direct_weights(ctx, DirectPlan(phase.shape), phase.taps() * s.out_c,
                        [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
                          for (std::int64_t i = 0; i < h.taps; ++i) {
                            const std::int64_t row = Phase::tap(h, from.tap_h, from.tap_step_h, i);
                            for (std::int64_t j = 0; j < v.taps; ++j) {
                              const std::int64_t tap =
                                  row * s.window.kernel_w +
                                  Phase::tap(v, from.tap_w, from.tap_step_w, j);
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
    for (std::int64_t h = 0; h < s.window.stride_h; ++h) {
      for (std::int64_t v = 0; v < s.window.stride_w; ++v) {
        const Phase phase(s, h, v);
        if (phase.empty()) continue;
        parts_.push_back({phase, phase.taps() == 0 ? std::optional<Scratch>()
                                                   : phase_weights(ctx, s, phase, w)});
      }
    }
  }
  static bool fits(const ConvShape& s) {
    for (std::int64_t h = 0; h < s.window.stride_h; ++h) {
      for (std::int64_t v = 0; v < s.window.stride_w; ++v) {
        if (!Phase(s, h, v).fits()) return false;
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
      if (!part.weights) continue;
      const DirectPlan p = part.plan(images);
      most = std::max(most, p.room_for(false) + p.rows * p.shape.out_w * shape_.in_c);
    }
    return most;
  }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const real* dy, real* dx,
           real beta, real* scratch) const noexcept override {
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
  struct Part {
    Phase phase;
    std::optional<Scratch> weights;  // none: the phase's pixels reach no output
    DirectPlan plan(std::int64_t images) const {
      return DirectPlan(of_images(phase.shape, images));
    }
    std::int64_t tiles(std::int64_t images) const {
      return weights ? plan(images).all_tiles() : images;
    }
  };

  void run_part(const Part& part, std::int64_t images, std::int64_t begin, std::int64_t end,
                const real* dy, real* dx, real beta, real* scratch) const noexcept {
    if (!part.weights) {
      const std::int64_t pixels = part.phase.shape.out_h * part.phase.shape.out_w;
      if (beta != 0) return;
      scatter(shape_, part.phase, begin * pixels, (end - begin) * pixels, nullptr, dx, beta);
      return;
    }
    const DirectPlan p = part.plan(images);
    real* const values = scratch + p.room_for(false);
    for (std::int64_t task = begin; task < end; ++task) {
      const DirectRows rows = p.tile(dy, task, scratch);
      direct_kernels()->forward(rows, part.weights->get(), nullptr, 0, values);
      scatter(shape_, part.phase, p.output(task) / shape_.in_c, rows.rows * rows.cols, values, dx,
              beta);
    }
  }

  ConvShape shape_;
  std::vector<Part> parts_;
};

class DirectWeightsGradient final : public WeightsGradient {
 public:
  DirectWeightsGradient(const ConvShape& s, bool codes) : shape_(s), codes_(codes) {
    depth = s.weights_per_channel();
    width = plan(s.batch).w_channels;
    most_partials = std::clamp<std::int64_t>((1 << 20) / (depth * width), 4, 16);
  }
  static bool fits(const ConvShape& s) {
    // The sums are read and written once an image: that must be little beside the products.
    constexpr std::int64_t most_sums = 128 * 1024;
    if (!direct_fits(s, s.out_c) || s.out_c * s.weights_per_channel() > most_sums) return false;
    const ConvShape rows = DirectPlan(s, pixels(s)).shape;
    return rows.out_h * rows.out_w >= 64;
  }

  std::int64_t tiles(std::int64_t images) const override { return plan(images).all_tiles(); }
  std::int64_t room(std::int64_t images) const override { return plan(images).room_for(codes_); }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const ConvInput& x,
           const real* dy, real* sum, real* scratch) const noexcept override {
    const DirectPlan p = plan(images);
    for (std::int64_t task = begin; task < end; ++task) {
      direct_kernels()->backward_weights(p.tile(x, task, scratch), dy + p.output(task), sum);
    }
  }

 private:
  // Of a 1x1 convolution's tile: a block of channels of dy stays in the first-level cache.
  static std::int64_t pixels(const ConvShape& s) {
    return std::max<std::int64_t>(192, 16 * 1024 / (s.in_c + s.out_c));
  }
  DirectPlan plan(std::int64_t images) const {
    return DirectPlan(of_images(shape_, images), pixels(shape_));
  }

  ConvShape shape_;
  bool codes_;
};

}  // namespace

decltype(&dense_backward_input) direct_backward_groups(const ConvShape& s) noexcept {
  const bool unit = s.window.stride_h == 1 && s.window.stride_w == 1;
  if (!unit || !direct_fits(s, s.in_c)) return nullptr;
  const ConvShape t = transposed(s);
  if (t.window.padding.top < 0 || t.window.padding.left < 0) return nullptr;
  return direct_by_groups(DirectPlan(t), flipped_depth(s)) ? backward_groups : nullptr;
}

std::unique_ptr<InputGradient> direct_input_gradient(Context& ctx, const ConvShape& s,
                                                     const ConvWeights& w) {
  if (!direct_fits(s, s.in_c)) return nullptr;
  if (s.window.stride_h != 1 || s.window.stride_w != 1) {
    return StridedInput::fits(s) ? std::make_unique<StridedInput>(ctx, s, w) : nullptr;
  }
  const Padding2d p = transposed(s).window.padding;
  return p.top >= 0 && p.left >= 0 ? std::make_unique<UnitStrideInput>(ctx, s, w) : nullptr;
}

std::unique_ptr<WeightsGradient> direct_weights_gradient(const ConvShape& s, const ConvInput& x) {
  return DirectWeightsGradient::fits(s) ? std::make_unique<DirectWeightsGradient>(s, !x.reals)
                                        : nullptr;
}

#endif

}  // namespace octet
