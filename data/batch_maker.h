// Private to the loader: computes the batch at a position.
#pragma once

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

  Dataset dataset_;
  LoaderOptions options_;
  Transform transform_;
  std::int64_t batches_ = 0;
  Pool pool_;
  std::vector<std::int32_t> order_;  // of epoch order_epoch_, if not empty
  std::uint64_t order_epoch_ = 0;
};

}  // namespace octet::data_detail
