#include "data/mix_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/random_key.h"

namespace octet::data_detail {

namespace {

/// Beta(alpha, alpha) for alpha <= 1, where at least half of the attempts end it. Source: Joehnk
/// 1964.
double symmetric_beta(Random& random, double alpha) {
  for (;;) {
    const double x = std::pow(random.uniform(), 1 / alpha);
    const double y = std::pow(random.uniform(), 1 / alpha);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

/// Rows of t, each blended with the next, the last with the first.
void blend_rows(Tensor& t, double share, Pool* pool) {
  const std::int64_t rows = t.shape()[0], row = t.numel() / rows;
  Tensor first = Tensor::empty({row}, ElementType::real, pool);
  std::copy_n(t.r(), row, first.r());
  const auto s = static_cast<real>(share);
  for (std::int64_t i = 0; i < rows; ++i) {
    real* own = t.r() + i * row;
    const real* other = i + 1 < rows ? own + row : first.r();
    for (std::int64_t k = 0; k < row; ++k) own[k] = s * own[k] + (1 - s) * other[k];
  }
}

/// Rows of t, each moved up by one, the first to the end.
Tensor next_rows(const Tensor& t, Pool* pool) {
  Tensor next = Tensor::empty(t.shape(), t.dtype(), pool);
  const std::size_t row = t.bytes() / static_cast<std::size_t>(t.shape()[0]);
  std::memcpy(next.raw(), t.raw() + row, t.bytes() - row);
  std::memcpy(next.raw() + t.bytes() - row, t.raw(), row);
  return next;
}

}  // namespace

void mix_batch(Batch& batch, double alpha, std::uint64_t seed, std::uint64_t epoch,
               std::uint64_t sample, Pool* pool) {
  Random random = sample_random(seed, epoch, sample, mixup_draw);
  const double v = symmetric_beta(random, alpha), share = std::max(v, 1 - v);
  blend_rows(batch.x, share, pool);
  if (batch.y.dtype() == ElementType::real) {
    blend_rows(batch.y, share, pool);
    return;
  }
  batch.mixed_y = next_rows(batch.y, pool);
  batch.share = share;
}

void drop_last_row(Batch& batch, Pool* pool) {
  for (Tensor* t : {&batch.x, &batch.y, &batch.mixed_y}) {
    if (!t->defined()) continue;
    Shape shape = t->shape();
    shape.set(0, shape[0] - 1);
    Tensor shorter = Tensor::empty(shape, t->dtype(), pool);
    std::memcpy(shorter.raw(), t->raw(), shorter.bytes());
    *t = std::move(shorter);
  }
}

}  // namespace octet::data_detail
