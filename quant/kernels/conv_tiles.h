// A quantized convolution in training runs in tiles, so that the accumulators are still in the
// cache when statistics or codes are made of them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/context.h"
#include "int8/kernels/packed_conv.h"

namespace octet::quant {

/// Tiles are cut by shape alone. A row is one output pixel with all its channels. Every tile but
/// the last has a multiple of 8 values, so that tiles never share a byte of a mask.
class ConvTiles {
 public:
  ConvTiles(const ConvGeometry& g, std::int64_t batch);

  std::int64_t count() const noexcept { return count_; }

  /// Calls f(tile, first row, rows, accumulators [rows, out_c]) for every tile, on ctx.threads.
  /// The accumulators are in `all` ([batch * out_h * out_w, out_c]) if given, else in memory that
  /// is used again.
  template <class F>
  void run(Context& ctx, const int8::PackedConv& conv, const std::int8_t* x,
           std::int32_t input_zero_point, std::int32_t* all, const F& f) const {
    const std::int64_t acc_size = all ? 0 : (cut_images_ ? rows_ : total_rows_) * channels_;
    const int workers = cut_images_ ? ctx.threads.size() : 1;
    const auto scratch_size =
        static_cast<std::int64_t>(conv.scratch_bytes(cut_images_ ? 1 : ctx.threads.size(), batch_) +
                                  63) /
        64 * 64;
    Tensor own = ctx.empty({workers * acc_size}, ElementType::i32);
    Tensor scratch = ctx.empty({workers * scratch_size}, ElementType::u8);
    std::int32_t* const acc = own.data<std::int32_t>();
    if (!cut_images_) {
      std::int32_t* const to = all ? all : acc;
      conv.run_accumulators(x, input_zero_point, to, batch_, ctx.threads, scratch.raw());
      for_rows(ctx, to, f);
      return;
    }
    ctx.threads.run(count_, [&](std::int64_t tile, int worker) {
      ThreadPool one;
      const std::int64_t first = tile * rows_, rows = std::min(rows_, total_rows_ - first);
      std::int32_t* const to = all ? all + first * channels_ : acc + worker * acc_size;
      conv.run_accumulators(x + first / image_rows_ * image_size_, input_zero_point, to,
                            rows / image_rows_, one, scratch.raw() + worker * scratch_size);
      f(tile, first, rows, to);
    });
  }

  /// The same calls for accumulators that are there.
  template <class F>
  void for_rows(Context& ctx, const std::int32_t* all, const F& f) const {
    ctx.threads.run(count_, [&](std::int64_t tile, int) {
      const std::int64_t first = tile * rows_;
      f(tile, first, std::min(rows_, total_rows_ - first), all + first * channels_);
    });
  }

 private:
  std::int64_t batch_, channels_;
  std::int64_t image_rows_, image_size_;  // output rows, input values of an image
  std::int64_t total_rows_, rows_, count_;
  bool cut_images_;  // else one run of the convolution, and tiles of its rows
};

}  // namespace octet::quant
