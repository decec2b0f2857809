#include "core/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace octet {
namespace {

std::size_t checked_bytes(const Shape& shape, ElementType type) {
  std::int64_t bytes = static_cast<std::int64_t>(dtype_size(type));
  bool overflow = false;
  for (std::int64_t d : shape.dims()) overflow |= __builtin_mul_overflow(bytes, d, &bytes);
  OCTET_CHECK(!overflow && bytes <= INT64_MAX / 4, "tensor ", shape, ": too large");
  return static_cast<std::size_t>(bytes);
}

std::shared_ptr<std::byte> heap_block(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* p = static_cast<std::byte*>(::operator new(std::max<std::size_t>(bytes, 1), alignment));
  return {p, [](std::byte* q) { ::operator delete (q, std::align_val_t{64}); }};
}

}  // namespace

std::string_view dtype_name(ElementType t) noexcept {
  switch (t) {
    case ElementType::real:
      return sizeof(real) == 8 ? "f64" : "f32";
    case ElementType::i8:
      return "i8";
    case ElementType::u8:
      return "u8";
    case ElementType::i32:
      return "i32";
  }
  return "?";
}

Tensor Tensor::empty(const Shape& shape, ElementType type, Pool* pool) {
  const std::size_t bytes = checked_bytes(shape, type);
  Tensor t;
  try {
    t.storage_ = pool ? pool->allocate(bytes) : heap_block(bytes);
  } catch (const std::bad_alloc&) {
    throw MemoryError(text_of("tensor ", shape, ": ", bytes, " bytes cannot be allocated"));
  }
  t.shape_ = shape;
  t.dtype_ = type;
  return t;
}

Tensor Tensor::zeros(const Shape& shape, ElementType type, Pool* pool) {
  Tensor t = empty(shape, type, pool);
  std::memset(t.raw(), 0, t.bytes());
  return t;
}

Tensor Tensor::full(const Shape& shape, real value, Pool* pool) {
  Tensor t = empty(shape, ElementType::real, pool);
  t.fill(value);
  return t;
}

Tensor Tensor::reshape(const Shape& shape) const {
  OCTET_CHECK(defined(), "reshape of an undefined tensor to ", shape);
  OCTET_CHECK(shape.numel() == numel(), "reshape: expected ", numel(), " elements as in ", shape_,
              ", got ", shape);
  Tensor t = *this;
  t.shape_ = shape;
  return t;
}

Tensor Tensor::clone(Pool* pool) const {
  if (!defined()) return {};
  Tensor t = empty(shape_, dtype_, pool);
  std::memcpy(t.raw(), raw(), bytes());
  return t;
}

void Tensor::copy_from(const Tensor& from) {
  OCTET_CHECK(defined() && from.defined() && from.dtype_ == dtype_ && from.numel() == numel(),
              "copy: expected ", dtype_name(dtype_), " ", shape_, ", got ", dtype_name(from.dtype_),
              " ", from.shape_, from.defined() ? "" : " (undefined)");
  std::memmove(raw(), from.raw(), bytes());
}

void Tensor::fill(real value) {
  std::ranges::fill(span<real>(), value);
}

real Tensor::item() const {
  OCTET_CHECK(defined() && numel() == 1, "item: expected one element, got shape ", shape_,
              defined() ? "" : " (undefined)");
  return *data<real>();
}

void Tensor::bad_access(ElementType t) const {
  OCTET_CHECK(defined(), "tensor access: the tensor is undefined");
  fail("tensor access: ", shape_, " holds ", dtype_name(dtype_), ", accessed as ", dtype_name(t));
}

}  // namespace octet
