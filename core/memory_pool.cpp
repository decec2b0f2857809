#include "core/memory_pool.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "base/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace octet {
namespace {

// Room in front of every block for the control block of its shared_ptr.
constexpr std::size_t header_bytes = 128;

// Eight sizes an octave: at most 1/8 of a block is wasted, and near sizes share blocks.
std::size_t size_class(std::size_t bytes) {
  if (bytes <= 512) return (std::max<std::size_t>(bytes, 1) + 63) / 64 * 64;
  const std::size_t step = std::bit_floor(bytes - 1) / 8;
  return (bytes + step - 1) / step * step;
}

// Large blocks are on huge pages where the system has them to give: passes over memory are faster
// by some 5 %, for the prefetchers stop at the end of a page.
constexpr std::size_t huge_page = std::size_t{1} << 21;

std::align_val_t alignment(std::size_t size) {
  return std::align_val_t{size >= 2 * huge_page ? huge_page : 64};
}

std::byte* new_block(std::size_t size) {
  void* block = ::operator new(header_bytes + size, alignment(size));
#if defined(__linux__)
  // A wish: without huge pages everything works the same.
  if (size >= 2 * huge_page) ::madvise(block, size / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(block);
}

void delete_block(std::byte* block, std::size_t size) noexcept {
  ::operator delete(block, alignment(size));
}

}  // namespace

struct Pool::Impl {
  mutable std::mutex mutex;
  std::unordered_map<std::size_t, std::vector<std::byte*>> free_blocks;
  Usage usage;
  bool closed = false;

  std::byte* take(std::size_t size) {
    std::lock_guard lock(mutex);
    std::byte* block = nullptr;
    std::vector<std::byte*>& list = free_blocks[size];
    if (!list.empty()) {
      block = list.back();
      list.pop_back();
      usage.cached -= size;
    } else {
      block = new_block(size);
    }
    usage.in_use += size;
    usage.peak = std::max(usage.peak, usage.in_use);
    return block;
  }

  void give_back(std::byte* block, std::size_t size) noexcept {
    std::lock_guard lock(mutex);
    usage.in_use -= size;
    if (!closed) {
      try {
        free_blocks[size].push_back(block);
        usage.cached += size;
        return;
      } catch (const std::bad_alloc&) {
        // No room to remember it: let it go.
      }
    }
    delete_block(block, size);
  }

  void trim() noexcept {
    std::lock_guard lock(mutex);
    for (auto& [size, list] : free_blocks) {
      for (std::byte* block : list) delete_block(block, size);
      list.clear();
    }
    usage.cached = 0;
    usage.peak = usage.in_use;
  }

  // Places the shared_ptr's control block in the header; its deallocation, which is the last use
  // of the block, gives the whole block back.
  template <class T>
  struct HeaderAllocator {
    using value_type = T;
    std::shared_ptr<Impl> pool;
    std::byte* block;
    std::size_t size;

    HeaderAllocator(std::shared_ptr<Impl> p, std::byte* b, std::size_t s)
        : pool(std::move(p)), block(b), size(s) {}
    template <class U>
    HeaderAllocator(const HeaderAllocator<U>& o) : pool(o.pool), block(o.block), size(o.size) {}

    T* allocate(std::size_t n) {
      static_assert(sizeof(T) <= header_bytes && alignof(T) <= 64);
      if (n != 1) throw std::bad_alloc();
      return reinterpret_cast<T*>(block);
    }
    void deallocate(T*, std::size_t) noexcept { pool->give_back(block, size); }
    template <class U>
    bool operator==(const HeaderAllocator<U>& o) const noexcept {
      return block == o.block;
    }
  };
};

Pool::Pool() : impl_(std::make_shared<Impl>()) {}

Pool::~Pool() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
  }
  impl_->trim();
}

// The header of such a block is not used.
std::byte* Pool::take(Impl& impl, std::size_t bytes) {
  OCTET_CHECK(bytes <= SIZE_MAX / 4, "pool: cannot allocate ", bytes, " bytes");
  return impl.take(size_class(bytes)) + header_bytes;
}

void Pool::give_back(Impl& impl, std::byte* block, std::size_t bytes) noexcept {
  impl.give_back(block - header_bytes, size_class(bytes));
}

std::shared_ptr<std::byte> Pool::allocate(std::size_t bytes) {
  OCTET_CHECK(bytes <= SIZE_MAX / 4, "pool: cannot allocate ", bytes, " bytes");
  const std::size_t size = size_class(bytes);
  std::byte* block = impl_->take(size);
  return {block + header_bytes, [](std::byte*) {},
          Impl::HeaderAllocator<std::byte>(impl_, block, size)};
}

Pool::Usage Pool::usage() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->usage;
}

void Pool::trim() {
  impl_->trim();
}

}  // namespace octet
