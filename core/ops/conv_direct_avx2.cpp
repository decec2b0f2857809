// The register blocks of direct convolution with AVX2.
#include "core/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "core/ops/conv_direct_blocks.h"

namespace octet {
namespace {

// All ones in the first `count` lanes.
OCTET_TARGET_AVX2 OCTET_INLINE __m256i first_lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// Vector v of V, the last of which has `last` valid channels.
template <int V>
OCTET_TARGET_AVX2 OCTET_INLINE __m256 load(const float* from, int v, int last) {
  return v + 1 == V ? _mm256_maskload_ps(from, first_lanes(last)) : _mm256_loadu_ps(from);
}

// A masked store takes a dozen cycles on some CPUs.
template <int V>
OCTET_TARGET_AVX2 OCTET_INLINE void store(float* to, int v, int last, __m256 value) {
  if (v + 1 < V || last == 8) {
    _mm256_storeu_ps(to, value);
  } else {
    _mm256_maskstore_ps(to, first_lanes(last), value);
  }
}

struct Avx2Blocks {
  static constexpr int lanes = 8;
  static constexpr int most = 6;  // with two vectors a row, 12 of the 16 registers

  // P pixels by V vectors of output channels.
  template <int P, int V>
  OCTET_TARGET_AVX2 static void forward(const ForwardBlock& b) noexcept {
    __m256 acc[P][V];
#pragma GCC unroll 6
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) {
        acc[p][v] = b.bias ? _mm256_loadu_ps(b.bias + v * lanes) : _mm256_setzero_ps();
        if (b.beta != 0) {
          acc[p][v] =
              _mm256_add_ps(acc[p][v], load<V>(b.y + p * b.channels + v * lanes, v, b.last));
        }
      }
    }
    constexpr int bases = (P + 2) / 3;  // pixel p is p % 3 steps after base p / 3
    const std::int64_t step = b.step;
    const float* w = b.w;
    for (std::int64_t i = 0; i < b.runs; ++i) {
      const float* base[bases];
#pragma GCC unroll 2
      for (int k = 0; k < bases; ++k) base[k] = b.x + i * b.tap_row + 3 * k * step;
      for (std::int64_t r = 0; r < b.run; ++r, w += b.w_channels) {
        __m256 weight[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) weight[v] = _mm256_loadu_ps(w + v * lanes);
#pragma GCC unroll 6
        for (int p = 0; p < P; ++p) {
          const __m256 x = _mm256_set1_ps(base[p / 3][p % 3 * step]);
#pragma GCC unroll 2
          for (int v = 0; v < V; ++v) acc[p][v] = _mm256_fmadd_ps(x, weight[v], acc[p][v]);
        }
#pragma GCC unroll 2
        for (int k = 0; k < bases; ++k) ++base[k];
      }
    }
#pragma GCC unroll 6
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) store<V>(b.y + p * b.channels + v * lanes, v, b.last, acc[p][v]);
    }
  }

  // R values of a run by V vectors of output channels, summed over all pixels.
  template <int R, int V>
  OCTET_TARGET_AVX2 static void weights(const WeightsBlock& b) noexcept {
    __m256 acc[R][V];
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[r][v] = _mm256_loadu_ps(b.dw + r * b.w_channels + v * lanes);
    }
    const float* dy = b.dy;
    for (std::int64_t i = 0; i < b.rows; ++i) {
      const float* x = b.x + i * b.row;
      for (std::int64_t q = 0; q < b.cols; ++q, x += b.step, dy += b.channels) {
        __m256 g[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) g[v] = load<V>(dy + v * lanes, v, b.last);
#pragma GCC unroll 6
        for (int r = 0; r < R; ++r) {
          const __m256 value = _mm256_set1_ps(x[r]);
#pragma GCC unroll 2
          for (int v = 0; v < V; ++v) acc[r][v] = _mm256_fmadd_ps(value, g[v], acc[r][v]);
        }
      }
    }
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) _mm256_storeu_ps(b.dw + r * b.w_channels + v * lanes, acc[r][v]);
    }
  }
};

constexpr DirectKernels kernels = DirectBlocks<Avx2Blocks>::kernels();

}  // namespace

const DirectKernels* direct_avx2() noexcept {
  return &kernels;
}

}  // namespace octet

#endif
