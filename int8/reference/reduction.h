// Reductions over any axes: where the codes of each result are.
#pragma once

#include <cstdint>
#include <vector>

namespace octet::int8 {

/// Result [k, c] is made from all groups g and i in 0 .. run - 1 of
/// x[kept[k] + reduced[g] + i * run_stride + c].
struct ReductionLayout {
  std::int64_t inner = 1;             ///< channels c: the trailing kept dimensions
  std::vector<std::int64_t> kept;     ///< of every combination of the other kept dimensions
  std::vector<std::int64_t> reduced;  ///< of every combination of reduced dimensions but the run
  std::int64_t run = 1, run_stride = 1;
};

}  // namespace octet::int8
