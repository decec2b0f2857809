// A caching allocator: in the steady state of training no memory is requested from the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace octet {

/// Hands out 64-byte aligned blocks and keeps returned ones for reuse. Thread safe. Blocks may
/// outlive the pool (they are freed then). Contents of a block are unspecified.
class Pool {
 public:
  Pool();
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A block of at least `bytes`; goes back to the pool when the last owner lets go.
  std::shared_ptr<std::byte> allocate(std::size_t bytes);

  /// Bytes handed out and not returned; the most there were since trim(); bytes held for reuse.
  struct Usage {
    std::size_t in_use = 0, peak = 0, cached = 0;
  };
  Usage usage() const;
  /// Frees the cached blocks; the peak starts anew from what is in use.
  void trim();

 private:
  template <class T>
  friend class PoolAllocator;
  struct Impl;
  static std::byte* take(Impl& impl, std::size_t bytes);
  static void give_back(Impl& impl, std::byte* block, std::size_t bytes) noexcept;

  std::shared_ptr<Impl> impl_;
};

/// Gives a standard container memory from a pool; without one, from the heap. The container may
/// outlive the pool.
template <class T>
class PoolAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  PoolAllocator() noexcept = default;
  PoolAllocator(Pool& pool) noexcept : pool_(pool.impl_) {}
  template <class U>
  PoolAllocator(const PoolAllocator<U>& o) noexcept : pool_(o.pool_) {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= 64);
    if (!pool_) return std::allocator<T>().allocate(n);
    if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
    return reinterpret_cast<T*>(Pool::take(*pool_, n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t n) noexcept {
    if (!pool_) {
      std::allocator<T>().deallocate(p, n);
    } else {
      Pool::give_back(*pool_, reinterpret_cast<std::byte*>(p), n * sizeof(T));
    }
  }
  template <class U>
  bool operator==(const PoolAllocator<U>& o) const noexcept {
    return pool_ == o.pool_;
  }

 private:
  template <class U>
  friend class PoolAllocator;
  std::shared_ptr<Pool::Impl> pool_;
};

/// What a step makes anew every time: PoolVector<float> v(n, ctx.pool).
template <class T>
using PoolVector = std::vector<T, PoolAllocator<T>>;

}  // namespace octet
