// Convolution as matrix products of tiles of packed patches. Tiles are cut by shape alone and never
// span images; each is one task.
#include <algorithm>

#include "core/kernels/common.h"
#include "core/kernels/conv/gather.h"
#include "core/kernels/conv/kernels.h"
#include "core/kernels/gemm.h"

namespace octet {
namespace {

constexpr std::int64_t patch_bytes = 256 * 1024;          // a tile's patches stay in L2
constexpr std::int64_t weights_patch_bytes = 512 * 1024;  // deeper sums for dw

// Patches of pixels [begin, end) of one image and group: in place if possible, else packed.
Matrix patches(const Gather& g, const real* source, std::int64_t begin, std::int64_t end,
               real* scratch) {
  if (g.direct()) return {source + begin * g.pixel, g.pixel};
  g.pack(source, begin, end, scratch);
  return {scratch, g.patch()};
}

}  // namespace

void dense_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                   real* y) {
  const Gather g = forward_gather(s);
  const std::int64_t depth = g.patch(), pixels = g.pixels();
  const std::int64_t group_in = s.in_c / s.groups, group_out = s.out_c / s.groups;
  const std::int64_t tile = tile_pixels(g, patch_bytes), tiles = ceil_div(pixels, tile);
  const std::int64_t room = g.direct() ? 0 : tile * depth;
  const Scratch scratch(ctx, room * ctx.threads.size());
  ctx.threads.run(s.batch * tiles, [&](std::int64_t task, int worker) {
    const std::int64_t image = task / tiles;
    const std::int64_t begin = task % tiles * tile, end = std::min(pixels, begin + tile);
    const real* source = x + image * s.in_h * s.in_w * s.in_c;
    real* out = y + (image * pixels + begin) * s.out_c;
    if (bias) {
      for (std::int64_t p = 0; p < end - begin; ++p) std::copy_n(bias, s.out_c, out + p * s.out_c);
    }
    for (std::int64_t i = 0; i < s.groups; ++i) {
      const Matrix a = patches(g, source + i * group_in, begin, end, scratch.get() + worker * room);
      gemm(end - begin, group_out, depth, a, {w + i * group_out * depth, depth, Trans::yes},
           bias ? real(1) : real(0), out + i * group_out, s.out_c);
    }
  });
}

namespace {

// The weights of one phase as [groups, taps_h, taps_w, out_c / groups, in_c / groups].
void phase_weights(const ConvShape& s, const BackwardPhase& phase, const ConvWeights& w,
                   real* out) {
  const std::int64_t group_in = s.in_c / s.groups, group_out = s.out_c / s.groups;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    for (std::int64_t i = 0; i < phase.gather.h.taps; ++i) {
      for (std::int64_t j = 0; j < phase.gather.w.taps; ++j) {
        const std::int64_t tap =
            (phase.tap_h + i * phase.tap_step_h) * s.kernel_w + phase.tap_w + j * phase.tap_step_w;
        for (std::int64_t o = 0; o < group_out; ++o, out += group_in) {
          const std::int64_t channel = g * group_out + o;
          w.copy(channel * s.weights_per_channel() + tap * group_in, group_in, channel, out);
        }
      }
    }
  }
}

void backward_input_phase(Context& ctx, const ConvShape& s, std::int64_t phase_h,
                          std::int64_t phase_w, const ConvWeights& w, const real* dy, real* dx,
                          real beta) {
  const BackwardPhase phase = backward_phase(s, phase_h, phase_w);
  const Gather& g = phase.gather;
  const std::int64_t depth = g.patch(), pixels = g.pixels();
  if (pixels == 0 || (depth == 0 && beta != 0)) return;
  const std::int64_t group_in = s.in_c / s.groups, group_out = s.out_c / s.groups;
  const Scratch weights(ctx, s.groups * depth * group_in);
  phase_weights(s, phase, w, weights.get());

  const bool whole = s.stride_h == 1 && s.stride_w == 1;
  const std::int64_t tile = tile_pixels(g, patch_bytes), tiles = ceil_div(pixels, tile);
  const std::int64_t packed = g.direct() ? 0 : tile * depth;
  const std::int64_t room = packed + (whole ? 0 : tile * s.in_c);
  const Scratch scratch(ctx, room * ctx.threads.size());
  ctx.threads.run(s.batch * tiles, [&](std::int64_t task, int worker) {
    const std::int64_t image = task / tiles;
    const std::int64_t begin = task % tiles * tile, end = std::min(pixels, begin + tile);
    const real* source = dy + image * s.out_h * s.out_w * s.out_c;
    real* image_dx = dx + image * s.in_h * s.in_w * s.in_c;
    real* mine = scratch.get() + worker * room;
    real* out = whole ? image_dx + begin * s.in_c : mine + packed;
    for (std::int64_t i = 0; i < s.groups; ++i) {
      const Matrix a = patches(g, source + i * group_out, begin, end, mine);
      gemm(end - begin, group_in, depth, a, {weights.get() + i * depth * group_in, group_in},
           whole ? beta : real(0), out + i * group_in, s.in_c);
    }
    if (whole) return;
    for (std::int64_t p = begin; p < end; ++p, out += s.in_c) {
      const std::int64_t row = phase_h + p / g.w.grid * s.stride_h;
      const std::int64_t col = phase_w + p % g.w.grid * s.stride_w;
      real* to = image_dx + (row * s.in_w + col) * s.in_c;
      for (std::int64_t c = 0; c < s.in_c; ++c) to[c] = beta == 0 ? out[c] : to[c] + out[c];
    }
  });
}

}  // namespace

