// The gradients of direct convolutions: floats only.
#include <algorithm>

#include "core/kernels/common.h"
#include "core/kernels/conv/direct.h"
#include "core/kernels/conv/direct_weights.h"
#include "core/kernels/conv/gradients.h"

namespace octet {

#ifdef OCTET_REAL_DOUBLE

decltype(&dense_backward_input) direct_backward_groups(Isa, const ConvShape&) noexcept {
  return nullptr;
}
std::unique_ptr<InputGradient> direct_input_gradient(Context&, const ConvShape&,
                                                     const ConvWeights&) {
  return nullptr;
}
std::unique_ptr<WeightsGradient> direct_weights_gradient(Isa, const ConvShape&, const ConvInput&) {
  return nullptr;
}

#else

namespace {

// dx of a convolution with stride 1: dy, padded, through the flipped kernel.
ConvShape transposed(const ConvShape& s) {
  ConvShape t = s;
  std::swap(t.in_h, t.out_h);
  std::swap(t.in_w, t.out_w);
  std::swap(t.in_c, t.out_c);
  t.pad_top = (s.kernel_h - 1) * s.dilation_h - s.pad_top;
  t.pad_left = (s.kernel_w - 1) * s.dilation_w - s.pad_left;
  return t;
}

// The weights of transposed(s), for direct_weights().
auto flipped(const ConvShape& s, const ConvWeights& w) {
  return [s, w](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
    const std::int64_t taps = std::int64_t{s.kernel_h} * s.kernel_w;
    for (std::int64_t t = 0; t < taps; ++t) {
      for (std::int64_t o = 0; o < s.out_c; ++o, to += block) {
        w.copy((o * taps + taps - 1 - t) * s.in_c + c, n, o, to);
      }
    }
  };
}

std::int64_t flipped_depth(const ConvShape& s) {
  return std::int64_t{s.kernel_h} * s.kernel_w * s.out_c;
}

void backward_groups(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                     real* dx, real beta) {
  direct_run_groups(ctx, DirectPlan(*direct_kernels(ctx.isa), transposed(s)), flipped_depth(s),
                    flipped(s, w), dy, nullptr, beta, dx);
}

class UnitStrideInput final : public InputGradient {
 public:
  UnitStrideInput(Context& ctx, const ConvShape& s, const ConvWeights& w)
      : shape_(transposed(s)),
        whole_(*direct_kernels(ctx.isa), shape_),
        weights_(direct_weights(ctx, whole_, flipped_depth(s), flipped(s, w))) {}

  std::int64_t tiles(std::int64_t images) const override { return plan(images).all_tiles(); }
  std::int64_t room(std::int64_t images) const override { return plan(images).room_for(false); }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const real* dy, real* dx,
           real beta, real* scratch, Prefetch& prefetch) const noexcept override {
    const DirectPlan p = plan(images);
    for (std::int64_t task = begin; task < end; ++task) {
      DirectRows rows = p.tile(dy, task, scratch);
      prefetch.begin_part(end - task);
      rows.prefetch = &prefetch;
      p.kernels->forward(rows, weights_.get(), nullptr, beta, dx + p.output(task));
    }
  }

 private:
  DirectPlan plan(std::int64_t images) const {
    return images == shape_.batch ? whole_ : DirectPlan(*whole_.kernels, of_images(shape_, images));
  }

  ConvShape shape_;
  DirectPlan whole_;
  Scratch weights_;
};

class DirectWeightsGradient final : public WeightsGradient {
 public:
  DirectWeightsGradient(Isa isa, const ConvShape& s, bool codes)
      : shape_(s), whole_(*direct_kernels(isa), s, pixels(s)), codes_(codes) {
    depth = s.weights_per_channel();
    width = whole_.w_channels;
    most_partials = std::clamp<std::int64_t>((1 << 19) / (depth * width), 4, 16);
  }
  static bool fits(Isa isa, const ConvShape& s) {
    // The sums are read and written once an image: that must be little beside the products.
    constexpr std::int64_t most_sums = 128 * 1024;
    if (!direct_fits(isa, s, s.out_c) || s.out_c * s.weights_per_channel() > most_sums)
      return false;
    const ConvShape rows = DirectPlan(*direct_kernels(isa), s, pixels(s)).shape;
    return rows.out_h * rows.out_w >= 64;
  }

  std::int64_t tiles(std::int64_t images) const override { return plan(images).all_tiles(); }
  std::int64_t room(std::int64_t images) const override { return plan(images).room_for(codes_); }
  void run(std::int64_t images, std::int64_t begin, std::int64_t end, const ConvInput& x,
           const real* dy, real* sum, real* scratch) const noexcept override {
    const DirectPlan p = plan(images);
    for (std::int64_t task = begin; task < end; ++task) {
      p.kernels->backward_weights(p.tile(x, task, scratch), dy + p.output(task), sum);
    }
  }

 private:
  // Of a 1x1 convolution's tile: a block of channels of dy stays in the first-level cache.
  static std::int64_t pixels(const ConvShape& s) {
    return std::max<std::int64_t>(192, 16 * 1024 / (s.in_c + s.out_c));
  }
  DirectPlan plan(std::int64_t images) const {
    return images == shape_.batch
               ? whole_
               : DirectPlan(*whole_.kernels, of_images(shape_, images), pixels(shape_));
  }

  ConvShape shape_;
  DirectPlan whole_;
  bool codes_;
};

}  // namespace

decltype(&dense_backward_input) direct_backward_groups(Isa isa, const ConvShape& s) noexcept {
  const bool unit = s.stride_h == 1 && s.stride_w == 1;
  if (!unit || !direct_fits(isa, s, s.in_c)) return nullptr;
  const ConvShape t = transposed(s);
  if (t.pad_top < 0 || t.pad_left < 0) return nullptr;
  const DirectPlan plan(*direct_kernels(isa), t);
  return direct_by_groups(plan, flipped_depth(s)) ? backward_groups : nullptr;
}

std::unique_ptr<InputGradient> direct_input_gradient(Context& ctx, const ConvShape& s,
                                                     const ConvWeights& w) {
  if (!direct_fits(ctx.isa, s, s.in_c)) return nullptr;
  if (s.stride_h != 1 || s.stride_w != 1) return strided_input_gradient(ctx, s, w);
  const ConvShape t = transposed(s);
  return t.pad_top >= 0 && t.pad_left >= 0 ? std::make_unique<UnitStrideInput>(ctx, s, w) : nullptr;
}

std::unique_ptr<WeightsGradient> direct_weights_gradient(Isa isa, const ConvShape& s,
                                                         const ConvInput& x) {
  if (!DirectWeightsGradient::fits(isa, s)) return nullptr;
  return std::make_unique<DirectWeightsGradient>(isa, s, !x.reals);
}

#endif

}  // namespace octet
