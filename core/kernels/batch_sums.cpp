#include "core/kernels/batch_sums.h"

#include <algorithm>

#include "core/communicator.h"

namespace octet {

double batch_sums(Context& ctx, std::span<double> a, std::span<double> b, double rows) {
  if (!ctx.communicator) return rows;
  PoolVector<double> all(a.size() + b.size() + 1, ctx.pool);
  const auto middle = std::ranges::copy(a, all.begin()).out;
  std::ranges::copy(b, middle);
  all.back() = rows;
  ctx.communicator->sum(std::span<double>(all));
  std::copy(all.begin(), middle, a.begin());
  std::copy(middle, all.end() - 1, b.begin());
  return all.back();
}

}  // namespace octet
