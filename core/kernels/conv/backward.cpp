// The gradients of a convolution: tile by tile of the batch where its kernels allow it, so that a
// tile of dy is read, or made, while it is in the second-level cache.
#include <algorithm>
#include <numeric>
#include <utility>

#include "core/kernels/common.h"
#include "core/kernels/conv/direct.h"
#include "core/kernels/conv/gradients.h"
#include "core/kernels/conv/kernels.h"

namespace octet {
namespace {

constexpr std::int64_t tile_reals = 64 * 1024;  // of x, dx and dy together

// A 1x1 convolution's images may be cut anywhere: as more and smaller ones.
ConvShape cut_images(ConvShape s) {
  const std::int64_t pixels = s.in_h * s.in_w;
  if (!is_pointwise(s) || pixels == 0) return s;
  std::int64_t parts = ceil_div(pixels * (2 * s.in_c + s.out_c), tile_reals);
  while (pixels % parts != 0) ++parts;
  constexpr std::int64_t least_pixels = 64;
  if (pixels / parts < least_pixels) return s;
  s.batch *= parts;
  s.in_h = s.out_h = 1;
  s.in_w = s.out_w = pixels / parts;
  return s;
}

// Images whose data fit the second-level cache, by shape alone.
struct BatchTiles {
  explicit BatchTiles(const ConvShape& s) {
    constexpr std::int64_t least_pixels = 128;
    const std::int64_t all = std::max<std::int64_t>(2 * s.input_size() + s.output_size(), 1);
    images = std::max(tile_reals / all,
                      ceil_div(least_pixels, std::max<std::int64_t>(s.out_h * s.out_w, 1)));
    // See LazyGradient: a tile begins at a multiple of 8 values.
    const std::int64_t step = 8 / std::gcd(std::int64_t{8}, s.output_size());
    images = ceil_div(images, step) * step;
    count = ceil_div(s.batch, images);
    batch = s.batch;
  }

  struct Images {
    std::int64_t first, count;
  };
  /// None behind the last one.
  Images tile(std::int64_t i) const noexcept {
    const std::int64_t first = std::min(i * images, batch);
    return {first, std::min(images, batch - first)};
  }
  std::int64_t images, count, batch;
};

class Backward {
 public:
  Backward(Context& ctx, const ConvShape& s, const ConvInput& x, const ConvWeights& w,
           ConvTarget dx, ConvTarget dw)
      : ctx_(ctx), s_(s), x_(x), w_(w), dx_(std::move(dx)), dw_(std::move(dw)) {
    if (is_depthwise(s_)) {
      if (s_.in_c != s_.out_c) return;
      if (dx_.wanted()) of_input_ = depthwise_input_gradient(ctx_, s_, w_);
      if (dw_.wanted()) of_weights_ = depthwise_weights_gradient(ctx_.isa, s_, x_);
    } else {
      if (dx_.wanted()) groups_ = direct_backward_groups(ctx_.isa, s_);
      if (dx_.wanted() && !groups_) of_input_ = direct_input_gradient(ctx_, s_, w_);
      if (dw_.wanted()) of_weights_ = direct_weights_gradient(ctx_.isa, s_, x_);
    }
  }

