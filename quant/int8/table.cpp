#include "quant/int8/table.h"

namespace octet::int8 {

void lookup(const Table& table, const std::int8_t* x, std::int8_t* y, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = table[static_cast<std::size_t>(x[i] + 128)];
}

LookupKernel lookup_kernel(Isa) noexcept {
  return lookup;
}

}  // namespace octet::int8
