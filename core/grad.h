// Where gradients are accumulated.
#pragma once

#include "core/context.h"
#include "core/tensor.h"

namespace octet {

/// The gradient of one value. Contributions are added in the order they arrive; the first one
/// costs no addition and no zero fill.
class Grad {
 public:
  /// Nothing accumulated since the last clear(): the gradient is zero.
  bool empty() const noexcept { return empty_; }
  /// Forgets the value, keeps the buffer.
  void clear() noexcept { empty_ = true; }
  /// Forgets the value and lets the buffer go.
  void release() {
    empty_ = true;
    value_ = Tensor();
  }

  /// Adds `g`. When empty and without a buffer of its own, adopts g's storage, which the caller
  /// must not write to afterwards.
  void add(Tensor g, Context& ctx);

  /// In-place accumulation for GEMM-like code: the buffer, and in `beta` 0 (overwrite every
  /// element: the contents are unspecified) or 1 (add to it).
  real* accumulate(const Shape& shape, Context& ctx, real& beta);

  /// Requires !empty().
  const Tensor& value() const noexcept { return value_; }
  Tensor& value() noexcept { return value_; }

 private:
  Tensor value_;
  bool empty_ = true;
};

/// Room for a gradient of dy's shape: dy's own storage if nobody else has it, which then is
/// overwritten (see Op::backward), else new.
Tensor writable_gradient(Context& ctx, const Tensor& dy);

}  // namespace octet
