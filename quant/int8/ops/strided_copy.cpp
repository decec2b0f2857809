#include "quant/int8/ops/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace octet::int8 {

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

void StridedCopy::push(Dim dim) {
  OCTET_CHECK(rank_ < max_rank, "dimensions: expected at most ", max_rank);
  dims_[rank_++] = dim;
}

void StridedCopy::simplify() noexcept {
  std::array<Dim, max_rank> joined{};
  std::size_t rank = 0;
  for (std::size_t d = 0; d < rank_; ++d) {
    const Dim& dim = dims_[d];
    if (dim.size == 1) continue;
    if (rank > 0) {
      Dim& outer = joined[rank - 1];
      if (outer.in == dim.in * dim.size && outer.out == dim.out * dim.size) {
        outer = {outer.size * dim.size, dim.in, dim.out};
        continue;
      }
    }
    joined[rank++] = dim;
  }
  if (rank == 0) joined[rank++] = {1, 1, 1};
  dims_ = joined;
  rank_ = rank;
}

void StridedCopy::copy_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                            std::int64_t end) const noexcept {
  const Dim row = dims_[rank_ - 1];
  const std::size_t outer = rank_ - 1;
  std::array<std::int64_t, max_rank> index{};
  const std::int8_t* in = x + in_offset_;
  std::int8_t* out = y + out_offset_;
  std::int64_t rest = begin;
  for (std::size_t d = outer; d-- > 0;) {
    index[d] = rest % dims_[d].size;
    rest /= dims_[d].size;
    in += index[d] * dims_[d].in;
    out += index[d] * dims_[d].out;
  }
  for (std::int64_t r = begin; r < end; ++r) {
    if (row.in == 1 && row.out == 1) {
      std::memcpy(out, in, static_cast<std::size_t>(row.size));
    } else {
      for (std::int64_t i = 0; i < row.size; ++i) out[i * row.out] = in[i * row.in];
    }
    for (std::size_t d = outer; d-- > 0;) {
      in += dims_[d].in;
      out += dims_[d].out;
      if (++index[d] < dims_[d].size) break;
      in -= dims_[d].size * dims_[d].in;
      out -= dims_[d].size * dims_[d].out;
      index[d] = 0;
    }
  }
}

void StridedCopy::run(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y,
                      std::int64_t out_sample, std::int64_t batch,
                      ThreadPool& threads) const noexcept {
  std::int64_t rows = 1;
  for (std::size_t d = 0; d + 1 < rank_; ++d) rows *= dims_[d].size;
  const std::int64_t rows_per_task =
      std::max<std::int64_t>(1, elements_per_task / dims_[rank_ - 1].size);
  const std::int64_t tasks_per_sample = (rows + rows_per_task - 1) / rows_per_task;
  threads.run(batch * tasks_per_sample, [&](std::int64_t task, int) {
    const std::int64_t sample = task / tasks_per_sample;
    const std::int64_t begin = task % tasks_per_sample * rows_per_task;
    copy_rows(x + sample * in_sample, y + sample * out_sample, begin,
              std::min(rows, begin + rows_per_task));
  });
}

}  // namespace octet::int8
