// Dense row-major tensors. Images are NHWC; weights: conv OHWI, linear OI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "core/memory_pool.h"
#include "core/real.h"
#include "core/shape.h"

namespace octet {

// g++ takes the scoped enumerator for a shadowing of octet::real.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
/// real: float, or double in the double build.
enum class ElementType : std::uint8_t { real, i8, u8, i32 };
#pragma GCC diagnostic pop

/// Bytes of an element.
constexpr std::size_t dtype_size(ElementType t) noexcept {
  return t == ElementType::real ? sizeof(real) : (t == ElementType::i32 ? 4 : 1);
}
/// "f32" ("f64"), "i8", "u8" or "i32".
std::string_view dtype_name(ElementType t) noexcept;

/// The type whose elements are T.
template <class T>
constexpr ElementType dtype_of() {
  if constexpr (std::is_same_v<T, real>)
    return ElementType::real;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return ElementType::i8;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return ElementType::u8;
  else {
    static_assert(std::is_same_v<T, std::int32_t>, "no such tensor element type");
    return ElementType::i32;
  }
}

/// A handle: copies share storage (64-byte aligned). A default-made tensor is undefined.
class Tensor {
 public:
  Tensor() = default;
  /// Contents unspecified. From `pool` if given, else from the heap. Throws MemoryError if there is
  /// not enough.
  static Tensor empty(const Shape& shape, ElementType type = ElementType::real,
                      Pool* pool = nullptr);
  static Tensor zeros(const Shape& shape, ElementType type = ElementType::real,
                      Pool* pool = nullptr);
  static Tensor full(const Shape& shape, real value, Pool* pool = nullptr);
  /// Copies `values`. Throws Error if their number is not shape.numel().
  template <class T>
  static Tensor from(const Shape& shape, std::span<const T> values, Pool* pool = nullptr);

  bool defined() const noexcept { return storage_ != nullptr; }
  const Shape& shape() const noexcept { return shape_; }
  ElementType dtype() const noexcept { return dtype_; }
  std::int64_t numel() const noexcept { return defined() ? shape_.numel() : 0; }
  std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(numel()) * dtype_size(dtype_);
  }

  /// Throws Error if T is not the element type.
  template <class T>
  T* data() {
    check_dtype(dtype_of<T>());
    return reinterpret_cast<T*>(storage_.get());
  }
  template <class T>
  const T* data() const {
    check_dtype(dtype_of<T>());
    return reinterpret_cast<const T*>(storage_.get());
  }
  /// data<real>()
  real* r() { return data<real>(); }
  const real* r() const { return data<real>(); }
  std::byte* raw() noexcept { return storage_.get(); }
  const std::byte* raw() const noexcept { return storage_.get(); }

  template <class T>
  std::span<T> span() {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  template <class T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }

  /// Same storage, other extents. Throws Error if the numbers of elements differ.
  Tensor reshape(const Shape& shape) const;
  /// A deep copy.
  Tensor clone(Pool* pool = nullptr) const;
  /// Copies the elements of `from`, which has the same type and number of elements.
  void copy_from(const Tensor& from);
  void fill(real value);
  bool shares_storage(const Tensor& o) const noexcept { return storage_ == o.storage_; }
  /// True if no other tensor shares the storage.
  bool unique() const noexcept { return storage_.use_count() == 1; }
  /// The single element as a real. Throws Error if there is not exactly one.
  real item() const;

 private:
  void check_dtype(ElementType t) const {
    if (!defined() || t != dtype_) [[unlikely]]
      bad_access(t);
  }
  [[noreturn]] void bad_access(ElementType t) const;

  std::shared_ptr<std::byte> storage_;
  Shape shape_;
  ElementType dtype_ = ElementType::real;
};

template <class T>
Tensor Tensor::from(const Shape& shape, std::span<const T> values, Pool* pool) {
  OCTET_CHECK(static_cast<std::int64_t>(values.size()) == shape.numel(), "tensor ", shape,
              ": expected ", shape.numel(), " values, got ", values.size());
  Tensor t = empty(shape, dtype_of<T>(), pool);
  std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}

}  // namespace octet
