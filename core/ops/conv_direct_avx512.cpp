// The register blocks of direct convolution with AVX-512.
#include "core/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "core/ops/conv_direct_blocks.h"

namespace octet {
namespace {

// The mask of vector v of V, the last of which has `last` valid channels.
template <int V>
OCTET_INLINE __mmask16 mask_of(int v, int last) {
  return static_cast<__mmask16>(v + 1 == V ? (1u << last) - 1 : 0xffffu);
}

struct Avx512Blocks {
  static constexpr int lanes = 16;
  static constexpr int most = 14;  // with two vectors a row, 28 of the 32 registers

  // P pixels by V vectors of output channels.
  template <int P, int V>
  OCTET_TARGET_AVX512 static void forward(const ForwardBlock& b) noexcept {
    __m512 acc[P][V];
#pragma GCC unroll 14
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) {
        acc[p][v] = b.bias ? _mm512_loadu_ps(b.bias + v * lanes) : _mm512_setzero_ps();
        if (b.beta != 0) {
          acc[p][v] = _mm512_add_ps(
              acc[p][v],
              _mm512_maskz_loadu_ps(mask_of<V>(v, b.last), b.y + p * b.channels + v * lanes));
        }
      }
    }
    constexpr int bases = (P + 2) / 3;  // pixel p is p % 3 steps after base p / 3
    const std::int64_t step = b.step;
    const float* w = b.w;
    for (std::int64_t i = 0; i < b.runs; ++i) {
      const float* base[bases];
#pragma GCC unroll 5
      for (int k = 0; k < bases; ++k) base[k] = b.x + i * b.tap_row + 3 * k * step;
      for (std::int64_t r = 0; r < b.run; ++r, w += b.w_channels) {
        __m512 weight[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) weight[v] = _mm512_loadu_ps(w + v * lanes);
#pragma GCC unroll 14
        for (int p = 0; p < P; ++p) {
          const __m512 x = _mm512_set1_ps(base[p / 3][p % 3 * step]);
#pragma GCC unroll 2
          for (int v = 0; v < V; ++v) acc[p][v] = _mm512_fmadd_ps(x, weight[v], acc[p][v]);
        }
#pragma GCC unroll 5
        for (int k = 0; k < bases; ++k) ++base[k];
      }
    }
#pragma GCC unroll 14
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v)
        _mm512_mask_storeu_ps(b.y + p * b.channels + v * lanes, mask_of<V>(v, b.last), acc[p][v]);
    }
  }

  // R values of a run by V vectors of output channels, summed over all pixels.
  template <int R, int V>
  OCTET_TARGET_AVX512 static void weights(const WeightsBlock& b) noexcept {
    __m512 acc[R][V];
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[r][v] = _mm512_loadu_ps(b.dw + r * b.w_channels + v * lanes);
    }
    const float* dy = b.dy;
    for (std::int64_t i = 0; i < b.rows; ++i) {
      const float* x = b.x + i * b.row;
      for (std::int64_t q = 0; q < b.cols; ++q, x += b.step, dy += b.channels) {
        __m512 g[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v)
          g[v] = _mm512_maskz_loadu_ps(mask_of<V>(v, b.last), dy + v * lanes);
#pragma GCC unroll 14
        for (int r = 0; r < R; ++r) {
          const __m512 value = _mm512_set1_ps(x[r]);
#pragma GCC unroll 2
          for (int v = 0; v < V; ++v) acc[r][v] = _mm512_fmadd_ps(value, g[v], acc[r][v]);
        }
      }
    }
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) _mm512_storeu_ps(b.dw + r * b.w_channels + v * lanes, acc[r][v]);
    }
  }
};

constexpr DirectKernels kernels = DirectBlocks<Avx512Blocks>::kernels();

}  // namespace

const DirectKernels* direct_avx512() noexcept {
  return &kernels;
}

}  // namespace octet

#endif
