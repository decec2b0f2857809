#include "quant/kernels/accumulator_sums.h"

#include <algorithm>

#include "core/kernels/prefetch.h"

namespace octet::quant {

namespace {

// Calls f(GradientSpan) for the kernel calls that values [first, first + count) take.
template <class F>
void for_calls(const MaskedGradient& g, const WideRows& wide, std::int64_t first,
               std::int64_t count, float* out, const F& f) {
  const std::int64_t step = wide.rows_per_call() * g.channels;
  for (std::int64_t i = 0; i < count; i += step) {
    GradientSpan s{};
    s.dy = g.dy + first + i;
    s.mask = g.mask + (first + i) / 8;
    s.acc = g.acc ? g.acc + first + i : nullptr;
    s.n = std::min(step, count - i);
    s.width = wide.width;
    s.out = out ? out + i : nullptr;
    f(s);
  }
}

}  // namespace

void add_moments(Isa isa, ChannelSums& sums, std::int64_t tile, const std::int32_t* acc,
                 std::int64_t rows) noexcept {
  const SumsKernels& kernels = sums_kernels(isa);
  const WideRows& w = sums.wide;
  const std::int64_t step = w.rows_per_call() * w.channels;
  for (std::int64_t i = 0, n = rows * w.channels; i < n; i += step) {
    kernels.moments({acc + i, std::min(step, n - i), w.width, sums.a(tile), sums.b(tile)});
  }
}

void sum_gradient(Context& ctx, const MaskedGradient& g, std::span<double> sum,
                  std::span<double> sum_u) {
  constexpr std::int64_t calls_per_tile = 16;
  const SumsKernels& kernels = sums_kernels(ctx.isa);
  const WideRows wide(g.channels);
  const std::int64_t rows = wide.rows_per_call() * calls_per_tile;
  const std::int64_t tiles = (g.rows + rows - 1) / rows;
  ChannelSums sums(ctx.pool, g.channels, tiles);
  const auto scale = wide.repeated(ctx.pool, g.scale), offset = wide.repeated(ctx.pool, g.offset);
  ctx.threads.run(tiles, [&](std::int64_t tile, int) {
    const std::int64_t first = tile * rows;
    const std::int64_t count = std::min(rows, g.rows - first) * g.channels;
    for_calls(g, wide, first * g.channels, count, nullptr, [&](GradientSpan& s) {
      s.scale = scale.data();
      s.offset = offset.data();
      s.sum = sums.a(tile);
      s.sum_u = sums.b(tile);
      kernels.sums(s);
    });
  });
  sums.total(sum, sum_u);
}

MaskedDelta::MaskedDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy)
    : kernels_(sums_kernels(ctx.isa)), pool_(ctx.pool), g_(g), dy_(dy) {}

void MaskedDelta::begin(std::int64_t tiles) {
  sums_.emplace(pool_, g_.channels, tiles);
}

void MaskedDelta::make(std::int64_t tile, std::int64_t first, std::int64_t count,
                       float* out) noexcept {
  for_calls(g_, sums_->wide, first, count, out, [&](GradientSpan& s) {
    s.sum = sums_->a(tile);
    kernels_.mask(s);
  });
}

void MaskedDelta::add_inputs(std::int64_t first, std::int64_t count,
                             Prefetch& prefetch) const noexcept {
  prefetch.add(g_.dy + first, count);
}

void MaskedDelta::total(std::span<double> sum) const {
  sums_->total(sum, {});
}

CentredDelta::CentredDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy,
                           std::span<const float> f, std::span<const float> mean,
                           std::span<const float> mean_u)
    : kernels_(sums_kernels(ctx.isa)),
      g_(g),
      dy_(dy),
      wide_(g.channels),
      scale_(wide_.repeated(ctx.pool, g.scale)),
      offset_(wide_.repeated(ctx.pool, g.offset)),
      f_(wide_.repeated(ctx.pool, f)),
      mean_(wide_.repeated(ctx.pool, mean)),
      mean_u_(wide_.repeated(ctx.pool, mean_u)) {}

void CentredDelta::make(std::int64_t, std::int64_t first, std::int64_t count, float* out) noexcept {
  for_calls(g_, wide_, first, count, out, [&](GradientSpan& s) {
    s.scale = scale_.data();
    s.offset = offset_.data();
    s.f = f_.data();
    s.mean = mean_.data();
    s.mean_u = mean_u_.data();
    kernels_.centre(s);
  });
}

void CentredDelta::add_inputs(std::int64_t first, std::int64_t count,
                              Prefetch& prefetch) const noexcept {
  prefetch.add(g_.dy + first, count);
  prefetch.add(g_.acc + first, count);
}

}  // namespace octet::quant
