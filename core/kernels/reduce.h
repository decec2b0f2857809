// Column sums of row-major matrices, in an order fixed by the shape. Not for users of the library.
#pragma once

#include <cstdint>

#include "core/context.h"

namespace octet {

/// out[c] = sum over rows of x[r, c] + beta out[c]. Blocks of rows are summed in double and added
/// in order.
void column_sums(Context& ctx, std::int64_t rows, std::int64_t columns, const real* x, real beta,
                 real* out);

}  // namespace octet
