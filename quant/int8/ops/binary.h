// What ADD, SUB, MUL, PRELU, MINIMUM and MAXIMUM share: numpy broadcasting of two int8 operands,
// either of which may be a constant, and the step that runs a kernel over its contiguous rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "quant/int8/node_view.h"
#include "quant/int8/step.h"

namespace octet::int8 {

/// A broadcast op cut into rows of `row` elements that are contiguous in the output and, in each
/// operand, either contiguous or one repeated element.
class Broadcast {
 public:
  static constexpr int max_rank = 6;

  Broadcast() = default;
  /// Throws Error if the shapes do not broadcast or have more than max_rank dimensions.
  /// A constant operand is shared by all samples of a batch.
  Broadcast(const Shape& a, bool a_constant, const Shape& b, bool b_constant);

  const Shape& shape() const noexcept { return shape_; }

  /// Calls f(a_offset, b_offset, y_offset, n) for pieces that cover `batch` samples, from several
  /// threads; the pieces depend on shapes and batch alone. Then a_repeats() says whether the piece
  /// has one element of a or n of them.
  template <class F>
  void for_each_piece(ThreadPool& threads, std::int64_t batch, const F& f) const noexcept;

  bool a_repeats() const noexcept { return row_stride_a_ == 0; }
  bool b_repeats() const noexcept { return row_stride_b_ == 0; }

 private:
  struct Dim {
    std::int64_t size, a, b;  ///< elements, strides of the operands
  };

  Shape shape_;
  std::vector<Dim> outer_;  ///< of one sample, outermost first, without the row
  std::int64_t row_ = 1, row_stride_a_ = 1, row_stride_b_ = 1;
  std::int64_t outer_rows_ = 1;
  std::int64_t sample_a_ = 0, sample_b_ = 0;
};

template <class F>
void Broadcast::for_each_piece(ThreadPool& threads, std::int64_t batch, const F& f) const noexcept {
  if (outer_rows_ == 1 && sample_a_ == row_ && sample_b_ == row_) {  // all samples are one row
    for_chunks(threads, batch * row_, elements_per_task,
               [&](std::int64_t begin, std::int64_t end) { f(begin, begin, begin, end - begin); });
    return;
  }
  const std::int64_t piece = std::min(row_, elements_per_task);
  const std::int64_t pieces = (row_ + piece - 1) / piece;
  const std::int64_t per_task = std::max<std::int64_t>(1, elements_per_task / piece);
  for_chunks(threads, batch * outer_rows_ * pieces, per_task,
             [&](std::int64_t begin, std::int64_t end) {
               for (std::int64_t i = begin; i < end; ++i) {
                 const std::int64_t row = i / pieces;
                 const std::int64_t start = i % pieces * piece;
                 const std::int64_t sample = row / outer_rows_;
                 std::int64_t rest = row % outer_rows_;
                 std::int64_t a = sample * sample_a_ + start * row_stride_a_;
                 std::int64_t b = sample * sample_b_ + start * row_stride_b_;
                 for (std::size_t d = outer_.size(); d-- > 0;) {
                   const std::int64_t index = rest % outer_[d].size;
                   rest /= outer_[d].size;
                   a += index * outer_[d].a;
                   b += index * outer_[d].b;
                 }
                 f(a, b, row * row_ + start, std::min(piece, row_ - start));
               }
             });
}

template <class Params>
using BinaryKernel = void (*)(const Params&, const std::int8_t*, const std::int8_t*, std::int8_t*,
                              std::int64_t) noexcept;

/// An operand: run-time input `slot`, or a constant.
struct BinaryOperand {
  int slot = -1;
  std::span<const std::int8_t> constant;
  const std::int8_t* data(const RunArgs& args) const noexcept {
    return slot >= 0 ? args.in_i8(static_cast<std::size_t>(slot)) : constant.data();
  }
};

template <class Params>
class BinaryStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* a = a_.data(args);
    const std::int8_t* b = b_.data(args);
    std::int8_t* y = args.out_i8();
    broadcast_.for_each_piece(
        args.threads, args.batch,
        [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
          if (!broadcast_.a_repeats() && !broadcast_.b_repeats()) {
            kernel_(params_, a + ia, b + ib, y + iy, n);
            return;
          }
          // A repeated element is spread over a short buffer, so kernels know one form only.
          std::array<std::int8_t, 256> spread_a, spread_b;
          const auto chunk = static_cast<std::int64_t>(spread_a.size());
          const bool repeats_a = broadcast_.a_repeats(), repeats_b = broadcast_.b_repeats();
          if (repeats_a) spread_a.fill(a[ia]);
          if (repeats_b) spread_b.fill(b[ib]);
          for (std::int64_t i = 0; i < n; i += chunk) {
            kernel_(params_, repeats_a ? spread_a.data() : a + ia + i,
                    repeats_b ? spread_b.data() : b + ib + i, y + iy + i, std::min(chunk, n - i));
          }
        });
  }

  /// Throws Error unless both inputs and the output are int8 and the output has the broadcast
  /// shape.
  static std::unique_ptr<Step> create(const NodeView& node, const Params& params,
                                      BinaryKernel<Params> kernel) {
    auto step = new_step<BinaryStep>(node, {});
    step->params_ = params;
    step->kernel_ = kernel;
    step->a_ = step->operand(node, 0);
    step->b_ = step->operand(node, 1);
    step->broadcast_ =
        Broadcast(node.input(0).shape, step->a_.slot < 0, node.input(1).shape, step->b_.slot < 0);
    node.expect_output_shape(step->broadcast_.shape());
    for (int i = 0; i < 2; ++i) {
      const BinaryOperand& operand = i == 0 ? step->a_ : step->b_;
      const bool same_size =
          element_count(node.input(i).shape) == element_count(step->broadcast_.shape());
      if (operand.slot >= 0 && same_size) step->in_place.push_back(operand.slot);
    }
    return step;
  }

 private:
  BinaryOperand operand(const NodeView& node, int i) {
    if (node.input(i).constant) return {-1, node.i8_constant(i)};
    inputs.push_back(node.input_index(i));
    return {static_cast<int>(inputs.size()) - 1, {}};
  }

  Params params_{};
  BinaryKernel<Params> kernel_ = nullptr;
  BinaryOperand a_, b_;
  Broadcast broadcast_;
};

}  // namespace octet::int8
