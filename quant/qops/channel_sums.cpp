#include "quant/qops/channel_sums.h"

#include <algorithm>

#include "quant/vectors.h"

namespace octet::quant {

namespace {

// All pointers at the start of a wide row.
struct Span {
  const float* dy;
  const std::uint8_t* mask;
  const std::int32_t* acc;
  std::int64_t n, width;
  const float *scale, *offset;     // of u_hat
  const float *f, *mean, *mean_u;  // of the centred gradient
  double *sum, *sum_u;
  float* out;
};

enum class Kind { mask, sums, centre };

// Lanes [0, n) from element i on; all of them unless `part`.
template <Kind kind, bool part, int lanes>
OCTET_INLINE void column_step(Lanes<lanes> of, const Span& s, std::int64_t i, std::int64_t n,
                              const typename Lanes<lanes>::Floats (&constants)[5],
                              typename Lanes<lanes>::Doubles (&sums)[2]) {
  using Floats = typename Lanes<lanes>::Floats;
  Floats g, u = {};
  load_if<part>(g, s.dy + i, n);
  keep_bits(of, g, load_bits(of, s.mask + (i >> 3), n));
  if constexpr (kind != Kind::mask) {
    typename Lanes<lanes>::Ints acc;
    load_if<part>(acc, s.acc + i, n);
    u = __builtin_convertvector(acc, Floats) * constants[0] + constants[1];
  }
  if constexpr (kind != Kind::centre) add_widened(of, g, sums[0]);
  if constexpr (kind == Kind::sums) {
    const Floats product = g * u;
    add_widened(of, product, sums[1]);
  }
  if constexpr (kind == Kind::centre) g = constants[2] * (g - constants[3] - u * constants[4]);
  if constexpr (kind != Kind::sums) store_if<part>(g, s.out + i, n);
}

// Column by column of a vector, so that constants and sums stay in registers.
template <Kind kind, int lanes>
OCTET_INLINE void columns(Lanes<lanes> of, const Span& span) {
  const Span s = span;  // else every store could change it
  // Place in the next call's values, in order: the hardware does not foresee columns.
  std::int64_t next = s.n;
  for (std::int64_t at = 0; at < std::min(s.width, s.n); at += lanes) {
    typename Lanes<lanes>::Floats constants[5] = {};
    typename Lanes<lanes>::Doubles sums[2] = {};
    if constexpr (kind != Kind::mask) {
      load(constants[0], s.scale + at);
      load(constants[1], s.offset + at);
    }
    if constexpr (kind == Kind::centre) {
      load(constants[2], s.f + at);
      load(constants[3], s.mean + at);
      load(constants[4], s.mean_u + at);
    }
    if constexpr (kind != Kind::centre) load(sums[0], s.sum + at);
    if constexpr (kind == Kind::sums) load(sums[1], s.sum_u + at);
    std::int64_t i = at;
    for (; i + lanes <= s.n; i += s.width, next += lanes) {
      __builtin_prefetch(s.dy + next);
      if constexpr (kind != Kind::mask) __builtin_prefetch(s.acc + next);
      column_step<kind, false>(of, s, i, lanes, constants, sums);
    }
    if (i < s.n) column_step<kind, true>(of, s, i, s.n - i, constants, sums);
    if constexpr (kind != Kind::centre) store(sums[0], s.sum + at);
    if constexpr (kind == Kind::sums) store(sums[1], s.sum_u + at);
  }
}
OCTET_LANES_FUNCTION(mask_columns, columns<Kind::mask>, const Span&)
OCTET_LANES_FUNCTION(sum_columns, columns<Kind::sums>, const Span&)
OCTET_LANES_FUNCTION(centre_columns, columns<Kind::centre>, const Span&)

struct MomentsSpan {
  const std::int32_t* acc;
  std::int64_t n, width;
  double *sum, *square;
};
template <bool part, int lanes>
OCTET_INLINE void moments_step(Lanes<lanes> of, const std::int32_t* p, std::int64_t n,
                               typename Lanes<lanes>::Doubles& sum,
                               typename Lanes<lanes>::Doubles& square) {
  typename Lanes<lanes>::Ints acc;
  load_if<part>(acc, p, n);
  typename Lanes<lanes>::Doubles a;
  widen(of, acc, a);
  sum.lo += a.lo;
  sum.hi += a.hi;
  square.lo += a.lo * a.lo;
  square.hi += a.hi * a.hi;
}
template <int lanes>
OCTET_INLINE void moment_columns(Lanes<lanes> of, const MomentsSpan& span) {
  const MomentsSpan s = span;
  for (std::int64_t at = 0; at < std::min(s.width, s.n); at += lanes) {
    typename Lanes<lanes>::Doubles sum, square;
    load(sum, s.sum + at);
    load(square, s.square + at);
    std::int64_t i = at;
    for (; i + lanes <= s.n; i += s.width) moments_step<false>(of, s.acc + i, lanes, sum, square);
    if (i < s.n) moments_step<true>(of, s.acc + i, s.n - i, sum, square);
    store(sum, s.sum + at);
    store(square, s.square + at);
  }
}
OCTET_LANES_FUNCTION(moments, moment_columns, const MomentsSpan&)

// Calls f(Span) for the kernel calls that values [first, first + count) take.
template <class F>
void for_calls(const MaskedGradient& g, const WideRows& wide, std::int64_t first,
               std::int64_t count, float* out, const F& f) {
  const std::int64_t step = wide.rows_per_call() * g.channels;
  for (std::int64_t i = 0; i < count; i += step) {
    Span s{};
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

void ChannelSums::total(std::span<double> a, std::span<double> b) const {
  std::ranges::fill(a, 0.0);
  std::ranges::fill(b, 0.0);
  const auto width = static_cast<std::size_t>(wide.width), channels = a.size();
  for (std::size_t i = 0; i < partial_.size(); ++i) {
    const std::span<double> sum = i / width % 2 == 0 ? a : b;
    if (!sum.empty()) sum[i % width % channels] += partial_[i];
  }
}

void add_moments(ChannelSums& sums, std::int64_t piece, const std::int32_t* acc,
                 std::int64_t rows) noexcept {
  const WideRows& w = sums.wide;
  const std::int64_t step = w.rows_per_call() * w.channels;
  for (std::int64_t i = 0, n = rows * w.channels; i < n; i += step) {
    moments({acc + i, std::min(step, n - i), w.width, sums.a(piece), sums.b(piece)});
  }
}

void sum_gradient(Context& ctx, const MaskedGradient& g, std::span<double> sum,
                  std::span<double> sum_u) {
  constexpr std::int64_t calls_per_piece = 16;
  const WideRows wide(g.channels);
  const std::int64_t rows = wide.rows_per_call() * calls_per_piece;
  const std::int64_t pieces = (g.rows + rows - 1) / rows;
  ChannelSums sums(ctx.pool, g.channels, pieces);
  const auto scale = wide.repeated(ctx.pool, g.scale), offset = wide.repeated(ctx.pool, g.offset);
  ctx.threads.run(pieces, [&](std::int64_t piece, int) {
    const std::int64_t first = piece * rows;
    const std::int64_t count = std::min(rows, g.rows - first) * g.channels;
    for_calls(g, wide, first * g.channels, count, nullptr, [&](Span& s) {
      s.scale = scale.data();
      s.offset = offset.data();
      s.sum = sums.a(piece);
      s.sum_u = sums.b(piece);
      sum_columns(s);
    });
  });
  sums.total(sum, sum_u);
}

MaskedDelta::MaskedDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy)
    : pool_(ctx.pool), g_(g), dy_(dy) {}

void MaskedDelta::begin(std::int64_t pieces) {
  sums_.emplace(pool_, g_.channels, pieces);
}

void MaskedDelta::make(std::int64_t piece, std::int64_t first, std::int64_t count,
                       float* out) noexcept {
  for_calls(g_, sums_->wide, first, count, out, [&](Span& s) {
    s.sum = sums_->a(piece);
    mask_columns(s);
  });
}

void MaskedDelta::total(std::span<double> sum) const {
  sums_->total(sum, {});
}

CentredDelta::CentredDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy,
                           std::span<const float> f, std::span<const float> mean,
                           std::span<const float> mean_u)
    : g_(g),
      dy_(dy),
      wide_(g.channels),
      scale_(wide_.repeated(ctx.pool, g.scale)),
      offset_(wide_.repeated(ctx.pool, g.offset)),
      f_(wide_.repeated(ctx.pool, f)),
      mean_(wide_.repeated(ctx.pool, mean)),
      mean_u_(wide_.repeated(ctx.pool, mean_u)) {}

void CentredDelta::make(std::int64_t, std::int64_t first, std::int64_t count, float* out) noexcept {
  for_calls(g_, wide_, first, count, out, [&](Span& s) {
    s.scale = scale_.data();
    s.offset = offset_.data();
    s.f = f_.data();
    s.mean = mean_.data();
    s.mean_u = mean_u_.data();
    centre_columns(s);
  });
}

}  // namespace octet::quant
