// Memory that is read soon, fetched beside arithmetic. Not for users of the library.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace octet {

/// What comes next, brought into the second-level cache a few lines at a time, so that memory and
/// arithmetic units work together. It is read in parts, each spread over a number of steps.
class Prefetch {
 public:
  /// Behind what was added before. Of more than four pieces of memory the last are not fetched.
  template <class T>
  void add(const T* from, std::int64_t count) noexcept {
    constexpr std::size_t most = std::tuple_size_v<decltype(runs_)>;
    if (runs_end_ == most || count <= 0) return;
    const std::int64_t lines = (count * std::int64_t{sizeof(T)} + line - 1) / line;
    runs_[runs_end_++] = {reinterpret_cast<const char*>(from), lines};
    left_ += lines;
  }

  /// Goes on to the next one of `parts` equal parts of what is left.
  void begin_part(std::int64_t parts) noexcept { part_ = (left_ + parts - 1) / parts; }
  /// There will be `steps` calls of step() in this part.
  void spread(std::int64_t steps) noexcept {
    step_ = (part_ + steps - 1) / std::max<std::int64_t>(steps, 1);
  }
  void step() noexcept {
    std::int64_t lines = std::min(step_, part_);
    left_ -= lines;
    part_ -= lines;
    while (lines > 0) {
      Run& run = runs_[run_];
      const std::int64_t n = std::min(lines, run.lines);
      for (std::int64_t i = 0; i < n; ++i) __builtin_prefetch(run.from + i * line, 0, 2);
      run.from += n * line;
      run.lines -= n;
      lines -= n;
      if (run.lines == 0) ++run_;
    }
  }

 private:
  static constexpr std::int64_t line = 64;
  struct Run {
    const char* from;
    std::int64_t lines;
  };
  std::array<Run, 4> runs_;
  std::size_t runs_end_ = 0, run_ = 0;
  std::int64_t left_ = 0, part_ = 0, step_ = 0;  // lines
};

}  // namespace octet
