// Eight sums at a time: P pixels by V vectors of channels. One operand of every multiplication
// comes from memory, the other stays in a register.
#include "core/ops/depthwise_avx512.h"

#if defined(__x86_64__) && !defined(OCTET_REAL_DOUBLE)
#include <immintrin.h>

#include <algorithm>

#include "core/simd.h"

namespace octet {
namespace {

constexpr std::int64_t lanes = 16;

// The taps [lo, hi) of an axis whose source lies inside; next may be negative.
struct Taps {
  std::int64_t lo, hi;
};
Taps inside(const GatherAxis& a, std::int64_t q) noexcept {
  Taps t{0, a.taps};
  while (t.lo < t.hi && (a.at(q, t.lo) < 0 || a.at(q, t.lo) >= a.source)) ++t.lo;
  while (t.lo < t.hi && (a.at(q, t.hi - 1) < 0 || a.at(q, t.hi - 1) >= a.source)) --t.hi;
  return t;
}

// Where the taps [h.lo, h.hi) x [w.lo, w.hi) of pixel 0 of a block lie.
struct Block {
  const float* x;                   // tap (h.lo, w.lo) of the first pixel
  std::int64_t x_row, x_col, step;  // to the next tap of h, of w; to the next pixel
  const float* w;
  std::int64_t w_row, w_col;
  std::int64_t rows, cols;  // taps
  float* out;
  std::int64_t out_step;
  const float* bias;
  float beta;
  __mmask16 last;  // valid channels of the last vector
};

template <int V>
OCTET_INLINE OCTET_TARGET_AVX512 __mmask16 mask_of(int v, __mmask16 last) {
  return v + 1 == V ? last : static_cast<__mmask16>(0xffff);
}

template <int P, int V>
OCTET_INLINE OCTET_TARGET_AVX512 void pixels(const Block& b) {
  __m512 acc[P][V];
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const __mmask16 mask = mask_of<V>(v, b.last);
      acc[p][v] = b.bias ? _mm512_maskz_loadu_ps(mask, b.bias + v * lanes) : _mm512_setzero_ps();
      if (b.beta != 0) {
        acc[p][v] = _mm512_add_ps(acc[p][v],
                                  _mm512_maskz_loadu_ps(mask, b.out + p * b.out_step + v * lanes));
      }
    }
  }
  for (std::int64_t i = 0; i < b.rows; ++i) {
    const float* x = b.x + i * b.x_row;
    const float* w = b.w + i * b.w_row;
    for (std::int64_t j = 0; j < b.cols; ++j, x += b.x_col, w += b.w_col) {
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        const __mmask16 mask = mask_of<V>(v, b.last);
        const __m512 weight = _mm512_maskz_loadu_ps(mask, w + v * lanes);
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) {
          acc[p][v] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + p * b.step + v * lanes),
                                      weight, acc[p][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      _mm512_mask_storeu_ps(b.out + p * b.out_step + v * lanes, mask_of<V>(v, b.last), acc[p][v]);
    }
  }
}

// All pixels of a row for V vectors of channels, from channel c on.
template <int V>
OCTET_INLINE OCTET_TARGET_AVX512 void row_channels(const DepthwiseRow& a, Taps rows,
                                                   std::int64_t c) {
  constexpr int P = 8 / V;
  const auto block = [&](std::int64_t q, Taps cols) OCTET_TARGET_AVX512 {
    Block b;
    b.x_row = a.h.next * a.w.source * a.channels;
    b.x_col = a.w.next * a.channels;
    b.step = a.w.step * a.channels;
    b.x = a.source + (a.h.at(a.row, rows.lo) * a.w.source + a.w.at(q, cols.lo)) * a.channels + c;
    b.w = a.weights + rows.lo * a.tap_row + cols.lo * a.tap_col + c;
    b.w_row = a.tap_row;
    b.w_col = a.tap_col;
    b.rows = rows.hi - rows.lo;
    b.cols = cols.hi - cols.lo;
    b.out = a.out + q * a.out_step + c;
    b.out_step = a.out_step;
    b.bias = a.bias ? a.bias + c : nullptr;
    b.beta = a.beta;
    const std::int64_t last = std::min(lanes, a.channels - c - (V - 1) * lanes);
    b.last = static_cast<__mmask16>((1u << last) - 1);
    return b;
  };
  std::int64_t q = 0;
  for (; q < a.w.grid; ++q) {  // the left border
    const Taps cols = inside(a.w, q);
    if (cols.hi - cols.lo == a.w.taps) break;
    pixels<1, V>(block(q, cols));
  }
  const Taps all{0, a.w.taps};
  const auto whole = [&](std::int64_t p) {
    return p < a.w.grid && a.w.taps > 0 &&
           std::max(a.w.at(p, 0), a.w.at(p, a.w.taps - 1)) < a.w.source;
  };
  for (; whole(q + P - 1); q += P) pixels<P, V>(block(q, all));
  for (; q < a.w.grid; ++q) pixels<1, V>(block(q, inside(a.w, q)));
}

