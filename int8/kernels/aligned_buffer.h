// Memory for values, scratch, packed weights and tables: 64-byte aligned, zeroed.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace octet::int8 {

constexpr std::size_t align64(std::size_t bytes) noexcept {
  return (bytes + 63) & ~std::size_t{63};
}

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// Throws MemoryError if it is not there.
  explicit AlignedBuffer(std::size_t bytes);

  std::byte* get() const noexcept { return data_.get(); }
  template <class T>
  T* as() noexcept {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  const T* as() const noexcept {
    return reinterpret_cast<const T*>(data_.get());
  }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace octet::int8
