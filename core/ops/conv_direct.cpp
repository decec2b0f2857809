#include "core/ops/conv_direct.h"

#include <algorithm>
#include <cstdlib>

#include "core/ops/common.h"
#include "core/ops/conv_direct_plan.h"
#include "core/ops/conv_gather.h"
#include "core/ops/conv_kernels.h"

namespace octet {

#ifdef OCTET_REAL_DOUBLE

decltype(&conv_forward) direct_forward(const ConvShape&) noexcept {
  return nullptr;
}
decltype(&conv_backward_input) direct_backward_input(const ConvShape&) noexcept {
  return nullptr;
}
decltype(&conv_backward_weights) direct_backward_weights(const ConvShape&) noexcept {
  return nullptr;
}

#else

namespace {

// Floats. The weights of a block of channels are read again for every tile of pixels; sums of
// weights' gradients are read and written again for every image.
constexpr std::int64_t most_weights = 4 * 1024 * 1024;
constexpr std::int64_t most_gradients = 128 * 1024;

// Padding the output channels to whole vectors must not waste more than it saves.
bool fits(const ConvShape& s, std::int64_t outputs) {
  return direct_kernels() && s.groups == 1 && outputs >= 8 &&
         (s.window.dilation_w == 1 || s.window.kernel_w == 1) &&
         s.out_c * s.weights_per_channel() <= most_weights;
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

// Of a 1x1 convolution's tile for weights' gradients: a block of channels of dy stays in the
// first-level cache.
std::int64_t weights_pixels(const ConvShape& s) {
  return std::max<std::int64_t>(192, 16 * 1024 / (s.in_c + s.out_c));
}

// Calls f(first channel, channels, place of the block's weights [depth, width], width) for the
// blocks of output channels that weights are packed in: each contiguous, so that it stays in the
// second-level cache whatever the number of channels.
template <class F>
void for_weight_blocks(Context& ctx, const DirectPlan& p, std::int64_t depth, real* weights,
                       const F& f) {
  const std::int64_t most = 2 * direct_kernels()->multiple;
  for_items(ctx, ceil_div(p.shape.out_c, most), depth * most, [&](std::int64_t item) {
    const std::int64_t c = item * most;
    f(c, std::min(most, p.shape.out_c - c), weights + c * depth, std::min(most, p.w_channels - c));
  });
}

// Many weights on few tiles that need no copy, as a linear layer's: the weights of a group of
// channels are packed where they are used, on every tile.
template <class Pack>
void run_groups(Context& ctx, const DirectPlan& p, std::int64_t depth, const Pack& pack,
                const real* x, const real* bias, real beta, real* y) {
  const ConvShape& s = p.shape;
  const std::int64_t block = 2 * direct_kernels()->multiple, group = 4 * block;
  const Scratch scratch(ctx, depth * group * ctx.threads.size());
  ctx.threads.run(ceil_div(s.out_c, group), [&](std::int64_t task, int worker) {
    real* const weights = scratch.get() + worker * depth * group;
    const std::int64_t first = task * group, end = std::min(s.out_c, first + group);
    std::fill_n(weights, depth * group, real(0));
    for (std::int64_t c = first; c < end; c += block) {
      pack(c, std::min(block, end - c), weights + (c - first) * depth,
           std::min(block, p.w_channels - c));
    }
    for (std::int64_t tile = 0; tile < s.batch * p.tiles; ++tile) {
      const std::int64_t image = tile / p.tiles, begin = tile % p.tiles * p.rows;
      DirectRows rows = p.tile(x, image, begin, std::min(s.out_h, begin + p.rows), nullptr);
      rows.channels = end - first;
      rows.w_channels = std::min(group, p.w_channels - first);
      direct_kernels()->forward(rows, weights, bias ? bias + first : nullptr, beta,
                                y + (image * s.out_h + begin) * s.out_w * s.out_c + first);
    }
  });
}

// The product of p.shape. pack: for for_weight_blocks, finds zeros; bias [w_channels] or null.
template <class Pack>
void run_forward(Context& ctx, const DirectPlan& p, std::int64_t depth, const Pack& pack,
                 const real* x, const real* bias, real beta, real* y) {
  constexpr std::int64_t many_weights = 256 * 1024, few_tiles = 4;
  const ConvShape& s = p.shape;
  if (p.in_place && s.batch * p.tiles <= few_tiles && depth * p.w_channels > many_weights) {
    run_groups(ctx, p, depth, pack, x, bias, beta, y);
    return;
  }
  const Scratch weights(ctx, depth * p.w_channels);
  std::fill_n(weights.get(), depth * p.w_channels, real(0));
  for_weight_blocks(ctx, p, depth, weights.get(), pack);
  const std::int64_t room = p.room_for(x);
  const Scratch scratch(ctx, room * ctx.threads.size());
  ctx.threads.run(s.batch * p.tiles, [&](std::int64_t task, int worker) {
    const std::int64_t image = task / p.tiles, begin = task % p.tiles * p.rows;
    const DirectRows rows =
        p.tile(x, image, begin, std::min(s.out_h, begin + p.rows), scratch.get() + worker * room);
    direct_kernels()->forward(rows, weights.get(), bias, beta,
                              y + (image * s.out_h + begin) * s.out_w * s.out_c);
  });
}

void forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
             real* y) {
  const DirectPlan p(s);
  const std::int64_t depth = s.weights_per_channel();
  const Scratch padded_bias(ctx, bias ? p.w_channels : 0);
  if (bias)
    std::fill_n(std::copy_n(bias, s.out_c, padded_bias.get()), p.w_channels - s.out_c, real(0));
  run_forward(
      ctx, p, depth,
      [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
        for (std::int64_t k = 0; k < depth; ++k) {
          for (std::int64_t o = 0; o < n; ++o) to[k * block + o] = w[(c + o) * depth + k];
        }
      },
      x, bias ? padded_bias.get() : nullptr, 0, y);
}

void backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                    real* dx, real beta) {
  const DirectPlan p(transposed(s));
  const std::int64_t taps = std::int64_t{s.window.kernel_h} * s.window.kernel_w;
  run_forward(
      ctx, p, taps * s.out_c,
      [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
        for (std::int64_t t = 0; t < taps; ++t) {
          for (std::int64_t o = 0; o < s.out_c; ++o, to += block) {
            w.copy((o * taps + taps - 1 - t) * s.in_c + c, n, o, to);
          }
        }
      },
      dy, nullptr, beta, dx);
}

// dx of a convolution with a stride, a phase at a time: the pixels of one phase are dy through
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
           (octet::fits(shape, shape.out_c) && shape.window.padding.top >= 0 &&
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

void backward_input_phase(Context& ctx, const ConvShape& s, const Phase& phase,
                          const ConvWeights& w, const real* dy, real* dx, real beta) {
  if (phase.empty()) return;
  if (phase.taps() == 0) {
    if (beta != 0) return;
    for_items(ctx, s.batch * phase.shape.out_h, phase.shape.out_w * s.in_c, [&](std::int64_t row) {
      scatter(s, phase, row * phase.shape.out_w, phase.shape.out_w, nullptr, dx, beta);
    });
    return;
  }
  const DirectPlan p(phase.shape);
  const BackwardPhase& from = phase.from;
  const GatherAxis &h = from.gather.h, &v = from.gather.w;
  const std::int64_t depth = phase.taps() * s.out_c;
  const Scratch weights(ctx, depth * p.w_channels);
  std::fill_n(weights.get(), depth * p.w_channels, real(0));
  for_weight_blocks(ctx, p, depth, weights.get(),
                    [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
                      for (std::int64_t i = 0; i < h.taps; ++i) {
                        const std::int64_t row = Phase::tap(h, from.tap_h, from.tap_step_h, i);
                        for (std::int64_t j = 0; j < v.taps; ++j) {
                          const std::int64_t tap = row * s.window.kernel_w +
                                                   Phase::tap(v, from.tap_w, from.tap_step_w, j);
                          for (std::int64_t o = 0; o < s.out_c; ++o, to += block) {
                            w.copy(o * s.weights_per_channel() + tap * s.in_c + c, n, o, to);
                          }
                        }
                      }
                    });
  const std::int64_t room = p.room_for(dy), pixels = p.rows * p.shape.out_w;
  const Scratch scratch(ctx, (room + pixels * s.in_c) * ctx.threads.size());
  ctx.threads.run(p.shape.batch * p.tiles, [&](std::int64_t task, int worker) {
    const std::int64_t image = task / p.tiles, begin = task % p.tiles * p.rows;
    real* const mine = scratch.get() + worker * (room + pixels * s.in_c);
    const DirectRows rows = p.tile(dy, image, begin, std::min(p.shape.out_h, begin + p.rows), mine);
    direct_kernels()->forward(rows, weights.get(), nullptr, 0, mine + room);
    scatter(s, phase, (image * p.shape.out_h + begin) * p.shape.out_w, rows.rows * rows.cols,
            mine + room, dx, beta);
  });
}

void backward_input_by_phases(Context& ctx, const ConvShape& s, const ConvWeights& w,
                              const real* dy, real* dx, real beta) {
  for (std::int64_t h = 0; h < s.window.stride_h; ++h) {
    for (std::int64_t v = 0; v < s.window.stride_w; ++v) {
      backward_input_phase(ctx, s, Phase(s, h, v), w, dy, dx, beta);
    }
  }
}

bool phases_fit(const ConvShape& s) {
  for (std::int64_t h = 0; h < s.window.stride_h; ++h) {
    for (std::int64_t v = 0; v < s.window.stride_w; ++v) {
      if (!Phase(s, h, v).fits()) return false;
    }
  }
  return true;
}

// A fixed number of partial sums, each over a run of images; added in order.
void backward_weights(Context& ctx, const ConvShape& s, const ConvInput& x, const real* dy,
                      real* dw, real beta) {
  const DirectPlan p(s, weights_pixels(s));
  const std::int64_t depth = s.weights_per_channel(), size = depth * p.w_channels;
  const std::int64_t all = p.shape.batch * p.tiles;
  const std::int64_t most = std::clamp<std::int64_t>((1 << 20) / size, 4, 16);
  const std::int64_t run = std::max<std::int64_t>(1, ceil_div(all, most));
  const std::int64_t partials = ceil_div(all, run);
  const Scratch sums(ctx, partials * size);
  const std::int64_t room = p.room_for(x);
  const Scratch scratch(ctx, room * ctx.threads.size());
  ctx.threads.run(partials, [&](std::int64_t task, int worker) {
    real* sum = sums.get() + task * size;
    std::fill_n(sum, size, real(0));
    for (std::int64_t t = task * run; t < std::min(all, (task + 1) * run); ++t) {
      const std::int64_t image = t / p.tiles, begin = t % p.tiles * p.rows;
      const DirectRows rows = p.tile(x, image, begin, std::min(p.shape.out_h, begin + p.rows),
                                     scratch.get() + worker * room);
      direct_kernels()->backward_weights(
          rows, dy + (image * p.shape.out_h + begin) * p.shape.out_w * s.out_c, sum);
    }
  });
  add_partial_sums(ctx, {sums.get(), partials, depth, p.w_channels}, s.out_c, dw, beta);
}

}  // namespace

decltype(&conv_forward) direct_forward(const ConvShape& s) noexcept {
  return fits(s, s.out_c) ? forward : nullptr;
}

decltype(&conv_backward_input) direct_backward_input(const ConvShape& s) noexcept {
  const Padding2d p = transposed(s).window.padding;
  if (!fits(s, s.in_c)) return nullptr;
  if (s.window.stride_h != 1 || s.window.stride_w != 1) {
    return phases_fit(s) ? backward_input_by_phases : nullptr;
  }
  return p.top >= 0 && p.left >= 0 ? backward_input : nullptr;
}

decltype(&conv_backward_weights) direct_backward_weights(const ConvShape& s) noexcept {
  // The sums are read and written once an image: that must be little beside the products.
  if (!fits(s, s.out_c) || s.out_c * s.weights_per_channel() > most_gradients) return nullptr;
  const ConvShape rows = DirectPlan(s, weights_pixels(s)).shape;
  return rows.out_h * rows.out_w >= 64 ? backward_weights : nullptr;
}

#endif

}  // namespace octet
