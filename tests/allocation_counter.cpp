#include "tests/allocation_counter.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> allocations{0}, large_allocations{0};

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  ++allocations;
  if (size >= 4096) ++large_allocations;
  void* p = nullptr;
  const int error =
      posix_memalign(&p, std::max(alignment, sizeof(void*)), std::max<std::size_t>(size, 1));
  return error == 0 ? p : nullptr;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* p = allocate(size, alignment);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t a) {
  return allocate_or_throw(size, static_cast<std::size_t>(a));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace octet::test {

AllocationCounter::AllocationCounter() : before_(allocations), large_before_(large_allocations) {}

long AllocationCounter::count() const {
  return allocations - before_;
}
long AllocationCounter::large() const {
  return large_allocations - large_before_;
}

}  // namespace octet::test
