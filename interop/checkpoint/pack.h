// A checkpoint as bytes that another process of the same job reads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "interop/checkpoint/checkpoint.h"

namespace octet {

std::vector<std::byte> pack(const Checkpoint& checkpoint);
/// Throws Error for bytes that pack() has not made.
Checkpoint unpack(std::span<const std::byte> bytes);

}  // namespace octet