  // Both gradients of a tile before the next one; false where that does not work.
  bool tiled(const ConvGradient& dy) {
    constexpr std::int64_t least_tiles = 4;  // else threads have too little to do
    const BatchTiles batch(s_);
    const bool reads_twice = of_input_ && of_weights_;
    if ((dx_.wanted() && !of_input_) || (dw_.wanted() && !of_weights_) ||
        batch.count < least_tiles || !(dy.lazy || reads_twice)) {
      return false;
    }
    const std::int64_t made = dy.lazy ? whole_vectors(batch.images * s_.output_size()) : 0;
    // The last tile may be cut into larger tiles than the others.
    const std::int64_t last = batch.tile(batch.count - 1).count;
    const std::int64_t room = made + std::max(room_for(batch.images), room_for(last));
    const Scratch scratch(ctx_, room * ctx_.threads.size());
    // A tile of dy is read before the same tile of dx is written: one gradient's memory for both.
    if (dy.lazy) dx_.take_over(dy.lazy->source());
    dx_.take(ctx_);
    dw_.take(ctx_);
    if (dy.lazy) dy.lazy->begin(batch.count);
    add_partials(batch.count, [&](std::int64_t begin, std::int64_t end, real* sum, int worker) {
      real* const mine = scratch.get() + worker * room;
      for (std::int64_t tile = begin; tile < end; ++tile) {
        Prefetch prefetch = after(batch.tile(tile), batch.tile(tile + 1), dy);
        run(tile, batch.tile(tile), dy, mine, mine + made, sum, prefetch);
      }
    });
    return true;
  }

  // The weights' gradients first: their sums are gone when dx takes its memory.
  void one_by_one(const real* dy) {
    if (dw_.wanted()) {
      dw_.take(ctx_);
      if (of_weights_) {
        weights_by_tiles(dy);
      } else {
        weights_otherwise(dy);
      }
    }
    if (dx_.wanted()) {
      dx_.take(ctx_);
      if (of_input_) {
        input_by_tiles(dy);
      } else {
        input_otherwise(dy);
      }
    }
  }

 private:
  // Everything that a tile of images needs.
  void run(std::int64_t tile, BatchTiles::Images images, const ConvGradient& dy, real* made,
           real* scratch, real* sum, Prefetch& prefetch) const noexcept {
    const auto [first, n] = images;
    const real* gradient = made;
    if (dy.lazy) {
      dy.lazy->make(tile, first * s_.output_size(), n * s_.output_size(), made);
    } else {
      gradient = dy.values + first * s_.output_size();
    }
    if (of_input_) {
      of_input_->run(n, 0, of_input_->tiles(n), gradient, dx_.to + first * s_.input_size(),
                     dx_.beta, scratch, prefetch);
    }
    if (of_weights_) {
      of_weights_->run(n, 0, of_weights_->tiles(n), x_.from(first * s_.input_size()), gradient, sum,
                       scratch);
    }
  }

  // What is read after a tile's first product, to be fetched during it: x of the second one, and
  // what the next tile's dy is made of.
  Prefetch after(BatchTiles::Images images, BatchTiles::Images next,
                 const ConvGradient& dy) const noexcept {
    Prefetch prefetch;
    if (fits_second_level(s_)) return prefetch;
    if (of_weights_) {
      const ConvInput x = x_.from(images.first * s_.input_size());
      const std::int64_t n = images.count * s_.input_size();
      x.reals ? prefetch.add(x.reals, n) : prefetch.add(x.codes, n);
    }
    if (dy.lazy) {
      const std::int64_t row = s_.output_size();
      dy.lazy->add_inputs(next.first * row, next.count * row, prefetch);
    }
    return prefetch;
  }

  static std::int64_t whole_vectors(std::int64_t n) { return ceil_div(n, 16) * 16; }
  std::int64_t room_for(std::int64_t images) const {
    const std::int64_t input = of_input_ ? of_input_->room(images) : 0;
    return whole_vectors(std::max(input, of_weights_ ? of_weights_->room(images) : 0));
  }

  // f(begin, end, sum, worker) for runs of [0, n): one for each partial sum of the weights'
  // gradients, where those are wanted; partial sums are added in order.
  template <class F>
  void add_partials(std::int64_t n, const F& f) const {
    if (!of_weights_) {
      ctx_.threads.run(n, [&](std::int64_t i, int worker) { f(i, i + 1, nullptr, worker); });
      return;
    }
    const std::int64_t size = of_weights_->depth * of_weights_->width;
    const std::int64_t partials = std::min(n, of_weights_->most_partials);
    const Scratch sums(ctx_, partials * size);
    ctx_.threads.run(partials, [&](std::int64_t task, int worker) {
      real* const sum = sums.get() + task * size;
      std::fill_n(sum, size, real(0));
      f(n * task / partials, n * (task + 1) / partials, sum, worker);
    });
    add_partial_sums(ctx_, {sums.get(), partials, of_weights_->depth, of_weights_->width}, s_.out_c,
                     dw_.to, dw_.beta);
  }

