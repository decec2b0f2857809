// Private to the loader: computes the batch at a position.
#pragma once

#include <exception>
#include <span>
#include <vector>

#include "base/parallel.h"
#include "core/memory_pool.h"
#include "data/loader.h"

namespace octet::data_detail {

class BatchMaker {
 public:
  /// Checks the data set and the options.
  BatchMaker(Dataset dataset, const LoaderOptions& options);

  /// Requires position.batch < batches(). Memory comes from a pool of its own.
  Batch make(const Loader::Position& position);
  std::vector<std::int64_t> indices(const Loader::Position& position) const;
  std::vector<std::int64_t> indices(std::uint64_t epoch) const;

  std::int64_t batches() const noexcept { return batches_; }
  std::int64_t samples() const noexcept;
  const Dataset& dataset() const noexcept { return dataset_; }
  const LoaderOptions& options() const noexcept { return options_; }

 private:
  /// Fills `order` with the samples of an epoch in their order.
  void permute(std::uint64_t epoch, std::vector<std::int32_t>& order) const;
  Batch empty_batch(std::int64_t count);
  bool choose_part(std::span<const std::int32_t> whole, bool with_next);
  /// Sample `index` of the data set becomes sample `i` of the batch.
  void make_sample(std::uint64_t epoch, std::int64_t index, std::int64_t i, int worker,
                   Batch& batch);
  void write_target(const Tensor& targets, std::int64_t from, const Transform::View& view,
                    std::int64_t i, Batch& batch) const;

  Dataset dataset_;
  LoaderOptions options_;
  Transform transform_;
  TargetKind target_;
  std::int64_t sample_size_, target_size_;  // numbers of one sample, as it is stored
  std::int64_t batches_ = 0;
  Pool pool_;
  ThreadPool workers_;
  /// A sample as its source makes it, one for each worker.
  struct Scratch {
    Tensor x, y;
  };
  std::vector<Scratch> scratch_;
  std::vector<std::exception_ptr> errors_;  // of the samples of a batch
  std::vector<std::int32_t> samples_;       // of the batch
  std::vector<std::int32_t> order_;         // of epoch order_epoch_, if not empty
  std::uint64_t order_epoch_ = 0;
};

}  // namespace octet::data_detail
