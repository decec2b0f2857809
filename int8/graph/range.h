#pragma once

#include <cstdint>

namespace octet::int8 {

/// begin .. end - 1.
struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const noexcept { return end - begin; }
};

}  // namespace octet::int8
