// How rows of output pixels are cut into register blocks, for any vector length. Not for users of
// the library.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/kernels/conv/direct_kernels.h"

namespace octet {

/// Some pixels of one row by one or two vectors of output channels.
struct ForwardBlock {
  const float* x;
  std::int64_t step, tap_row, runs, run;
  const float* w;
  std::int64_t w_channels;
  const float* bias;
  float beta;
  float* y;
  std::int64_t channels;
  int last;  ///< valid channels of the last vector
};

/// Some values of a run by one or two vectors of output channels, summed over all pixels.
struct WeightsBlock {
  const float* x;
  std::int64_t row, step, rows, cols;
  const float* dy;
  std::int64_t channels;
  int last;  ///< valid channels of the last vector
  float* dw;
  std::int64_t w_channels;
};

/// DirectKernels made of an instruction set's register blocks, `lanes` floats a vector. `Blocks`
/// has
///   most                      pixels, or values of a run, that a block takes at most
///   forward<P, V>, weights<R, V>   the blocks, 1 <= P, R <= most, V 1 or 2 vectors
template <class Blocks, std::int64_t lanes>
class DirectBlocks {
 public:
  static constexpr DirectKernels kernels() { return {lanes, forward, backward_weights}; }

 private:
  static void forward(const DirectRows& r, const float* w, const float* bias, float beta,
                      float* y) noexcept {
    const std::int64_t depth = r.runs * r.run;
    if (r.prefetch) {
      r.prefetch->spread(r.rows * blocks(r.cols, Blocks::most) * blocks(r.channels, 2 * lanes));
    }
    const auto block = [&](std::int64_t i, std::int64_t q, std::int64_t n, std::int64_t c,
                           std::size_t v, int last) {
      if (r.prefetch) r.prefetch->step();
      forward_blocks[v][static_cast<std::size_t>(n - 1)](
          {r.source + i * r.row + q * r.step, r.step, r.tap_row, r.runs, r.run, w + c * depth,
           std::min<std::int64_t>(2 * lanes, r.w_channels - c), bias ? bias + c : nullptr, beta,
           y + (i * r.cols + q) * r.y_step + c, r.y_step, last});
    };
    // Weights that stay in the first-level cache: the pixels once, in the order of memory.
    if (depth * r.w_channels <= first_level_weights) {
      for (std::int64_t i = 0; i < r.rows; ++i) {
        equal_blocks(r.cols, [&](std::int64_t q, std::int64_t n) {
          channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, int last) {
            block(i, q, n, c, v, last);
          });
        });
      }
      return;
    }
    channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, int last) {
      for (std::int64_t i = 0; i < r.rows; ++i) {
        equal_blocks(r.cols, [&](std::int64_t q, std::int64_t n) { block(i, q, n, c, v, last); });
      }
    });
  }

  static void backward_weights(const DirectRows& r, const float* dy, float* dw) noexcept {
    const auto block = [&](std::int64_t k, std::int64_t begin, std::int64_t n, std::int64_t c,
                           std::size_t v, int last) {
      weights_blocks[v][static_cast<std::size_t>(n - 1)](
          {r.source + k * r.tap_row + begin, r.row, r.step, r.rows, r.cols, dy + c, r.channels,
           last, dw + (k * r.run + begin) * r.w_channels + c, r.w_channels});
    };
    const std::int64_t pixels = r.rows * r.cols;
    if (r.channels <= r.runs * r.run) {
      for (std::int64_t k = 0; k < r.runs; ++k) {
        equal_blocks(r.run, [&](std::int64_t begin, std::int64_t n) {
          channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, int last) {
            block(k, begin, n, c, v, last);
          });
        });
      }
      return;
    }
    // Few values to many channels: read dy once, and meanwhile fetch the next tile's.
    channel_blocks(r.channels, [&](std::int64_t c, std::size_t v, int last) {
      fetch(dy + (r.channels + c) * pixels, std::min(2 * lanes, r.channels - c) * pixels);
      for (std::int64_t k = 0; k < r.runs; ++k) {
        equal_blocks(r.run,
                     [&](std::int64_t begin, std::int64_t n) { block(k, begin, n, c, v, last); });
      }
    });
  }

  // To the second level: the hardware does not foresee blocks of channels.
  static void fetch(const float* p, std::int64_t values) {
    constexpr std::int64_t line = 16;
    for (std::int64_t i = 0; i < values; i += line) __builtin_prefetch(p + i, 0, 2);
  }

  static constexpr std::int64_t first_level_weights = 6144;

  static std::int64_t blocks(std::int64_t n, std::int64_t most) { return (n + most - 1) / most; }

  // Cuts n into blocks of nearly equal size: f(begin, size).
  template <class F>
  static void equal_blocks(std::int64_t n, const F& f) {
    const std::int64_t count = blocks(n, Blocks::most);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t begin = n * i / count;
      f(begin, n * (i + 1) / count - begin);
    }
  }

  // f(first channel, vectors - 1, valid channels of the last vector): pairs of vectors, then a
  // single one.
  template <class F>
  static void channel_blocks(std::int64_t channels, const F& f) {
    for (std::int64_t c = 0; c < channels; c += 2 * lanes) {
      const std::int64_t left = channels - c;
      const std::int64_t last = left > lanes ? std::min(left - lanes, lanes) : left;
      f(c, left > lanes ? std::size_t{1} : std::size_t{0}, static_cast<int>(last));
    }
  }

  template <int V, std::size_t... I>
  static constexpr auto forward_table(std::index_sequence<I...>) {
    return std::array{&Blocks::template forward<static_cast<int>(I) + 1, V>...};
  }
  template <int V, std::size_t... I>
  static constexpr auto weights_table(std::index_sequence<I...>) {
    return std::array{&Blocks::template weights<static_cast<int>(I) + 1, V>...};
  }
  using Sizes = std::make_index_sequence<Blocks::most>;
  static constexpr std::array forward_blocks = {forward_table<1>(Sizes()),
                                                forward_table<2>(Sizes())};
  static constexpr std::array weights_blocks = {weights_table<1>(Sizes()),
                                                weights_table<2>(Sizes())};
};

}  // namespace octet
