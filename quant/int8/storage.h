// Which values of a model share memory, and how long each piece of memory lives.
#pragma once

#include <cstddef>
#include <vector>

#include "quant/int8/model_impl.h"
#include "quant/int8/planner.h"

namespace octet::int8 {

struct Storage {
  std::vector<int> block_of;  ///< of each tensor; -1: a constant, or never written
  std::vector<MemoryBlock> blocks;
};

/// Time 0: inputs are written; time i + 1: step i runs; afterwards outputs are read.
/// With `share`, a reshape's output is its input's memory, and an op that may work in place takes
/// over an input that dies there; without, every value has a block that lives for ever.
/// Throws MemoryError if a value of `batch` samples, or all together, exceed 2^60 bytes.
Storage assign_storage(const Model::Impl& model, int batch, bool share);

}  // namespace octet::int8