  void input_by_tiles(const real* dy) const {
    const std::int64_t room = of_input_->room(s_.batch);
    const Scratch scratch(ctx_, room * ctx_.threads.size());
    ctx_.threads.run(of_input_->tiles(s_.batch), [&](std::int64_t tile, int worker) {
      Prefetch prefetch;
      of_input_->run(s_.batch, tile, tile + 1, dy, dx_.to, dx_.beta, scratch.get() + worker * room,
                     prefetch);
    });
  }

  void weights_by_tiles(const real* dy) const {
    const std::int64_t room = of_weights_->room(s_.batch);
    const Scratch scratch(ctx_, room * ctx_.threads.size());
    add_partials(of_weights_->tiles(s_.batch), [&](std::int64_t begin, std::int64_t end, real* sum,
                                                   int worker) {
      of_weights_->run(s_.batch, begin, end, x_, dy, sum, scratch.get() + worker * room);
    });
  }

  void input_otherwise(const real* dy) const {
    if (!is_depthwise(s_)) {
      (groups_ ? groups_ : dense_backward_input)(ctx_, s_, w_, dy, dx_.to, dx_.beta);
      return;
    }
    const ConvShape r = repeated(s_);
    const std::int64_t times = s_.out_c / s_.in_c;
    const Scratch wide(ctx_, r.batch * r.input_size());
    conv_backward_input(ctx_, r, w_, dy, wide.get(), 0);
    for_blocks(ctx_, s_.batch * s_.input_size(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        real sum = 0;
        for (std::int64_t m = 0; m < times; ++m) sum += wide.get()[i * times + m];
        dx_.to[i] = dx_.beta == 0 ? sum : dx_.to[i] + sum;
      }
    });
  }

  void weights_otherwise(const real* dy) const {
    const std::int64_t n = s_.batch * s_.input_size();
    const Scratch copied(ctx_, x_.reals ? 0 : n);
    if (!x_.reals) {
      for_blocks(ctx_, n, [&](std::int64_t begin, std::int64_t end) {
        x_.copy(begin, end - begin, copied.get() + begin);
      });
    }
    const real* const reals = x_.reals ? x_.reals : copied.get();
    if (!is_depthwise(s_)) {
      dense_backward_weights(ctx_, s_, reals, dy, dw_.to, dw_.beta);
      return;
    }
    const ConvShape r = repeated(s_);
    const Scratch wide(ctx_, r.batch * r.input_size());
    repeat_channels(ctx_, s_, reals, wide.get());
    conv_backward_weights(ctx_, r, wide.get(), dy, dw_.to, dw_.beta);
  }

  Context& ctx_;
  const ConvShape& s_;
  const ConvInput& x_;
  const ConvWeights& w_;
  ConvTarget dx_, dw_;
  decltype(&dense_backward_input) groups_ = nullptr;
  std::unique_ptr<InputGradient> of_input_;
  std::unique_ptr<WeightsGradient> of_weights_;
};

}  // namespace

void conv_backward(Context& ctx, const ConvShape& shape, const ConvInput& x, const ConvWeights& w,
                   const ConvGradient& dy, ConvTarget dx, ConvTarget dw) {
  const ConvShape s = cut_images(shape);
  Backward backward(ctx, s, x, w, std::move(dx), std::move(dw));
  if (backward.tiled(dy)) return;
  const Tensor made = dy.lazy ? make_all(ctx, *dy.lazy) : Tensor();
  backward.one_by_one(dy.lazy ? made.r() : dy.values);
}

}  // namespace octet
