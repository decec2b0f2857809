// SOFTMAX row by row, by a kernel of whoever knows its integers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "int8/kernels/kernel.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {

template <class Params>
using RowKernel = Kernel<void(const Params& params, const std::int8_t* x, std::int8_t* y,
                              std::int64_t depth) noexcept>;

template <class Params>
class SoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const std::int64_t rows_per_task = std::max<std::int64_t>(1, 4096 / depth);
    for_tasks(args.threads, args.batch * rows, rows_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                  kernel.run(params, x + r * depth, y + r * depth, depth);
                }
              });
  }
  std::int64_t unit_bytes() const noexcept override { return depth; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * depth, units.end * depth};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    for (std::int64_t r = units.begin; r < units.end; ++r) {
      kernel.run(params, args.in_i8(0) + r * depth, args.out_i8() + r * depth, depth);
    }
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  Params params;
  RowKernel<Params> kernel;
  std::int64_t rows = 1, depth = 1;
};

/// Of a node that check_softmax() has seen.
template <class Params>
std::unique_ptr<Step> create_softmax_step(const NodeView& node, const Params& params,
                                          RowKernel<Params> kernel) {
  auto step = new_step<SoftmaxStep<Params>>(node);
  const Dims& x = node.input(0).shape;
  step->params = params;
  step->kernel = kernel;
  step->depth = x.back();
  step->rows = element_count(x) / step->depth;
  step->in_place = {0};
  return step;
}

/// One computed int8 input of at least one dimension, an output of the same shape with the params
/// that the format fixes for it. Throws Error.
[[gnu::cold]] void check_softmax(const NodeView& node, QuantParams fixed);

}  // namespace octet::int8
