// Moving bytes: TRANSPOSE, slices, SPLIT, CONCATENATION, PAD, TILE and others are copies between
// two strided views of the same dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/parallel.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {

/// Per sample: y[out_offset + sum i_d * out_d] = x[in_offset + sum i_d * in_d], int8 elements.
/// Input strides may be negative (a reversed slice) or 0 (repeated elements).
class StridedBytes {
 public:
  static constexpr std::size_t max_rank = 16;
  struct Dim {
    std::int64_t size = 1, in = 0, out = 0;
  };

  /// Appends a dimension inside those already there. Throws Error beyond max_rank of more than one
  /// element.
  void push(Dim dim);
  void set_offsets(std::int64_t in, std::int64_t out) noexcept {
    in_offset_ = in;
    out_offset_ = out;
  }
  /// To be called when all is pushed: joins neighbours (fewer,
  /// longer rows, the same bytes), and chooses how to copy.
  [[gnu::cold]] void prepare() noexcept;

  /// Samples are in_sample (out_sample) elements apart. x and y must not overlap.
  void run(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y, std::int64_t out_sample,
           std::int64_t batch, ThreadPool& threads) const noexcept;
  /// The same, and every other element of y becomes `value`. Requires ascending output strides.
  void run_padded(const std::int8_t* x, std::int64_t in_sample, std::int8_t* y,
                  std::int64_t out_sample, std::int8_t value, std::int64_t batch,
                  ThreadPool& threads) const noexcept;

  const char* kernel_name() const noexcept;

 private:
  enum class Method { rows, tiles, elements };
  struct Offsets {
    std::int64_t in, out;
  };

  /// Offsets of item `i` of the row-major items of the first `dims` dimensions.
  Offsets offsets(std::int64_t i, std::size_t dims) const noexcept;
  std::int64_t items(std::size_t dims) const noexcept;
  /// Calls f(x, y) for rows begin .. end - 1.
  template <class F>
  void for_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin, std::int64_t end,
                const F& f) const noexcept;
  void copy_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                 std::int64_t end) const noexcept;
  void copy_bands(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                  std::int64_t end) const noexcept;

  std::array<Dim, max_rank> dims_{};
  std::size_t rank_ = 0;
  Method method_ = Method::rows;
  std::int64_t in_offset_ = 0, out_offset_ = 0;
};

/// A step that is one StridedBytes: TRANSPOSE, slices, TILE, ...
class StridedCopyStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    copy.run(args.in_i8(0), in_sample, args.out_i8(), out_sample, args.batch, args.threads);
  }
  const char* kernel_name() const noexcept override { return copy.kernel_name(); }

  StridedBytes copy;
  std::int64_t in_sample = 0, out_sample = 0;
};

/// Of input 0 into the output, whose shapes are checked; `copy` as pushed.
std::unique_ptr<Step> create_strided_copy(const NodeView& node, const StridedBytes& copy);

/// Row-major strides in elements.
std::vector<std::int64_t> row_major_strides(const Dims& shape);

}  // namespace octet::int8
