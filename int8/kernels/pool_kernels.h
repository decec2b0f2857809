// AVERAGE_POOL_2D and MAX_POOL_2D of a batch.
#pragma once

#include "base/parallel.h"
#include "int8/reference/pool.h"

namespace octet::int8 {

/// `batch` images, rows shared among the pool's threads.
void pool(PoolRowKernel kernel, const PoolGeometry& geometry, ClampRange range,
          const std::int8_t* x, std::int8_t* y, std::int64_t batch, ThreadPool& threads) noexcept;

/// The same on one thread with the portable kernels.
void average_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                  std::int8_t* y, std::int64_t batch) noexcept;
void max_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x, std::int8_t* y,
              std::int64_t batch) noexcept;

}  // namespace octet::int8
