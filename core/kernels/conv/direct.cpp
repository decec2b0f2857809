#include "core/kernels/conv/direct.h"

#include <algorithm>

#include "core/kernels/common.h"
#include "core/kernels/conv/direct_weights.h"

namespace octet {

#ifdef OCTET_REAL_DOUBLE

decltype(&conv_forward) direct_forward(Isa, const ConvShape&) noexcept {
  return nullptr;
}

#else

namespace {

// Enough arithmetic for each value of x and y that fetching them beside it pays.
bool outlasts_memory(const ConvShape& s) {
  constexpr std::int64_t products_per_value = 32;
  const std::int64_t products = s.output_size() * s.weights_per_channel();
  return products >= products_per_value * (s.input_size() + s.output_size());
}

void forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
             real* y) {
  const DirectPlan p(*direct_kernels(ctx.isa), s);
  const std::int64_t depth = s.weights_per_channel();
  const Scratch padded_bias(ctx, bias ? p.w_channels : 0);
  if (bias) {
    std::fill_n(std::copy_n(bias, s.out_c, padded_bias.get()), p.w_channels - s.out_c, real(0));
    bias = padded_bias.get();
  }
  const auto pack = [&](std::int64_t c, std::int64_t n, real* to, std::int64_t block) {
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t o = 0; o < n; ++o) to[k * block + o] = w[(c + o) * depth + k];
    }
  };
  if (direct_by_groups(p, depth)) {
    direct_run_groups(ctx, p, depth, pack, x, bias, 0, y);
    return;
  }
  const Scratch weights = direct_weights(ctx, p, depth, pack);
  const std::int64_t room = p.room_for(false);
  const Scratch scratch(ctx, room * ctx.threads.size());
  const bool fetches = outlasts_memory(s) && !fits_second_level(s);
  ctx.threads.run(p.all_tiles(), [&](std::int64_t task, int worker) {
    DirectRows rows = p.tile(x, task, scratch.get() + worker * room);
    Prefetch prefetch;
    if (fetches) {
      p.add_source(x, task + 1, prefetch);
      prefetch.begin_part(1);
      rows.prefetch = &prefetch;
    }
    p.kernels->forward(rows, weights.get(), bias, 0, y + p.output(task));
  });
}

}  // namespace

decltype(&conv_forward) direct_forward(Isa isa, const ConvShape& s) noexcept {
  return direct_fits(isa, s, s.out_c) ? forward : nullptr;
}

#endif

}  // namespace octet
