// Counts every allocation of the test binary.
#pragma once

#include <cstdint>

namespace octet::test {

/// Calls of any operator new since the program began.
std::int64_t allocations() noexcept;

}  // namespace octet::test