// K rows of taps, one column of taps, V vectors of channels: sums over pixels [begin, end).
struct WeightsBlock {
  const float* x;  // tap row 0, pixel 0
  std::int64_t x_row, step;
  const float* dy;
  std::int64_t dy_step;
  std::int64_t pixels;
  float* dw;
  std::int64_t dw_row;
  __mmask16 last;
};
template <int K, int V>
OCTET_INLINE OCTET_TARGET_AVX512 void weights(const WeightsBlock& b) {
  __m512 acc[K][V];
#pragma GCC unroll 3
  for (int k = 0; k < K; ++k) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      acc[k][v] = _mm512_maskz_loadu_ps(mask_of<V>(v, b.last), b.dw + k * b.dw_row + v * lanes);
    }
  }
  const float* x = b.x;
  const float* dy = b.dy;
  for (std::int64_t q = 0; q < b.pixels; ++q, x += b.step, dy += b.dy_step) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      const __mmask16 mask = mask_of<V>(v, b.last);
      const __m512 g = _mm512_maskz_loadu_ps(mask, dy + v * lanes);
#pragma GCC unroll 3
      for (int k = 0; k < K; ++k) {
        acc[k][v] =
            _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + k * b.x_row + v * lanes), g, acc[k][v]);
      }
    }
  }
#pragma GCC unroll 3
  for (int k = 0; k < K; ++k) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      _mm512_mask_storeu_ps(b.dw + k * b.dw_row + v * lanes, mask_of<V>(v, b.last), acc[k][v]);
    }
  }
}

template <int V>
OCTET_INLINE OCTET_TARGET_AVX512 void weights_channels(const DepthwiseWeightsRow& a, Taps rows,
                                                       std::int64_t c) {
  const std::int64_t last = std::min(lanes, a.channels - c - (V - 1) * lanes);
  WeightsBlock b;
  b.last = static_cast<__mmask16>((1u << last) - 1);
  b.x_row = a.h.next * a.w.source * a.channels;
  b.step = a.w.step * a.channels;
  b.dy_step = a.channels;
  b.dw_row = a.w.taps * a.channels;
  for (std::int64_t j = 0; j < a.w.taps; ++j) {
    // Pixels q with 0 <= q step + shift < source.
    const std::int64_t shift = a.w.first + j * a.w.next, reach = a.w.source - 1 - shift;
    const std::int64_t begin = shift < 0 ? (-shift + a.w.step - 1) / a.w.step : 0;
    const std::int64_t end = reach < 0 ? 0 : std::min(a.w.grid, reach / a.w.step + 1);
    b.pixels = end - begin;
    if (b.pixels <= 0) continue;
    b.dy = a.dy + begin * a.channels + c;
    for (std::int64_t i = rows.lo; i < rows.hi;) {
      b.x = a.x + (a.h.at(a.row, i) * a.w.source + begin * a.w.step + shift) * a.channels + c;
      b.dw = a.dw + (i * a.w.taps + j) * a.channels + c;
      const std::int64_t left = rows.hi - i;
      if (left >= 3) {
        weights<3, V>(b);
      } else if (left == 2) {
        weights<2, V>(b);
      } else {
        weights<1, V>(b);
      }
      i += std::min<std::int64_t>(left, 3);
    }
  }
}

}  // namespace

OCTET_TARGET_AVX512 void depthwise_row_avx512(const DepthwiseRow& a) noexcept {
  const Taps rows = inside(a.h, a.row);
  std::int64_t c = 0;
  for (; a.channels - c > 2 * lanes; c += 4 * lanes) {
    if (a.channels - c <= 3 * lanes) {  // three vectors: two and one
      row_channels<2>(a, rows, c);
      row_channels<1>(a, rows, c + 2 * lanes);
      return;
    }
    row_channels<4>(a, rows, c);
  }
  if (a.channels - c > lanes) {
    row_channels<2>(a, rows, c);
  } else if (a.channels > c) {
    row_channels<1>(a, rows, c);
  }
}

OCTET_TARGET_AVX512 void depthwise_weights_row_avx512(const DepthwiseWeightsRow& a) noexcept {
  const Taps rows = inside(a.h, a.row);
  std::int64_t c = 0;
  for (; a.channels - c > lanes; c += 2 * lanes) weights_channels<2>(a, rows, c);
  if (a.channels > c) weights_channels<1>(a, rows, c);
}

}  // namespace octet
#endif
