#include "int8/kernels/pool_kernels.h"

#include <algorithm>

#include "int8/kernels/tasks.h"

namespace octet::int8 {

void pool(PoolRowKernel kernel, const PoolGeometry& g, ClampRange range, const std::int8_t* x,
          std::int8_t* y, std::int64_t batch, ThreadPool& threads) noexcept {
  const std::int64_t image = std::int64_t{g.in_h} * g.in_w * g.channels;
  const std::int64_t row = std::int64_t{g.out_w} * g.channels;
  const std::int64_t rows = batch * g.out_h;
  const std::int64_t row_work = row * g.filter_h * g.filter_w;
  const std::int64_t codes_per_task = 4 * elements_per_task;  // of the windows, as one adds up
  for_tasks(threads, rows, std::max<std::int64_t>(1, codes_per_task / row_work),
            [&](std::int64_t begin, std::int64_t end) {
              for (std::int64_t r = begin; r < end; ++r) {
                kernel(g, range, x + r / g.out_h * image, static_cast<int>(r % g.out_h),
                       y + r * row);
              }
            });
}

void average_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                  std::int8_t* y, std::int64_t batch) noexcept {
  ThreadPool one(1);
  pool(average_pool_row, geometry, range, x, y, batch, one);
}
void max_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x, std::int8_t* y,
              std::int64_t batch) noexcept {
  ThreadPool one(1);
  pool(max_pool_row, geometry, range, x, y, batch, one);
}

}  // namespace octet::int8
