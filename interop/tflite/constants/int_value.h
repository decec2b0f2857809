// A value of integers that is known while a file is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "int8/engine/graph_checks.h"
#include "int8/graph/graph.h"

namespace octet::tflite {

using int8::Dims;

struct IntValue {
  Dims shape;
  std::vector<std::int64_t> elements;  ///< row-major

  /// Shapes and what is computed from them have a few; more are not looked at.
  static constexpr std::size_t max_elements = 1024;
  static constexpr std::size_t max_rank = int8::max_rank;
};

}  // namespace octet::tflite
