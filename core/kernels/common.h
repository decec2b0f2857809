// What the ops share: checks of operands and loops over fixed blocks. Not for users of the library.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/context.h"
#include "core/tensor.h"

namespace octet {

/// Throws Error unless `t` holds reals.
inline void check_real(std::string_view op, std::string_view operand, const Tensor& t) {
  OCTET_CHECK(t.defined(), op, ": ", operand, ": expected a tensor, got an undefined one");
  OCTET_CHECK(t.dtype() == ElementType::real, op, ": ", operand, ": expected ",
              dtype_name(ElementType::real), ", got ", dtype_name(t.dtype()));
}

/// check_real, and the rank.
inline void check_rank(std::string_view op, std::string_view operand, const Tensor& t, int rank,
                       std::string_view layout) {
  check_real(op, operand, t);
  OCTET_CHECK(t.shape().rank() == rank, op, ": ", operand, ": expected ", layout, ", got ",
              t.shape());
}

/// check_real, and the shape.
inline void check_shape(std::string_view op, std::string_view operand, const Tensor& t,
                        const Shape& expected) {
  check_real(op, operand, t);
  OCTET_CHECK(t.shape() == expected, op, ": ", operand, ": expected ", expected, ", got ",
              t.shape());
}

/// Throws Error unless there are between `least` and `most` inputs.
inline void check_inputs(std::string_view op, std::size_t got, std::size_t least,
                         std::size_t most) {
  OCTET_CHECK(got >= least && got <= most, op, ": expected ", least,
              least == most ? "" : " or more", " inputs, got ", got);
}

/// "[1, -1, 3]"
template <class List>
std::string list_text(const List& values) {
  std::string s = "[";
  for (const auto v : values) s += (s.size() > 1 ? ", " : "") + std::to_string(v);
  return s + "]";
}

/// The axis that `axis` is of a shape of `rank` dimensions: negative ones count from the end.
inline int axis_from_front(int axis, int rank) noexcept {
  return axis < 0 ? axis + rank : axis;
}

/// Room for `count` reals from the context's pool, for the time of one call.
class Scratch {
 public:
  Scratch(Context& ctx, std::int64_t count)
      : block_(ctx.pool.allocate(static_cast<std::size_t>(count) * sizeof(real))) {}
  real* get() const noexcept { return reinterpret_cast<real*>(block_.get()); }

 private:
  std::shared_ptr<std::byte> block_;
};

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  return (a + b - 1) / b;
}

/// Calls f(begin, end) for blocks of [0, n) whose size is a constant, so that sums over a block do
/// not depend on the number of threads.
template <class F>
void for_blocks(Context& ctx, std::int64_t n, const F& f, std::int64_t block = 16384) {
  ctx.threads.run(ceil_div(n, block),
                  [&](std::int64_t i, int) { f(i * block, std::min(n, (i + 1) * block)); });
}

/// Calls f(item) for [0, n), items of `work` values each: few items of little work are not worth
/// another thread.
template <class F>
void for_items(Context& ctx, std::int64_t n, std::int64_t work, const F& f) {
  const std::int64_t block = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(work, 1));
  for_blocks(
      ctx, n,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) f(i);
      },
      block);
}

}  // namespace octet