void dense_backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                          real* dx, real beta) {
  for (std::int64_t h = 0; h < s.stride_h; ++h) {
    for (std::int64_t v = 0; v < s.stride_w; ++v) {
      backward_input_phase(ctx, s, h, v, w, dy, dx, beta);
    }
  }
}

// Tiles go to a fixed number of partial sums, each a run of consecutive tiles; they are added in
// order. Large weights leave room for few partial sums, so then the kernel's rows (or, for one-row
// kernels, blocks of channels) are tasks as well.
void dense_backward_weights(Context& ctx, const ConvShape& s, const real* x, const real* dy,
                            real* dw, real beta) {
  const Gather g = forward_gather(s);
  const std::int64_t depth = g.patch(), pixels = g.pixels();
  const std::int64_t group_in = s.in_c / s.groups, group_out = s.out_c / s.groups;
  const std::int64_t size = s.out_c * depth;
  const std::int64_t partial_most = (4 << 20) / (size * static_cast<std::int64_t>(sizeof(real)));
  const std::int64_t slices = partial_most >= 8 ? 1
                              : g.h.taps > 1    ? g.h.taps
                                                : std::min<std::int64_t>(8, ceil_div(group_in, 64));
  Gather part = g;  // what one slice reads
  if (slices > 1) {
    part.h.taps = 1;
    if (g.h.taps == 1) part.channels = ceil_div(group_in, slices);
  }
  const bool by_row = slices > 1 && g.h.taps > 1, by_channel = slices > 1 && g.h.taps == 1;

  const std::int64_t tile = tile_pixels(part, weights_patch_bytes);
  const std::int64_t tiles = ceil_div(pixels, tile), all_tiles = s.batch * tiles;
  if (all_tiles == 0) {
    if (beta == 0) std::fill_n(dw, size, real(0));
    return;
  }
  const std::int64_t run =
      ceil_div(all_tiles, std::min(all_tiles, std::clamp<std::int64_t>(partial_most, 1, 16)));
  const std::int64_t partials = ceil_div(all_tiles, run);
  const std::int64_t room = g.direct() ? 0 : tile * part.patch();
  const Scratch scratch(ctx, room * ctx.threads.size());
  const Scratch sums(ctx, partials == 1 ? 0 : partials * size);

  ctx.threads.run(partials * slices, [&](std::int64_t task, int worker) {
    const std::int64_t partial = task / slices, slice = task % slices;
    real* sum = partials == 1 ? dw : sums.get() + partial * size;
    Gather mine = part;
    std::int64_t column = 0, channel = 0;  // of the slice in a patch; in the source's pixels
    if (by_row) {
      mine.h.first += slice * g.h.next;
      column = slice * part.patch();
    } else if (by_channel) {
      channel = slice * part.channels;
      mine.channels = std::min(part.channels, group_in - channel);
      column = channel;
    }
    if (mine.channels <= 0) return;
    const std::int64_t taps = by_channel ? g.w.taps : 1;
    for (std::int64_t t = partial * run; t < std::min(all_tiles, (partial + 1) * run); ++t) {
      const std::int64_t image = t / tiles;
      const std::int64_t begin = t % tiles * tile, end = std::min(pixels, begin + tile);
      const real first = t == partial * run ? (partials == 1 ? beta : real(0)) : real(1);
      const real* source = x + image * s.in_h * s.in_w * s.in_c + channel;
      const real* gradient = dy + (image * pixels + begin) * s.out_c;
      for (std::int64_t i = 0; i < s.groups; ++i) {
        const Matrix b =
            patches(mine, source + i * group_in, begin, end, scratch.get() + worker * room);
        // Blocks of channels are contiguous within a tap only.
        for (std::int64_t k = 0; k < taps; ++k) {
          const std::int64_t width = mine.patch() / taps;
          gemm(group_out, width, end - begin, {gradient + i * group_out, s.out_c, Trans::yes},
               {b.data + k * width, b.stride}, first,
               sum + i * group_out * depth + column + k * group_in, depth);
        }
      }
    }
  });
  if (partials == 1) return;
  for_blocks(
      ctx, size,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          real sum = sums.get()[i];
          for (std::int64_t p = 1; p < partials; ++p) sum += sums.get()[p * size + i];
          dw[i] = beta == 0 ? sum : dw[i] + sum;
        }
      },
      1024);
}

}  // namespace octet
