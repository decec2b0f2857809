// Where gradients are accumulated.
#pragma once

#include <cstdint>
#include <memory>

#include "core/context.h"
#include "core/tensor.h"

namespace octet {

class Prefetch;

/// A gradient that is made where it is read, a tile at a time, and need not be kept in memory.
class LazyGradient {
 public:
  virtual ~LazyGradient() = default;
  /// Before the first make(): how many tiles there will be.
  virtual void begin([[maybe_unused]] std::int64_t tiles) {}
  /// Writes values [first, first + count) to `out`: whole rows of the last dimension, `first` a
  /// multiple of 8. Every value belongs to one tile; tiles come in any order, on any thread.
  virtual void make(std::int64_t tile, std::int64_t first, std::int64_t count,
                    real* out) noexcept = 0;
  /// Adds to `prefetch` what make() reads for these values.
  virtual void add_inputs([[maybe_unused]] std::int64_t first, [[maybe_unused]] std::int64_t count,
                          [[maybe_unused]] Prefetch& prefetch) const noexcept {}
  /// What has the shape of all of it, and of which make() reads only the values that it makes: who
  /// makes a tile may overwrite it there, if source().unique().
  virtual const Tensor& source() const = 0;
};

/// All of it, in tiles of a fixed size.
Tensor make_all(Context& ctx, LazyGradient& gradient);

/// The gradient of one value. Contributions are added in the order they arrive; the first one
/// costs no addition and no zero fill.
class Grad {
 public:
  /// Nothing accumulated since the last clear(): the gradient is zero.
  bool empty() const noexcept { return empty_; }
  /// Forgets the value, keeps the buffer.
  void clear() noexcept {
    empty_ = true;
    deferred_ = nullptr;
  }
  /// Forgets the value and lets the buffer go.
  void release() {
    empty_ = true;
    value_ = Tensor();
    deferred_ = nullptr;
  }

  /// Adds `g`. When empty and without a buffer of its own, adopts g's storage, which the caller
  /// must not write to afterwards.
  void add(Tensor g, Context& ctx);

  /// In-place accumulation for GEMM-like code: the buffer, and in `beta` 0 (overwrite every
  /// element: the contents are unspecified) or 1 (add to it).
  real* accumulate(const Shape& shape, Context& ctx, real& beta);

  /// The same in `storage`, of as many values, which another gradient leaves: null where there is a
  /// value or a buffer already.
  real* overwrite(const Tensor& storage, const Shape& shape);

  /// Leaves the value to be made by its reader, or by finish(). Requires empty().
  void defer(std::shared_ptr<LazyGradient> gradient);
  /// What was put off and not made since; else null.
  LazyGradient* lazy() const noexcept { return deferred_.get(); }
  /// Makes what was put off.
  void finish(Context& ctx);

  /// Requires !empty() and !lazy().
  const Tensor& value() const noexcept { return value_; }
  Tensor& value() noexcept { return value_; }

 private:
  Tensor value_;
  std::shared_ptr<LazyGradient> deferred_;
  bool empty_ = true;
};

/// Room for a gradient of dy's shape: dy's own storage if nobody else has it, which then is
/// overwritten (see Op::backward), else new.
Tensor writable_gradient(Context& ctx, const Tensor& dy);

}  // namespace octet
