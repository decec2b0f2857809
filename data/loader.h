// Batches of a data set, in an order and with an augmentation that depend on the seed alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "base/forked.h"
#include "data/dataset.h"
#include "data/transform.h"

namespace octet {

/// What a Loader gives for a step.
struct Batch {
  Tensor x;  ///< real [B, H, W, C], normalized
  Tensor y;  ///< i32 [B], real [B, K] or i32 [B, H, W], by Dataset::target()
  /// With Augmentation::mixup each sample of x is `share` of its own and 1 - share of another one,
  /// whose target is in mixed_y, of y's type and shape: the loss is to be
  /// share loss(y) + (1 - share) loss(mixed_y). Values in y are blended themselves and need no such
  /// thing: then, and without mixup, mixed_y is undefined.
  Tensor mixed_y = {};
  double share = 1;
  /// With LoaderOptions::part: the part of this batch has no sample; what is here is one that must
  /// not count (core/communicator.h: IdleScope).
  bool empty = false;
};

/// One of `count` parts of each batch, which a member of a data-parallel training reads: samples
/// [n index / count, n (index + 1) / count) of a batch of n.
struct BatchPart {
  int index = 0, count = 1;
};

/// `auto& [x, y] = batch`: what most loops take of a batch.
template <std::size_t I>
auto& get(Batch& b) noexcept {
  return I == 0 ? b.x : b.y;
}
/// The same of a constant batch.
template <std::size_t I>
const auto& get(const Batch& b) noexcept {
  return I == 0 ? b.x : b.y;
}
/// The same of a temporary.
template <std::size_t I>
Tensor&& get(Batch&& b) noexcept {
  return std::move(I == 0 ? b.x : b.y);
}

/// Changes one sample after normalization, in place: pixels [H, W, C]. Called on the loader's
/// threads; must depend on its arguments only, or results stop being reproducible. May throw.
using SampleTransform =
    std::function<void(std::span<real> pixels, std::uint64_t epoch, std::int64_t sample)>;

/// Order, size and making of batches.
struct LoaderOptions {
  int batch = 32;
  /// Order: a permutation keyed by (seed, epoch), or that of the data set.
  bool shuffle = false;
  std::uint64_t seed = 0;
  /// Leaves out the last batch of an epoch if it is smaller.
  bool drop_last = false;
  TransformOptions transform = {};
  SampleTransform custom = {};
  /// Batches prepared ahead by a background thread; 0: none, in the calling thread. The batches are
  /// the same.
  int prefetch = 2;
  /// Threads that make the samples of a batch: more than 1 for pictures that are read from a disk
  /// while they are used. The batches are the same.
  int threads = 1;
  /// next() delivers this part of each batch; all else is of whole batches.
  BatchPart part = {};
};

/// An endless sequence of epochs of a data set (in memory or made by any function: SampleSource),
/// read one batch at a time; `for (auto& [x, y] : loader)` reads to
/// the end of the present epoch. What a batch holds depends only on the data set, the options and
/// its position. Not for use by two threads at once. Batches may be kept; the loader allocates
/// nothing once as many are in use as there were before.
class Loader {
 public:
  /// Keeps a reference to the data set's tensors and source, which must not change. Throws Error if
  /// the data set or an option is not valid, or an epoch would have no batch.
  Loader(Dataset dataset, const LoaderOptions& options);
  ~Loader();
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;

  /// Where a loader stands.
  struct Position {
    std::uint64_t epoch = 0;
    std::int64_t batch = 0;
    bool operator==(const Position&) const = default;
  };
  /// Of the batch that next() returns; after the last batch of an epoch {epoch + 1, 0}. This and
  /// the options are the loader's whole state.
  Position position() const noexcept;
  /// Continues from there, as if all batches before it had been read. `batch` may be
  /// batches_per_epoch(): the end of the epoch. Throws Error beyond that.
  void seek(std::uint64_t epoch, std::int64_t batch = 0);
  void seek(const Position& to) { seek(to.epoch, to.batch); }

  /// Throws what preparing the batch threw; then the position stays, and a new call tries again.
  Batch next();

  std::int64_t batches_per_epoch() const noexcept;
  /// Samples that an epoch delivers.
  std::int64_t samples_per_epoch() const noexcept;
  /// The data set's indices of the samples in the batch at `position`, in order.
  std::vector<std::int64_t> indices(const Position& position) const;
  /// The data set's indices of all samples of an epoch, in order: batch after batch.
  std::vector<std::int64_t> indices(std::uint64_t epoch) const;

  const Dataset& dataset() const noexcept;
  const LoaderOptions& options() const noexcept;

  /// Reads from the loader: a new iterator goes on where the last one stopped, or with the next
  /// epoch if that one had reached its end.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = Batch*;
    using reference = Batch&;

    explicit Iterator(Loader& loader);
    Batch& operator*() noexcept { return batch_; }
    Batch* operator->() noexcept { return &batch_; }
    Iterator& operator++();
    bool operator==(std::default_sentinel_t) const noexcept { return done_; }

   private:
    void read();
    Loader* loader_;
    std::uint64_t epoch_;
    Batch batch_;
    bool done_ = false;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  struct Impl;
  ThreadOwnerPtr<Impl> impl_;
};

}  // namespace octet

template <>
struct std::tuple_size<octet::Batch> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, octet::Batch> {
  using type = octet::Tensor;
};
