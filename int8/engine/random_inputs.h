// Pseudo-random values for a model's inputs: the same for the same sizes of inputs, everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "int8/engine/model.h"

namespace octet::int8 {

class RandomInputs {
 public:
  /// SplitMix64, seeded by the model's input sizes.
  explicit RandomInputs(std::span<const ValueInfo> inputs) noexcept;
  /// The next value of an input: codes are uniform, floats multiples of 2^-21 in [-4, 4).
  void fill(const ValueInfo& info, std::span<std::byte> bytes) noexcept;

 private:
  std::uint64_t next() noexcept;
  std::uint64_t state_;
};

}  // namespace octet::int8
