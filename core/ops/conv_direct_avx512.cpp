#include "core/ops/conv_direct_kernels.h"
#include "core/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

namespace octet {
namespace {

constexpr int lanes = 16;
constexpr int most = 14;  // rows of a block: with two vectors a row, 28 of the 32 registers

// Cuts n into blocks of nearly equal size, at most `most`: f(begin, size).
template <class F>
void equal_blocks(std::int64_t n, const F& f) {
  const std::int64_t blocks = (n + most - 1) / most;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t begin = n * i / blocks;
    f(begin, n * (i + 1) / blocks - begin);
  }
}

struct ForwardBlock {
  const float* x;
  std::int64_t step, tap_row, runs, run;
  const float* w;
  std::int64_t w_channels;
  const float* bias;
  float beta;
  float* y;
  std::int64_t channels;
  __mmask16 last;  // valid channels of the last vector
};

// The mask of vector v of V.
template <int V>
OCTET_INLINE __mmask16 mask_of(int v, __mmask16 last) {
  return v + 1 == V ? last : static_cast<__mmask16>(0xffff);
}

// P pixels by V vectors of output channels.
template <int P, int V>
OCTET_TARGET_AVX512 void forward_block(const ForwardBlock& b) noexcept {
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
  constexpr int bases = (P + 2) / 3;  // pixel p: base p / 3, p % 3 steps on: few address registers
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

struct WeightsBlock {
  const float* x;
  std::int64_t row, step, rows, cols;
  const float* dy;
  std::int64_t channels;
  __mmask16 last;  // valid channels of the last vector
  float* dw;
  std::int64_t w_channels;
};

// R values of a run by V vectors of output channels, summed over all pixels.
template <int R, int V>
OCTET_TARGET_AVX512 void weights_block(const WeightsBlock& b) noexcept {
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

template <int V, std::size_t... I>
constexpr auto forward_table(std::index_sequence<I...>) {
  return std::array{&forward_block<static_cast<int>(I) + 1, V>...};
}
template <int V, std::size_t... I>
constexpr auto weights_table(std::index_sequence<I...>) {
  return std::array{&weights_block<static_cast<int>(I) + 1, V>...};
}

using Sizes = std::make_index_sequence<most>;
constexpr std::array forward_blocks = {forward_table<1>(Sizes()), forward_table<2>(Sizes())};
constexpr std::array weights_blocks = {weights_table<1>(Sizes()), weights_table<2>(Sizes())};

// f(first channel, vectors - 1, mask of the last vector): pairs of vectors, then a single one.
template <class F>
void channel_blocks(std::int64_t channels, const F& f) {
  for (std::int64_t c = 0; c < channels; c += 2 * lanes) {
    const std::int64_t left = channels - c;
    const std::int64_t last = left > lanes ? std::min<std::int64_t>(left - lanes, lanes) : left;
    f(c, left > lanes ? std::size_t{1} : std::size_t{0}, static_cast<__mmask16>((1u << last) - 1));
  }
}

void forward(const DirectRows& r, const float* w, const float* bias, float beta,
             float* y) noexcept {
  channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, __mmask16 last) {
    for (std::int64_t i = 0; i < r.rows; ++i) {
      equal_blocks(r.cols, [&](std::int64_t q, std::int64_t n) {
        forward_blocks[v][static_cast<std::size_t>(n - 1)](
            {r.source + i * r.row + q * r.step, r.step, r.tap_row, r.runs, r.run,
             w + c * r.runs * r.run, std::min<std::int64_t>(2 * lanes, r.w_channels - c),
             bias ? bias + c : nullptr, beta, y + (i * r.cols + q) * r.channels + c, r.channels,
             last});
      });
    }
  });
}

void backward_weights(const DirectRows& r, const float* dy, float* dw) noexcept {
  for (std::int64_t k = 0; k < r.runs; ++k) {
    equal_blocks(r.run, [&](std::int64_t begin, std::int64_t n) {
      channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, __mmask16 last) {
        weights_blocks[v][static_cast<std::size_t>(n - 1)](
            {r.source + k * r.tap_row + begin, r.row, r.step, r.rows, r.cols, dy + c, r.channels,
             last, dw + (k * r.run + begin) * r.w_channels + c, r.w_channels});
      });
    });
  }
}

constexpr DirectKernels kernels = {lanes, forward, backward_weights};

}  // namespace

const DirectKernels* direct_kernels() noexcept {
  return simd_level() == Simd::avx512 ? &kernels : nullptr;
}

}  // namespace octet

#else

namespace octet {

const DirectKernels* direct_kernels() noexcept {
  return nullptr;
}

}  // namespace octet

#endif
