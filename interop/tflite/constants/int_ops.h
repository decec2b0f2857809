// Operators on known integers.
#pragma once

#include <cstdint>
#include <vector>

#include "interop/tflite/constants/int_value.h"
#include "tflite_generated.h"

namespace octet::tflite {

struct IntOperands {
  const Operator& op;  ///< for its options
  std::vector<const IntValue*> in;
};

/// Computes all outputs. Throws Error if the operands make no sense.
using IntFunction = std::vector<IntValue> (*)(const IntOperands&);

/// The function of an operator that computes (ADD, REDUCE_PROD) or moves (PACK, GATHER) integers;
/// null for others. TFLite's semantics; integers that overflow are an Error.
IntFunction find_int_arithmetic(std::int32_t builtin_code) noexcept;
IntFunction find_int_move(std::int32_t builtin_code) noexcept;

}  // namespace octet::tflite
