// Operators that only move bytes, by what they do: their step is run on bytes that say where they
// are. So the export knows nothing of TRANSPOSE, PAD or SLICE that the engine does not tell it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "int8/ops/step.h"

namespace octet::c99 {

/// Runs of bytes at all combinations of steps: size of them, in and out bytes apart.
struct ByteBox {
  static constexpr std::size_t most_dims = 6;
  struct Dim {
    std::int64_t size, in, out;
    bool operator==(const Dim&) const = default;
  };
  std::int64_t from = 0, to = 0, run = 1;
  std::vector<Dim> dims;  ///< outermost first
};

/// What one output is made from.
struct ByteMoves {
  static constexpr int constant_bytes = -1;
  struct Part {
    int input = constant_bytes;  ///< of the step
    std::vector<ByteBox> boxes;
  };
  std::vector<Part> parts;
  std::vector<std::int8_t>
      constant;            ///< bytes that are no input's; one: the output is filled with it
  std::int64_t bytes = 0;  ///< of the output
};

/// Of each output. Requires a step that moves bytes and does nothing else. `bytes`: of one sample
/// of each tensor of the graph.
std::vector<ByteMoves> find_moves(const int8::Step& step, std::span<const std::size_t> bytes);

/// y[x + 128] of a step that maps each byte of its input by a function of that byte alone.
std::vector<std::int8_t> find_table(const int8::Step& step, std::span<const std::size_t> bytes);

}  // namespace octet::c99
