// What ADD, SUB, MUL, PRELU, MINIMUM and MAXIMUM share: numpy broadcasting of two int8 operands,
// either of which may be a constant, and the step that runs a kernel over its contiguous rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "int8/kernels/kernel.h"
#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8 {

/// A broadcast op cut into rows that are contiguous in the output. In a row an operand is
/// contiguous or repeats its first `period` elements over and over (1: a scalar; the channels of a
/// pixel: a scale for each channel).
class BroadcastPlan {
 public:
  static constexpr int max_rank = 6;
  static constexpr std::int64_t max_period = 512;  ///< of more than one element

  BroadcastPlan() = default;
  /// Throws Error if the shapes do not broadcast or have more than max_rank dimensions.
  /// A constant operand is shared by all samples of a batch.
  [[gnu::cold]] BroadcastPlan(const Dims& a, bool a_constant, const Dims& b, bool b_constant);

  const Dims& shape() const noexcept { return shape_; }

  /// Calls f(a_offset, b_offset, y_offset, n) for tiles of rows that cover `batch` samples, from
  /// several threads; the tiles depend on shapes and batch alone. A tile begins where the periods
  /// do.
  template <class F>
  void for_each_tile(ThreadPool& threads, std::int64_t batch, const F& f) const noexcept;

  std::int64_t a_period() const noexcept { return row_a_.period; }  ///< 0: contiguous
  std::int64_t b_period() const noexcept { return row_b_.period; }

  /// Elements of a tile that a single row may be cut into; 0: a sample is more than one row.
  std::int64_t unit() const noexcept {
    const std::int64_t period = std::max<std::int64_t>({row_a_.period, row_b_.period, 1});
    return outer_rows_ == 1 ? (elements_per_unit + period - 1) / period * period : 0;
  }
  Range unit_row(Range units) const noexcept {
    return {units.begin * unit(), std::min(units.end * unit(), row_)};
  }

  struct Dim {
    std::int64_t size, a, b;  ///< elements, strides of the operands
  };
  /// The dimensions of one sample's rows, outermost first, and the elements of a row.
  std::span<const Dim> outer() const noexcept { return outer_; }
  std::int64_t row() const noexcept { return row_; }

 private:
  struct Row {
    std::int64_t period = 0;  ///< 0: contiguous
    std::int64_t offset(std::int64_t start) const noexcept { return period == 0 ? start : 0; }
  };
  void repeat_short_rows(std::vector<Dim>& dims);

  Dims shape_;
  std::vector<Dim> outer_;  ///< of one sample, outermost first, without the row
  std::int64_t row_ = 1;
  Row row_a_, row_b_;
  std::int64_t outer_rows_ = 1;
  std::int64_t sample_a_ = 0, sample_b_ = 0;
};

template <class F>
void BroadcastPlan::for_each_tile(ThreadPool& threads, std::int64_t batch,
                                  const F& f) const noexcept {
  if (outer_rows_ == 1 && sample_a_ == row_ && sample_b_ == row_) {  // all samples are one row
    for_tasks(threads, batch * row_, elements_per_task,
              [&](std::int64_t begin, std::int64_t end) { f(begin, begin, begin, end - begin); });
    return;
  }
  const std::int64_t period = std::max<std::int64_t>({row_a_.period, row_b_.period, 1});
  const std::int64_t tile = std::min(row_, elements_per_task / period * period);
  const std::int64_t tiles = (row_ + tile - 1) / tile;
  const std::int64_t per_task = std::max<std::int64_t>(1, elements_per_task / tile);
  for_tasks(threads, batch * outer_rows_ * tiles, per_task,
            [&](std::int64_t begin, std::int64_t end) {
              for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t row = i / tiles;
                const std::int64_t start = i % tiles * tile;
                const std::int64_t sample = row / outer_rows_;
                std::int64_t rest = row % outer_rows_;
                std::int64_t a = sample * sample_a_ + row_a_.offset(start);
                std::int64_t b = sample * sample_b_ + row_b_.offset(start);
                for (std::size_t d = outer_.size(); d-- > 0;) {
                  const std::int64_t index = rest % outer_[d].size;
                  rest /= outer_[d].size;
                  a += index * outer_[d].a;
                  b += index * outer_[d].b;
                }
                f(a, b, row * row_ + start, std::min(tile, row_ - start));
              }
            });
}

/// A tile of an operand as kernels read it: n elements from data(i) on, for i a multiple of
/// chunk(). Periods are written out in a buffer, so that kernels know contiguous operands only.
class TileOperand {
 public:
  TileOperand(const std::int8_t* x, std::int64_t period, std::int64_t n) noexcept : x_(x) {
    if (period == 0) return;
    chunk_ = std::min(n, static_cast<std::int64_t>(spread_.size()) / period * period);
    if (period == 1) {
      std::memset(spread_.data(), *x, static_cast<std::size_t>(chunk_));
    } else {
      for (std::int64_t i = 0; i < chunk_; i += period) {
        std::memcpy(spread_.data() + i, x, static_cast<std::size_t>(period));
      }
    }
  }
  /// Elements that one call of a kernel may take; 0: any number.
  std::int64_t chunk() const noexcept { return chunk_; }
  const std::int8_t* data(std::int64_t i) const noexcept {
    return chunk_ == 0 ? x_ + i : spread_.data();
  }

 private:
  const std::int8_t* x_;
  std::int64_t chunk_ = 0;
  std::array<std::int8_t, 2 * BroadcastPlan::max_period> spread_;  // NOLINT: filled as far as read
};

template <class Params>
using BinaryKernel = Kernel<void(const Params&, const std::int8_t*, const std::int8_t*,
                                 std::int8_t*, std::int64_t) noexcept>;

/// An operand: run-time input `slot`, or a constant.
struct BinaryOperand {
  int slot = -1;
  std::span<const std::int8_t> constant;
  const std::int8_t* data(const RunArgs& args) const noexcept {
    return slot >= 0 ? args.in_i8(static_cast<std::size_t>(slot)) : constant.data();
  }
};

/// What the steps share; the kernel is theirs.
class BroadcastStep : public Step {
 public:
  void run(const RunArgs& args) const noexcept override;
  std::int64_t unit_bytes() const noexcept override { return broadcast_.unit(); }
  Range bytes_read(std::size_t i, Range units) const noexcept override;
  void run_units(const RunArgs& args, Range units) const noexcept override;

 protected:
  /// Operands and output. Throws Error unless both inputs and the output are int8 and the output
  /// has the broadcast shape.
  [[gnu::cold]] void bind(const NodeView& node);

 private:
  virtual void compute(const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
                       std::int64_t n) const noexcept = 0;
  void run_tile(const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
                std::int64_t n) const noexcept;
  BinaryOperand operand(const NodeView& node, int i);

  BinaryOperand a_, b_;
  BroadcastPlan broadcast_;
};

template <class Params>
class BinaryStep final : public BroadcastStep {
 public:
  const char* kernel_name() const noexcept override { return kernel_.name; }

  /// Throws as bind() does.
  static std::unique_ptr<Step> create(const NodeView& node, const Params& params,
                                      BinaryKernel<Params> kernel) {
    auto step = new_step<BinaryStep>(node, {});
    step->params_ = params;
    step->kernel_ = kernel;
    step->bind(node);
    return step;
  }

 private:
  void compute(const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
               std::int64_t n) const noexcept override {
    kernel_.run(params_, a, b, y, n);
  }

  Params params_{};
  BinaryKernel<Params> kernel_;
};

}  // namespace octet::int8
