// Walking tensors index by index.
#pragma once

#include <functional>
#include <vector>

#include "tests/int8/build.h"

namespace octet::test {

using Index = std::vector<int>;

/// Calls f for every index of `dims` in row-major order.
inline void for_each_index(const Dims& dims, const std::function<void(const Index&)>& f) {
  Index index(dims.size(), 0);
  for (std::int64_t n = count_of(dims); n > 0; --n) {
    f(index);
    for (std::size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
}

inline std::size_t flat(const Dims& dims, const Index& index) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < dims.size(); ++d) offset = offset * dims[d] + index[d];
  return static_cast<std::size_t>(offset);
}

/// Where output index `i` reads an operand of `dims` that is broadcast.
inline std::size_t broadcast_flat(const Dims& dims, const Index& i) {
  Index own(dims.size());
  for (std::size_t d = 0; d < dims.size(); ++d) {
    own[d] = dims[d] == 1 ? 0 : i[i.size() - dims.size() + d];
  }
  return flat(dims, own);
}

}  // namespace octet::test
