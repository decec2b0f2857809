// The upper levels of the tree: over processes.
#pragma once

#include <span>

#include "core/communicator.h"
#include "dist/transport.h"

namespace octet::dist {

/// Messages of at most so many bytes go whole: log2 P messages. Larger ones are halved at each
/// level and gathered again: 2 log2 P messages, but only 2 (P - 1) / P times the bytes
/// (Rabenseifner 2004). The additions are the same.
inline constexpr std::size_t whole_bytes = 16384;

/// Adds up (see ReduceKind) the processes' values in place, to all: those of ranks 2k and 2k + 1
/// first, then of such pairs. The number of processes is a power of two.
void all_reduce(Transport& transport, ReduceKind what, std::span<std::byte> values);

}  // namespace octet::dist
