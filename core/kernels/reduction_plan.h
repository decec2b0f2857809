// Which elements of a sample a reduction over axes takes together. Not for users of the library.
#pragma once

#include <span>
#include <string_view>

#include "core/memory_pool.h"
#include "core/shape.h"

namespace octet {

/// Within a sample, output k * inner + c is made of the elements kept[k] + reduced[r] + c.
struct ReductionPlan {
  std::int64_t samples = 1;  ///< x's; 1 where dimension 0 is reduced
  std::int64_t sample = 1;   ///< elements of one
  std::int64_t inner = 1;    ///< extent of the trailing dimensions that stay
  PoolVector<std::int64_t> kept, reduced;
  Shape result;

  /// Throws Error naming `op` for repeated axes, those out of range, and where nothing is reduced.
  ReductionPlan(Pool& pool, std::string_view op, const Shape& x, std::span<const int> axes,
                bool keep_dims);
};

}  // namespace octet
