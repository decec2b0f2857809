// A value of integers that is known while a file is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace octet::tflite {

using Dims = std::vector<std::int32_t>;

struct IntValue {
  Dims shape;
  std::vector<std::int64_t> elements;  ///< row-major

  /// Shapes and what is computed from them have a few; more are not looked at.
  static constexpr std::size_t max_elements = 1024;
  static constexpr std::size_t max_rank = 8;
};

}  // namespace octet::tflite
