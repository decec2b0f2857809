// Which elements of a sample a mean over axes sums. Not for users of the library.
#pragma once

#include <span>
#include <string_view>

#include "core/memory_pool.h"
#include "core/shape.h"

namespace octet {

/// Within a sample, output k * inner + c is the mean of the elements kept[k] + reduced[r] + c.
struct MeanPlan {
  std::int64_t inner = 1;  ///< extent of the trailing dimensions that stay
  PoolVector<std::int64_t> kept, reduced;
  Shape result;             ///< with the batch
  std::int64_t sample = 1;  ///< elements of a sample of x

  /// Throws Error naming `op` for repeated axes and those out of range or of the batch.
  MeanPlan(Pool& pool, std::string_view op, const Shape& x, std::span<const int> axes,
           bool keep_dims);
};

}  // namespace octet
