// Moving bytes: TRANSPOSE, STRIDED_SLICE, SPLIT, CONCATENATION and PAD are all copies between two
// strided views of the same dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/parallel.h"
#include "quant/int8/node_view.h"

namespace octet::int8 {

/// Per sample: y[out_offset + sum i_d * out_d] = x[in_offset + sum i_d * in_d], int8 elements.
/// Input strides may be negative (a reversed slice).
class StridedCopy {
 public:
  static constexpr std::size_t max_rank = 8;
  struct Dim {
    std::int64_t size = 1, in = 0, out = 0;
  };

  /// Appends a dimension inside those already there. Throws Error beyond max_rank.
  void push(Dim dim);
  void set_offsets(std::int64_t in, std::int64_t out) noexcept {
    in_offset_ = in;
    out_offset_ = out;
  }
  /// Drops dimensions of one element and joins neighbours: fewer, longer rows, the same bytes.
  void simplify() noexcept;

  /// Samples are in_sample (out_sample) elements apart. x and y must not overlap.
  void run(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y, std::int64_t out_sample,
           std::int64_t batch, ThreadPool& threads) const noexcept;

 private:
  void copy_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                 std::int64_t end) const noexcept;

  std::array<Dim, max_rank> dims_{};
  std::size_t rank_ = 0;
  std::int64_t in_offset_ = 0, out_offset_ = 0;
};

/// Row-major strides in elements.
std::vector<std::int64_t> row_major_strides(const Shape& shape);

}  // namespace octet::int8
