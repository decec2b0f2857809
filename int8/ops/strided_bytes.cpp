#include "int8/ops/strided_bytes.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "int8/kernels/transpose_tile.h"
#include "int8/ops/copy_codes.h"

namespace octet::int8 {
namespace {

/// `row` by value and loads before stores: bytes may alias anything that is in memory.
void copy_elements(std::int8_t* y, const std::int8_t* x, StridedBytes::Dim row) noexcept {
  if (row.in == 0 && row.out == 1) {
    std::memset(y, *x, static_cast<std::size_t>(row.size));
    return;
  }
  std::int64_t i = 0;
  for (; i + 4 <= row.size; i += 4, y += 4 * row.out, x += 4 * row.in) {
    const std::int8_t a = x[0], b = x[row.in], c = x[2 * row.in], d = x[3 * row.in];
    y[0] = a;
    y[row.out] = b;
    y[2 * row.out] = c;
    y[3 * row.out] = d;
  }
  for (; i < row.size; ++i, y += row.out, x += row.in) *y = *x;
}

}  // namespace

std::vector<std::int64_t> row_major_strides(const Dims& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

void StridedBytes::push(Dim dim) {
  if (dim.size == 1) return;
  OCTET_CHECK(rank_ < max_rank, "dimensions: expected at most ", max_rank);
  dims_[rank_++] = dim;
}

void StridedBytes::prepare() noexcept {
  std::array<Dim, max_rank> joined{};
  std::size_t rank = 0;
  for (std::size_t d = 0; d < rank_; ++d) {
    const Dim& dim = dims_[d];
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

  const Dim& row = dims_[rank_ - 1];
  method_ = row.in == 1 && row.out == 1 ? Method::rows : Method::elements;
  if (method_ == Method::rows || row.out != 1) return;
  // Another dimension contiguous in the input: with the row it makes a matrix to transpose.
  constexpr std::int64_t worth_it = 8;
  for (std::size_t d = 0; d + 1 < rank_; ++d) {
    if (dims_[d].in != 1 || dims_[d].size < worth_it || row.size < worth_it) continue;
    std::rotate(dims_.begin() + static_cast<std::ptrdiff_t>(d),
                dims_.begin() + static_cast<std::ptrdiff_t>(d) + 1,
                dims_.begin() + static_cast<std::ptrdiff_t>(rank_) - 1);
    method_ = Method::tiles;
    return;
  }
}

const char* StridedBytes::kernel_name() const noexcept {
  switch (method_) {
    case Method::rows:
      return "copy";
    case Method::tiles:
      return "transpose_16x16";
    default:
      return "copy_strided";
  }
}

StridedBytes::Offsets StridedBytes::offsets(std::int64_t i, std::size_t dims) const noexcept {
  Offsets o{in_offset_, out_offset_};
  for (std::size_t d = dims; d-- > 0;) {
    const std::int64_t index = i % dims_[d].size;
    i /= dims_[d].size;
    o.in += index * dims_[d].in;
    o.out += index * dims_[d].out;
  }
  return o;
}

std::int64_t StridedBytes::items(std::size_t dims) const noexcept {
  std::int64_t n = 1;
  for (std::size_t d = 0; d < dims; ++d) n *= dims_[d].size;
  return n;
}

template <class F>
void StridedBytes::for_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                            std::int64_t end, const F& f) const noexcept {
  // Runs of neighbouring rows of the innermost outer dimension, so that few rows need divisions.
  const Dim step = rank_ > 1 ? dims_[rank_ - 2] : Dim{1, 0, 0};
  for (std::int64_t r = begin; r < end;) {
    const Offsets o = offsets(r, rank_ - 1);
    const std::int64_t n = std::min(end - r, step.size - r % step.size);
    for (std::int64_t i = 0; i < n; ++i) f(x + o.in + i * step.in, y + o.out + i * step.out);
    r += n;
  }
}

void StridedBytes::copy_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                             std::int64_t end) const noexcept {
  const Dim row = dims_[rank_ - 1];
  if (method_ == Method::rows) {
    for_rows(x, y, begin, end,
             [&](const std::int8_t* from, std::int8_t* to) { copy_codes(to, from, row.size); });
    return;
  }
  for_rows(x, y, begin, end,
           [&](const std::int8_t* from, std::int8_t* to) { copy_elements(to, from, row); });
}

/// A band is up to 16 rows of the input of one matrix.
void StridedBytes::copy_bands(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                              std::int64_t end) const noexcept {
  const Dim columns = dims_[rank_ - 2], rows = dims_[rank_ - 1];
  const std::int64_t bands = (rows.size + transpose_tile - 1) / transpose_tile;
  for (std::int64_t b = begin; b < end; ++b) {
    const Offsets o = offsets(b / bands, rank_ - 2);
    const std::int64_t row = b % bands * transpose_tile;
    transpose_band(x + o.in + row * rows.in, rows.in, std::min(transpose_tile, rows.size - row),
                   columns.size, y + o.out + row, columns.out);
  }
}

void StridedBytes::run(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y,
                       std::int64_t out_sample, std::int64_t batch,
                       ThreadPool& threads) const noexcept {
  const bool tiles = method_ == Method::tiles;
  const std::int64_t last = dims_[rank_ - 1].size;
  const std::int64_t units =
      tiles ? items(rank_ - 2) * ((last + transpose_tile - 1) / transpose_tile) : items(rank_ - 1);
  const std::int64_t bytes = items(rank_) / units;
  for_sample_tasks(threads, batch, units, bytes_per_task / std::max(bytes, last),
                   [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
                     const std::int8_t* from = x + sample * in_sample;
                     std::int8_t* to = y + sample * out_sample;
                     tiles ? copy_bands(from, to, begin, end) : copy_rows(from, to, begin, end);
                   });
}

void StridedBytes::run_padded(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y,
                              std::int64_t out_sample, std::int8_t value, std::int64_t batch,
                              ThreadPool& threads) const noexcept {
  const Dim row = dims_[rank_ - 1];
  const std::int64_t rows = items(rank_ - 1), extent = (row.size - 1) * row.out + 1;
  const auto fill = [&](std::int8_t* from, const std::int8_t* to) {
    std::memset(from, value, static_cast<std::size_t>(to - from));
  };
  const auto pad = [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
    std::int8_t* to = y + sample * out_sample;
    std::int8_t* filled = begin == 0 ? to : to + offsets(begin - 1, rank_ - 1).out + extent;
    for_rows(x + sample * in_sample, to, begin, end, [&](const std::int8_t* from, std::int8_t* at) {
      if (method_ == Method::rows) {
        fill(filled, at);
        copy_codes(at, from, row.size);
      } else {
        fill(filled, at + extent);
        copy_elements(at, from, row);
      }
      filled = at + extent;
    });
    if (end == rows) fill(filled, to + out_sample);
  };
  for_sample_tasks(threads, batch, rows, bytes_per_task / row.size, pad);
}

std::unique_ptr<Step> create_strided_copy(const NodeView& node, const StridedBytes& copy) {
  auto step = new_step<StridedCopyStep>(node);
  step->copy = copy;
  step->copy.prepare();
  step->in_sample = element_count(node.input(0).shape);
  step->out_sample = element_count(node.output().shape);
  return step;
}

}  // namespace octet::int8
