// Which convolutions run in registers, and how their weights are packed. Not for users of the
// library.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernels/common.h"
#include "core/kernels/conv/direct_plan.h"

#ifndef OCTET_REAL_DOUBLE
namespace octet {

/// The weights of a block of channels are read again for every tile of pixels. Padding the output
/// channels to whole vectors must not waste more than it saves.
inline bool direct_fits(Isa isa, const ConvShape& s, std::int64_t outputs) noexcept {
  constexpr std::int64_t most_weights = 4 * 1024 * 1024;
  return direct_kernels(isa) && s.groups == 1 && outputs >= 8 &&
         (s.dilation_w == 1 || s.kernel_w == 1) &&
         s.out_c * s.weights_per_channel() <= most_weights;
}

/// Many weights on few tiles that need no copy, as a linear layer's.
inline bool direct_by_groups(const DirectPlan& p, std::int64_t depth) noexcept {
  constexpr std::int64_t many_weights = 256 * 1024, few_tiles = 4;
  return p.in_place && p.all_tiles() <= few_tiles && depth * p.w_channels > many_weights;
}

/// Weights in blocks of output channels, each contiguous, so that it stays in the second-level
/// cache whatever the number of channels: pack(first channel, channels, place of the block
/// [depth, width], width) writes one and finds zeros.
template <class Pack>
Scratch direct_weights(Context& ctx, const DirectPlan& p, std::int64_t depth, const Pack& pack) {
  Scratch weights(ctx, depth * p.w_channels);
  std::fill_n(weights.get(), depth * p.w_channels, real(0));
  const std::int64_t most = 2 * p.kernels->multiple;
  for_items(ctx, ceil_div(p.shape.out_c, most), depth * most, [&](std::int64_t item) {
    const std::int64_t c = item * most;
    pack(c, std::min(most, p.shape.out_c - c), weights.get() + c * depth,
         std::min(most, p.w_channels - c));
  });
  return weights;
}

/// The weights of a group of channels are packed where they are used, on every tile.
template <class Pack>
void direct_run_groups(Context& ctx, const DirectPlan& p, std::int64_t depth, const Pack& pack,
                       const real* x, const real* bias, real beta, real* y) {
  const ConvShape& s = p.shape;
  const std::int64_t block = 2 * p.kernels->multiple, group = 4 * block;
  const Scratch scratch(ctx, depth * group * ctx.threads.size());
  ctx.threads.run(ceil_div(s.out_c, group), [&](std::int64_t task, int worker) {
    real* const weights = scratch.get() + worker * depth * group;
    const std::int64_t first = task * group, end = std::min(s.out_c, first + group);
    std::fill_n(weights, depth * group, real(0));
    for (std::int64_t c = first; c < end; c += block) {
      pack(c, std::min(block, end - c), weights + (c - first) * depth,
           std::min(block, p.w_channels - c));
    }
    for (std::int64_t tile = 0; tile < p.all_tiles(); ++tile) {
      DirectRows rows = p.tile(x, tile, nullptr);
      rows.channels = end - first;
      rows.w_channels = std::min(group, p.w_channels - first);
      p.kernels->forward(rows, weights, bias ? bias + first : nullptr, beta,
                         y + p.output(tile) + first);
    }
  });
}

}  // namespace octet
#endif
