// Private to the loader: mixup.
#pragma once

#include <cstdint>

#include "core/memory_pool.h"
#include "data/loader.h"

namespace octet::data_detail {

/// Blends each sample with the next one of the batch, the last with the first: see Batch::mixed_y.
/// The share is max(v, 1 - v), v from Beta(alpha, alpha), 0 < alpha <= 1, keyed by (seed, epoch,
/// sample): `sample` is the batch's first one.
void mix_batch(Batch& batch, double alpha, std::uint64_t seed, std::uint64_t epoch,
               std::uint64_t sample, Pool* pool);

/// Takes the last sample away.
void drop_last_row(Batch& batch, Pool* pool);

}  // namespace octet::data_detail
