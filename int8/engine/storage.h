// Which values of a model share memory, and how long each piece of memory lives.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "int8/engine/model_impl.h"
#include "int8/engine/planner.h"

namespace octet::int8 {

struct Storage {
  std::vector<int> block_of;  ///< of each tensor; -1: a constant, or never written
  std::vector<MemoryBlock> blocks;
  std::vector<int> times;  ///< of each step
};

/// Time 0: inputs and states are written; then a time for each step; afterwards outputs and next
/// states are read.
/// With `share`, a reshape's output is its input's memory and takes no time, and an op that may
/// work in place takes over an input that dies there; without, every value has a block that lives
/// for ever. `overlaps`: if not empty, the last time at which a step may run while that of time t
/// is not done. Throws MemoryError if a value of `batch` samples, or all together, exceed 2^60
/// bytes.
Storage assign_storage(const Model::Impl& model, int batch, bool share,
                       std::span<const int> overlaps = {});

}  // namespace octet::int8
