// What the operators on known integers need of their operands.
#pragma once

#include <cstddef>

#include "base/error.h"
#include "interop/tflite/constants/int_ops.h"
#include "interop/tflite/constants/strided.h"

namespace octet::tflite {

const IntValue& operand(const IntOperands& o, std::size_t i);
/// An axis of `rank` dimensions; negative ones count from the end.
std::size_t axis_of(std::int64_t axis, std::size_t rank);
std::int32_t dim_of(std::int64_t size);
Dims dims_of(const IntValue& v);

/// An operator that is computed, by its BuiltinOperator code.
struct IntEntry {
  std::int32_t code;
  IntFunction function;
};

template <std::size_t n>
IntFunction find_entry(const IntEntry (&entries)[n], std::int32_t code) noexcept {
  for (const IntEntry& e : entries) {
    if (e.code == code) return e.function;
  }
  return nullptr;
}

}  // namespace octet::tflite
