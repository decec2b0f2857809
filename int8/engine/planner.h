// Placing blocks of memory with known lifetimes into one arena.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace octet::int8 {

/// Alive at times first .. last, both included: two blocks whose lifetimes meet must not overlap.
struct MemoryBlock {
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t alignment = 1;  ///< that its offset needs, a power of 2 up to 64
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< of each block, multiples of `alignment` and of its own
  std::size_t total = 0;             ///< bytes from 0 to the end of the last block
  std::size_t alignment = 64;
};

/// The largest sum of blocks alive at one time: no plan can be smaller.
std::size_t memory_lower_bound(std::span<const MemoryBlock> blocks);

/// A small arena: several greedy orders, then a deterministic search; of thousands of blocks, one
/// pass. Offsets are 64-byte aligned if that costs at most 2 % of the lower bound, else less (32 to
/// 1, whichever is smallest), but never less than a block needs. Deterministic. Requires
/// first <= last and that the sum of all blocks fits size_t.
MemoryPlan plan_memory(std::span<const MemoryBlock> blocks);

}  // namespace octet::int8
