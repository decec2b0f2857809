// The memory that TFLite Micro needs for a model.
#pragma once

#include <cstddef>

#include "int8/graph/graph.h"

namespace octet::deploy {

struct TflmArena {
  /// The values and the buffers that the reference kernels compute in, placed as TFLite Micro's
  /// greedy planner does: the largest first, each at the lowest place that is free while it lives.
  std::size_t values = 0;
  /// Upper bound, on a 64-bit machine with the reference kernels, of what the interpreter keeps
  /// beside the values and of what it needs while it starts, beyond the values' memory.
  std::size_t structures = 0;

  std::size_t bytes() const noexcept { return values + structures; }
};

TflmArena tflm_arena(const int8::Graph& graph);

}  // namespace octet::deploy
