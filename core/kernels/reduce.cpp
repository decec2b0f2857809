#include "core/kernels/reduce.h"

#include <algorithm>

#include "core/kernels/common.h"

namespace octet {

void column_sums(Context& ctx, std::int64_t rows, std::int64_t columns, const real* x, real beta,
                 real* out) {
  const std::int64_t block = std::max<std::int64_t>(16, 16384 / std::max<std::int64_t>(columns, 1));
  const std::int64_t blocks = ceil_div(rows, block);
  auto scratch = ctx.pool.allocate(
      static_cast<std::size_t>(std::max<std::int64_t>(blocks, 1) * columns) * sizeof(double));
  auto* partial = reinterpret_cast<double*>(scratch.get());
  ctx.threads.run(blocks, [&](std::int64_t b, int) {
    double* sum = partial + b * columns;
    std::fill_n(sum, columns, 0.0);
    for (std::int64_t r = b * block; r < std::min(rows, (b + 1) * block); ++r) {
      for (std::int64_t c = 0; c < columns; ++c) sum[c] += x[r * columns + c];
    }
  });
  for (std::int64_t c = 0; c < columns; ++c) {
    double sum = 0;
    for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b * columns + c];
    out[c] = static_cast<real>(beta == 0 ? sum : sum + double{out[c]});
  }
}

}  // namespace octet
