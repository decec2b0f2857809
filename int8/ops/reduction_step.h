// What MEAN, SUM, REDUCE_MIN and REDUCE_MAX share: axes, shapes and where the codes are.
#pragma once

#include <cstdint>

#include "int8/kernels/kernel.h"
#include "int8/ops/node_view.h"
#include "int8/reference/reduction.h"

namespace octet::int8 {

struct Reduction {
  ReductionLayout layout;
  std::int64_t count = 1;      ///< elements that a result is made from
  std::int64_t in_sample = 0;  ///< of the input

  std::int64_t results() const noexcept { return static_cast<std::int64_t>(layout.kept.size()); }
  /// Results k that a task makes, if an element costs half of what an elementwise op's does.
  std::int64_t per_task() const noexcept;
  /// Runs reduce contiguous codes.
  bool along_rows() const noexcept { return layout.inner == 1 && layout.run_stride == 1; }
  std::size_t packed_bytes() const noexcept {
    return (layout.kept.size() + layout.reduced.size()) * sizeof(std::int64_t);
  }
};

/// Which dimensions of `in` operand 1, a constant of axes, names. Throws Error.
std::vector<bool> reduced_dims(const NodeView& node, const Dims& in);

/// Checks operands, axes and the output's shape. Throws Error.
Reduction make_reduction(const NodeView& node);

/// Calls f(x, begin, end, y) for results begin .. end - 1 of the sample at x, the first to y.
template <class F>
void for_results(const RunArgs& args, const Reduction& r, const F& f) noexcept {
  for_sample_tasks(args.threads, args.batch, r.results(), r.per_task(),
                   [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
                     f(args.in_i8(0) + sample * r.in_sample, begin, end,
                       args.out_i8() + (sample * r.results() + begin) * r.layout.inner);
                   });
}

/// MEAN and SUM by a kernel of whoever knows their integers.
template <class Params>
class MeanStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_results(args, reduction,
                [&](const std::int8_t* x, std::int64_t begin, std::int64_t end, std::int8_t* y) {
                  kernel.run(params, reduction.layout, x, begin, end, y);
                });
  }
  const char* kernel_name() const noexcept override { return kernel.name; }
  std::size_t packed_bytes() const noexcept override { return reduction.packed_bytes(); }

  Params params;
  Reduction reduction;
  Kernel<void(const Params& params, const ReductionLayout& layout, const std::int8_t* x,
              std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept>
      kernel;
};

}  // namespace octet::int8
