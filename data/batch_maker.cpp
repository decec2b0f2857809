#include "data/batch_maker.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "data/mix_batch.h"
#include "data/random_key.h"

namespace octet::data_detail {

namespace {

Dataset validated(Dataset dataset) {
  dataset.validate();
  OCTET_CHECK(dataset.size() <= std::numeric_limits<std::int32_t>::max(), "loader: ", dataset.name,
              ": expected fewer than 2^31 samples, got ", dataset.size());
  return dataset;
}

/// What a source made: its own shapes, and classes that there are.
void check_made(const Dataset& d, std::int64_t index, const Tensor& x, const Tensor& y) {
  const SampleSource& s = *d.source;
  OCTET_CHECK(x.shape() == s.x && x.dtype() == s.x_type, d.name, ": sample ", index, ": expected ",
              dtype_name(s.x_type), " ", s.x, ", got ", dtype_name(x.dtype()), " ", x.shape());
  if (d.labels.defined()) return;
  OCTET_CHECK(y.shape() == s.y && y.dtype() == s.y_type, d.name, ": target of sample ", index,
              ": expected ", dtype_name(s.y_type), " ", s.y, ", got ", dtype_name(y.dtype()), " ",
              y.shape());
  if (s.y_type != ElementType::i32) return;
  for (const std::int32_t v : y.span<std::int32_t>()) {
    OCTET_CHECK((v >= 0 && v < d.classes) || (s.y.rank() > 0 && v == ignored_class), d.name,
                ": class of sample ", index, ": expected 0 to ", d.classes - 1, ", got ", v);
  }
}

int checked_threads(int threads) {
  OCTET_CHECK(threads >= 1 && threads <= ThreadPool::max_threads, "loader: threads: expected 1 to ",
              ThreadPool::max_threads, ", got ", threads);
  return threads;
}

}  // namespace

BatchMaker::BatchMaker(Dataset dataset, const LoaderOptions& options)
    : dataset_(validated(std::move(dataset))),
      options_(options),
      transform_(dataset_.image_shape(), options.transform, dataset_.image_type()),
      target_(dataset_.target()),
      sample_size_(dataset_.image_shape().numel()),
      target_size_(dataset_.target_shape().numel()),
      workers_(checked_threads(options.threads)) {
  OCTET_CHECK(options.batch >= 1, "loader: batch: expected at least 1, got ", options.batch);
  OCTET_CHECK(options.prefetch >= 0 && options.prefetch <= 1024,
              "loader: prefetch: expected 0 to 1024, got ", options.prefetch);
  const BatchPart& part = options.part;
  OCTET_CHECK(part.index >= 0 && part.index < part.count, "loader: part: expected 0 to ",
              part.count - 1, " of ", part.count, ", got ", part.index);
  const std::int64_t n = dataset_.size();
  batches_ = options.drop_last ? n / options.batch : (n - 1) / options.batch + 1;
  OCTET_CHECK(batches_ >= 1, "loader: drop_last leaves no batch: expected a batch of at most ", n,
              " samples, got ", options.batch);
  if (!dataset_.source) return;
  const SampleSource& source = *dataset_.source;
  for (int i = 0; i < options.threads; ++i) {
    scratch_.push_back(
        {Tensor::empty(source.x, source.x_type),
         dataset_.labels.defined() ? Tensor() : Tensor::empty(source.y, source.y_type)});
  }
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

Batch BatchMaker::empty_batch(std::int64_t count) {
  const Shape& image = transform_.output_shape();
  Batch batch{Tensor::empty({count, image[0], image[1], image[2]}, ElementType::real, &pool_), {}};
  switch (target_) {
    case TargetKind::classes:
      batch.y = Tensor::empty({count}, ElementType::i32, &pool_);
      break;
    case TargetKind::values:
      batch.y = Tensor::empty({count, target_size_}, ElementType::real, &pool_);
      break;
    case TargetKind::masks:
      batch.y = Tensor::empty({count, image[0], image[1]}, ElementType::i32, &pool_);
      break;
  }
  return batch;
}

void BatchMaker::write_target(const Tensor& targets, std::int64_t from, const Transform::View& view,
                              std::int64_t i, Batch& batch) const {
  switch (target_) {
    case TargetKind::classes:
      batch.y.data<std::int32_t>()[i] = targets.data<std::int32_t>()[from];
      break;
    case TargetKind::values:
      std::copy_n(targets.r() + from * target_size_, target_size_, batch.y.r() + i * target_size_);
      break;
    case TargetKind::masks: {
      std::int32_t* to = batch.y.data<std::int32_t>() + i * (batch.y.numel() / batch.y.shape()[0]);
      if (targets.dtype() == ElementType::u8) {
        transform_.apply_mask(targets.data<std::uint8_t>() + from * target_size_, view, to);
      } else {
        transform_.apply_mask(targets.data<std::int32_t>() + from * target_size_, view, to);
      }
      break;
    }
  }
}

void BatchMaker::make_sample(std::uint64_t epoch, std::int64_t index, std::int64_t i, int worker,
                             Batch& batch) {
  Scratch* made = nullptr;
  if (dataset_.source) {
    made = &scratch_[static_cast<std::size_t>(worker)];
    dataset_.source->read(index, made->x, made->y);
    check_made(dataset_, index, made->x, made->y);
  }
  const Tensor& images = made ? made->x : dataset_.images;
  const std::int64_t at = made ? 0 : index * sample_size_;
  const std::int64_t out_size = transform_.output_shape().numel();
  real* x = batch.x.r() + i * out_size;
  const auto sample = static_cast<std::uint64_t>(index);
  const Transform::View view = transform_.view(options_.seed, epoch, sample);
  if (images.dtype() == ElementType::u8) {
    transform_.apply(images.data<std::uint8_t>() + at, view, x);
  } else {
    transform_.apply(images.r() + at, view, x);
  }
  transform_.add_noise(options_.seed, epoch, sample, x);
  if (options_.custom) options_.custom({x, static_cast<std::size_t>(out_size)}, epoch, index);
  if (dataset_.labels.defined()) {
    write_target(dataset_.labels, index, view, i, batch);
  } else {
    write_target(made->y, 0, view, i, batch);
  }
}

/// The samples of the part; without one the batch's first. `with_next`: and the one behind them,
/// the first behind the last. Returns whether the part is empty.
bool BatchMaker::choose_part(std::span<const std::int32_t> whole, bool with_next) {
  const std::int64_t n = std::ssize(whole), count = options_.part.count;
  std::int64_t begin = n * options_.part.index / count, end = n * (options_.part.index + 1) / count;
  const bool empty = begin == end;
  if (empty) {
    begin = 0;
    end = 1;
  }
  samples_.assign(whole.begin() + begin, whole.begin() + end);
  if (with_next) samples_.push_back(whole[static_cast<std::size_t>(end % n)]);
  return empty;
}

Batch BatchMaker::make(const Loader::Position& position) {
  if (order_.empty() || order_epoch_ != position.epoch) {
    permute(position.epoch, order_);
    order_epoch_ = position.epoch;
  }
  const std::int64_t first = position.batch * options_.batch;
  const std::int64_t count = std::min<std::int64_t>(options_.batch, dataset_.size() - first);
  const std::span whole(order_.data() + first, static_cast<std::size_t>(count));
  const double mixup = options_.transform.augment.mixup;
  const bool with_next = mixup > 0 && options_.part.count > 1;
  const bool empty = choose_part(whole, with_next);
  const std::span samples(samples_);
  Batch batch = empty_batch(std::ssize(samples));
  batch.empty = empty;
  errors_.assign(samples.size(), nullptr);
  workers_.run(std::ssize(samples), [&](std::int64_t i, int worker) {
    try {
      make_sample(position.epoch, samples[static_cast<std::size_t>(i)], i, worker, batch);
    } catch (...) {
      errors_[static_cast<std::size_t>(i)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
  if (mixup > 0)
    mix_batch(batch, mixup, options_.seed, position.epoch, static_cast<std::uint64_t>(whole[0]),
              &pool_);
  if (with_next) drop_last_row(batch, &pool_);
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
