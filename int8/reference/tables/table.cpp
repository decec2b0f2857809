#include "int8/reference/tables/table.h"

namespace octet::int8 {

Table UnaryCodes::table() const noexcept {
  Table table;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = range.clamp(preclamp[i]);
  return table;
}

void lookup(const Table& table, const std::int8_t* x, std::int8_t* y, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = table[static_cast<std::size_t>(x[i] + 128)];
}

}  // namespace octet::int8
