// Moving elements between two strided views of the same extents: slice, concat, pad and transpose,
// forward and backward, on reals and on codes. Not for users of the library.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "core/kernels/common.h"

namespace octet {

/// to[to_offset + sum i_d to_d] = from[from_offset + sum i_d from_d] for all indices i.
class StridedCopy {
 public:
  struct Dim {
    std::int64_t size, from, to;
  };
  static constexpr std::size_t most_dims = 8;

  /// At most `most_dims` dimensions, the outermost first.
  StridedCopy(std::vector<Dim> dims, std::int64_t from_offset, std::int64_t to_offset);

  /// From the other view to this one.
  StridedCopy reversed() const;

  template <class T>
  void copy(Context& ctx, const T* from, T* to) const {
    const Dim row = dims_.back();
    run(ctx, [&](std::int64_t f, std::int64_t t) {
      if (row.from == 1 && row.to == 1) {
        std::copy_n(from + f, row.size, to + t);
      } else {
        for (std::int64_t i = 0; i < row.size; ++i) to[t + i * row.to] = from[f + i * row.from];
      }
    });
  }
  /// Adds instead.
  void add(Context& ctx, const real* from, real* to) const {
    const Dim row = dims_.back();
    run(ctx, [&](std::int64_t f, std::int64_t t) {
      if (row.from == 1 && row.to == 1) {
        for (std::int64_t i = 0; i < row.size; ++i) to[t + i] += from[f + i];
      } else {
        for (std::int64_t i = 0; i < row.size; ++i) to[t + i * row.to] += from[f + i * row.from];
      }
    });
  }

 private:
  /// f(from, to) with the offsets of every row of the innermost dimension.
  template <class F>
  void run(Context& ctx, const F& f) const {
    const std::int64_t per_task =
        std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(dims_.back().size, 1));
    for_blocks(
        ctx, rows_,
        [&](std::int64_t begin, std::int64_t end) {
          // Indices of the outer dimensions: of the first row, then counted up.
          std::array<std::int64_t, most_dims> index;
          std::int64_t rest = begin, from = from_offset_, to = to_offset_;
          for (std::size_t d = dims_.size() - 1; d-- > 0;) {
            index[d] = rest % dims_[d].size;
            rest /= dims_[d].size;
            from += index[d] * dims_[d].from;
            to += index[d] * dims_[d].to;
          }
          for (std::int64_t r = begin; r < end; ++r) {
            f(from, to);
            for (std::size_t d = dims_.size() - 1; d-- > 0;) {
              from += dims_[d].from;
              to += dims_[d].to;
              if (++index[d] < dims_[d].size) break;
              index[d] = 0;
              from -= dims_[d].size * dims_[d].from;
              to -= dims_[d].size * dims_[d].to;
            }
          }
        },
        per_task);
  }

  std::vector<Dim> dims_;  // outermost first; neighbours that can be are joined
  std::int64_t from_offset_, to_offset_;
  std::int64_t rows_ = 1;
};

/// Row-major strides of `s`.
std::vector<std::int64_t> row_major_strides(const Shape& s);

/// From a part of `whole` that starts at `start` along `axis` and has `extent` there, into whole.
StridedCopy part_to_whole(const Shape& whole, int axis, std::int64_t start, std::int64_t extent);

}  // namespace octet
