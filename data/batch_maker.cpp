#include "data/batch_maker.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "data/random_key.h"

namespace octet::data_detail {

namespace {

const Dataset& validated(const Dataset& dataset) {
  dataset.validate();
  OCTET_CHECK(dataset.size() <= std::numeric_limits<std::int32_t>::max(), "loader: ", dataset.name,
              ": expected fewer than 2^31 samples, got ", dataset.size());
  return dataset;
}

}  // namespace

BatchMaker::BatchMaker(Dataset dataset, const LoaderOptions& options)
    : dataset_(std::move(dataset)),
      options_(options),
      transform_(validated(dataset_).image_shape(), options.transform) {
  OCTET_CHECK(options.batch >= 1, "loader: batch: expected at least 1, got ", options.batch);
  OCTET_CHECK(options.prefetch >= 0 && options.prefetch <= 1024,
              "loader: prefetch: expected 0 to 1024, got ", options.prefetch);
  const std::int64_t n = dataset_.size();
  batches_ = options.drop_last ? n / options.batch : (n - 1) / options.batch + 1;
  OCTET_CHECK(batches_ >= 1, "loader: drop_last leaves no batch: expected a batch of at most ", n,
              " samples, got ", options.batch);
}

std::int64_t BatchMaker::samples() const noexcept {
  return std::min(dataset_.size(), batches_ * options_.batch);
}

void BatchMaker::permute(std::uint64_t epoch, std::vector<std::int32_t>& order) const {
  order.resize(static_cast<std::size_t>(dataset_.size()));
  std::iota(order.begin(), order.end(), 0);
  if (!options_.shuffle) return;
  epoch_random(options_.seed, epoch).shuffle(std::span(order));
}

Batch BatchMaker::make(const Loader::Position& position) {
  if (order_.empty() || order_epoch_ != position.epoch) {
    permute(position.epoch, order_);
    order_epoch_ = position.epoch;
  }
  const std::int64_t first = position.batch * options_.batch;
  const std::int64_t count = std::min<std::int64_t>(options_.batch, dataset_.size() - first);
  const Shape& image = transform_.output_shape();
  const std::int64_t in_size = dataset_.image_shape().numel(), out_size = image.numel();
  Batch batch{Tensor::empty({count, image[0], image[1], image[2]}, ElementType::real, &pool_),
              Tensor::empty({count}, ElementType::i32, &pool_)};
  const std::uint8_t* images = dataset_.images.data<std::uint8_t>();
  const std::int32_t* labels = dataset_.labels.data<std::int32_t>();
  real* x = batch.x.r();
  std::int32_t* y = batch.y.data<std::int32_t>();
  for (std::int64_t i = 0; i < count; ++i, x += out_size) {
    const std::int64_t sample = order_[static_cast<std::size_t>(first + i)];
    y[i] = labels[sample];
    const Transform::View view =
        transform_.view(options_.seed, position.epoch, static_cast<std::uint64_t>(sample));
    transform_.apply(images + sample * in_size, view, x);
    if (options_.custom) {
      options_.custom({x, static_cast<std::size_t>(out_size)}, position.epoch, sample);
    }
  }
  return batch;
}

std::vector<std::int64_t> BatchMaker::indices(const Loader::Position& position) const {
  std::vector<std::int32_t> order;
  permute(position.epoch, order);
  const auto first = static_cast<std::size_t>(position.batch * options_.batch);
  const std::size_t last = std::min(order.size(), first + static_cast<std::size_t>(options_.batch));
  return {order.begin() + static_cast<std::ptrdiff_t>(first),
          order.begin() + static_cast<std::ptrdiff_t>(last)};
}

std::vector<std::int64_t> BatchMaker::indices(std::uint64_t epoch) const {
  std::vector<std::int32_t> order;
  permute(epoch, order);
  return {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(samples())};
}

}  // namespace octet::data_detail
