// Memory that is read soon, fetched beside arithmetic. Not for users of the library.
#pragma once

#include <algorithm>
#include <cstdint>

namespace octet {

/// What comes next, brought into the second-level cache a few lines at a time, so that memory and
/// arithmetic units work together. It is read in parts, each spread over a number of steps.
class Ahead {
 public:
  /// Nothing to fetch.
  Ahead() = default;
  Ahead(const void* from, std::int64_t bytes) noexcept
      : from_(static_cast<const char*>(from)), left_((bytes + line - 1) / line) {}

  /// Goes on to the next one of `parts` equal parts of what is left.
  void begin_part(std::int64_t parts) noexcept { part_ = (left_ + parts - 1) / parts; }
  /// There will be `steps` calls of step() in this part.
  void spread(std::int64_t steps) noexcept {
    step_ = (part_ + steps - 1) / std::max<std::int64_t>(steps, 1);
  }
  void step() noexcept {
    const std::int64_t n = std::min(step_, part_);
    for (std::int64_t i = 0; i < n; ++i) __builtin_prefetch(from_ + i * line, 0, 2);
    from_ += n * line;
    left_ -= n;
    part_ -= n;
  }

 private:
  static constexpr std::int64_t line = 64;
  const char* from_ = nullptr;
  std::int64_t left_ = 0, part_ = 0, step_ = 0;  // lines
};

}  // namespace octet
