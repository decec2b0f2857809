// Counts calls of operator new, of all threads, in a test binary that links allocation_counter.cpp.
#pragma once

namespace octet::test {

/// Counts from its construction on. Other threads of the binary count too.
class AllocationCounter {
 public:
  AllocationCounter();
  long count() const;
  /// Those of 4 KiB or more.
  long large() const;

 private:
  long before_, large_before_;
};

}  // namespace octet::test
