#include "core/kernels/conv/depthwise_rows.h"

#include <algorithm>
#include <cstring>

#include "base/simd/simd.h"
#include "core/kernels/common.h"

#ifndef OCTET_REAL_DOUBLE
#define OCTET_VEC_INC "core/kernels/conv/depthwise_fused.inc"
#include "base/simd/each_vec.inc"
#endif

namespace octet {
namespace {

// N values at once; the compiler cuts them to the target's registers.
template <int N>
struct Lanes {
  typedef real Type __attribute__((vector_size(N * sizeof(real))));
};

template <class V>
OCTET_INLINE void load(V& v, const real* p) {
  std::memcpy(&v, p, sizeof(V));
}
template <class V>
OCTET_INLINE void store(const V& v, real* p) {
  std::memcpy(p, &v, sizeof(V));
}

// Channels [c, c + N) of one destination pixel.
template <int N>
OCTET_INLINE void pixel_block(const DepthwiseRow& a, std::int64_t q, std::int64_t c) {
  using V = typename Lanes<N>::Type;
  V sum = {}, x, w;
  for (std::int64_t i = 0; i < a.h.taps; ++i) {
    const std::int64_t y = a.h.at(a.row, i);
    if (y < 0 || y >= a.h.source) continue;
    for (std::int64_t j = 0; j < a.w.taps; ++j) {
      const std::int64_t s = a.w.at(q, j);
      if (s < 0 || s >= a.w.source) continue;
      load(x, a.source + (y * a.w.source + s) * a.channels + c);
      load(w, a.weights + i * a.tap_row + j * a.tap_col + c);
      sum += x * w;
    }
  }
  real* out = a.out + q * a.out_step + c;
  if (a.bias) {
    load(x, a.bias + c);
    sum += x;
  }
  if (a.beta != 0) {
    load(x, out);
    sum += x;
  }
  store(sum, out);
}

OCTET_INLINE void row_body(const DepthwiseRow& a) {
  for (std::int64_t q = 0; q < a.w.grid; ++q) {
    std::int64_t c = 0;
    for (; c + 32 <= a.channels; c += 32) pixel_block<32>(a, q, c);
    for (; c + 8 <= a.channels; c += 8) pixel_block<8>(a, q, c);
    for (; c < a.channels; ++c) pixel_block<1>(a, q, c);
  }
}

template <int N>
OCTET_INLINE void weights_block(const DepthwiseWeightsRow& a, const real* x, std::int64_t begin,
                                std::int64_t end, real* dw, std::int64_t c) {
  using V = typename Lanes<N>::Type;
  V sum, u, v;
  load(sum, dw + c);
  for (std::int64_t q = begin; q < end; ++q) {
    load(u, x + q * a.w.step * a.channels + c);
    load(v, a.dy + q * a.channels + c);
    sum += u * v;
  }
  store(sum, dw + c);
}

OCTET_INLINE void weights_body(const DepthwiseWeightsRow& a) {
  for (std::int64_t i = 0; i < a.h.taps; ++i) {
    const std::int64_t y = a.h.at(a.row, i);
    if (y < 0 || y >= a.h.source) continue;
    for (std::int64_t j = 0; j < a.w.taps; ++j) {
      // Pixels q with 0 <= q step + shift < source.
      const std::int64_t shift = a.w.first + j * a.w.next;
      const std::int64_t begin = shift < 0 ? (-shift + a.w.step - 1) / a.w.step : 0;
      const std::int64_t last = a.w.source - 1 - shift;
      const std::int64_t end = last < 0 ? 0 : std::min(a.w.grid, last / a.w.step + 1);
      const real* x = a.x + (y * a.w.source + shift) * a.channels;
      real* dw = a.dw + (i * a.w.taps + j) * a.channels;
      std::int64_t c = 0;
      for (; c + 32 <= a.channels; c += 32) weights_block<32>(a, x, begin, end, dw, c);
      for (; c + 8 <= a.channels; c += 8) weights_block<8>(a, x, begin, end, dw, c);
      for (; c < a.channels; ++c) weights_block<1>(a, x, begin, end, dw, c);
    }
  }
}

#ifdef OCTET_REAL_DOUBLE
OCTET_SIMD_FUNCTION(run_row, row_body, const DepthwiseRow&)
OCTET_SIMD_FUNCTION(run_weights, weights_body, const DepthwiseWeightsRow&)
#else
void row_portable(const DepthwiseRow& row) noexcept {
  row_body(row);
}
void weights_portable(const DepthwiseWeightsRow& row) noexcept {
  weights_body(row);
}
constexpr Dispatch<void (*)(const DepthwiseRow&) noexcept> run_row{
    OCTET_VEC_DISPATCH(row_portable, fused_row)};
constexpr Dispatch<void (*)(const DepthwiseWeightsRow&) noexcept> run_weights{
    OCTET_VEC_DISPATCH(weights_portable, fused_weights_row)};
#endif

}  // namespace

void depthwise_row(Isa isa, const DepthwiseRow& row) noexcept {
  run_row(isa)(row);
}

void depthwise_weights_row(Isa isa, const DepthwiseWeightsRow& row) noexcept {
  run_weights(isa)(row);
}

}  // namespace octet
