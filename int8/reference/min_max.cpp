#include "int8/reference/min_max.h"

#include <algorithm>
#include <cstring>

namespace octet::int8 {
namespace {

constexpr std::int64_t worth_a_call = 16, narrow = 128;  // channels

/// y[c] = the best of y[c] and x[r * n + c] for all of `rows` rows: several rows are picked from at
/// once, then from the halves of what is left.
void pick_rows(MinMaxFunction& pick, const std::int8_t* x, std::int64_t rows, std::int64_t n,
               std::int8_t* y) noexcept {
  constexpr std::int64_t most = 256;
  std::int8_t wide[most];
  std::int64_t held = std::min(most / n, rows);
  std::memcpy(wide, x, static_cast<std::size_t>(held * n));
  for (std::int64_t r = held; r < rows; r += held)
    pick({}, wide, x + r * n, wide, std::min(held, rows - r) * n);
  for (; held > 1; held -= held / 2)
    pick({}, wide, wide + (held - held / 2) * n, wide, held / 2 * n);
  pick({}, y, wide, y, n);
}

/// `worst` loses against every code.
template <class Better>
void reduce(const ReductionLayout& l, MinMaxFunction& pick, std::int8_t worst, const Better& better,
            const std::int8_t* x, std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept {
  for (std::int64_t k = begin; k < end; ++k, y += l.inner) {
    const std::int8_t* from = x + l.kept[static_cast<std::size_t>(k)];
    std::memset(y, worst, static_cast<std::size_t>(l.inner));
    for (const std::int64_t offset : l.reduced) {
      const std::int8_t* row = from + offset;
      if (l.run_stride == l.inner && l.inner <= narrow) {
        pick_rows(pick, row, l.run, l.inner, y);
        continue;
      }
      if (l.inner >= worth_a_call) {
        for (std::int64_t r = 0; r < l.run; ++r, row += l.run_stride) pick({}, y, row, y, l.inner);
        continue;
      }
      for (std::int64_t c = 0; c < l.inner; ++c, ++row) {
        std::int8_t best = y[c];
        for (std::int64_t r = 0; r < l.run; ++r) best = better(best, row[r * l.run_stride]);
        y[c] = best;
      }
    }
  }
}

}  // namespace

void minimum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::min(a[i], b[i]);
}

void maximum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::max(a[i], b[i]);
}

void reduce_min(const ReductionLayout& l, MinMaxFunction& pick, const std::int8_t* x,
                std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept {
  reduce(
      l, pick, 127, [](std::int8_t a, std::int8_t b) { return std::min(a, b); }, x, begin, end, y);
}

void reduce_max(const ReductionLayout& l, MinMaxFunction& pick, const std::int8_t* x,
                std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept {
  reduce(
      l, pick, -128, [](std::int8_t a, std::int8_t b) { return std::max(a, b); }, x, begin, end, y);
}

}  // namespace octet::int8
