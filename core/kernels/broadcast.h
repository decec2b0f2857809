// numpy's broadcasting of two operands, cut into rows. Not for users of the library.
#pragma once

#include <string_view>
#include <vector>

#include "core/kernels/common.h"

namespace octet {

/// An elementwise function of a and b: shapes are aligned at their last dimension; an extent of one
/// repeats. Rows are contiguous in the result and, in each operand, contiguous or one element.
class Broadcast {
 public:
  /// Throws Error naming `op` if the shapes do not fit.
  Broadcast(std::string_view op, const Shape& a, const Shape& b);

  const Shape& shape() const noexcept { return shape_; }
  /// 1: a row of the operand is contiguous; 0: it is one element.
  int a_step() const noexcept { return a_step_; }
  int b_step() const noexcept { return b_step_; }

  /// Calls f(a_offset, b_offset, y_offset, n) for tiles of rows that cover the result, from
  /// several threads.
  template <class F>
  void for_pieces(Context& ctx, const F& f) const {
    constexpr std::int64_t longest = 16384;
    const std::int64_t tile = std::clamp<std::int64_t>(row_, 1, longest);
    const std::int64_t tiles = ceil_div(row_, tile);
    for_blocks(
        ctx, rows_ * tiles,
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t start = i % tiles * tile;
            row(i / tiles, [&](std::int64_t a_at, std::int64_t b_at, std::int64_t y_at) {
              f(a_at + start * a_step_, b_at + start * b_step_, y_at + start,
                std::min(tile, row_ - start));
            });
          }
        },
        longest / tile);
  }

  /// Calls f(a_offset, b_offset) for every element of the result, in order.
  template <class F>
  void for_each(const F& f) const {
    for (std::int64_t r = 0; r < rows_; ++r) {
      row(r, [&](std::int64_t a, std::int64_t b, std::int64_t) {
        for (std::int64_t i = 0; i < row_; ++i) f(a + i * a_step_, b + i * b_step_);
      });
    }
  }

  /// The gradient of an operand of shape `operand` from that of the result: sums
  /// term(a_offset, b_offset, y_offset) over what was repeated, in double, in an order fixed by the
  /// shapes. out = sums + beta out, beta in {0, 1}.
  template <class F>
  void sum_to(Context& ctx, bool to_a, const Shape& operand, const F& term, real beta,
              real* out) const;

 private:
  struct Dim {
    std::int64_t size, a, b;
  };
  /// f(a_offset, b_offset, y_offset) of row r's first element.
  template <class F>
  void row(std::int64_t r, const F& f) const {
    std::int64_t rest = r, a = 0, b = 0;
    for (std::size_t d = outer_.size(); d-- > 0;) {
      const std::int64_t index = rest % outer_[d].size;
      rest /= outer_[d].size;
      a += index * outer_[d].a;
      b += index * outer_[d].b;
    }
    f(a, b, r * row_);
  }

  Shape shape_;
  std::vector<Dim> outer_;  // outermost first, without the row
  std::int64_t row_ = 1, rows_ = 1;
  int a_step_ = 1, b_step_ = 1;
};

template <class F>
void Broadcast::sum_to(Context& ctx, bool to_a, const Shape& operand, const F& term, real beta,
                       real* out) const {
  const std::int64_t n = operand.numel();
  auto scratch = ctx.pool.allocate(static_cast<std::size_t>(n) * sizeof(double));
  auto* sums = reinterpret_cast<double*>(scratch.get());
  std::fill_n(sums, n, 0.0);
  // Tasks that write different elements: one for each index of the outermost dimension, unless the
  // operand repeats along it.
  const bool split = !outer_.empty() && (to_a ? outer_[0].a : outer_[0].b) != 0;
  const std::int64_t tasks = split ? outer_[0].size : 1;
  ctx.threads.run(tasks, [&](std::int64_t task, int) {
    const std::int64_t per_task = rows_ / tasks;
    const int step = to_a ? a_step_ : b_step_;
    for (std::int64_t r = task * per_task; r < (task + 1) * per_task; ++r) {
      row(r, [&](std::int64_t a, std::int64_t b, std::int64_t y) {
        double* sum = sums + (to_a ? a : b);
        for (std::int64_t i = 0; i < row_; ++i) {
          sum[i * step] += double{term(a + i * a_step_, b + i * b_step_, y + i)};
        }
      });
    }
  });
  for (std::int64_t i = 0; i < n; ++i) {
    out[i] = static_cast<real>(beta == 0 ? sums[i] : sums[i] + double{out[i]});
  }
}

}  // namespace octet
