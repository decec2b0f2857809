// REDUCE_MIN and REDUCE_MAX.
#include "int8/kernels/dispatch.h"
#include "int8/ops/reduction_step.h"
#include "int8/reference/min_max.h"

namespace octet::int8 {
namespace {

class ReduceStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_results(args, reduction,
                [&](const std::int8_t* x, std::int64_t begin, std::int64_t end, std::int8_t* y) {
                  reduce(reduction.layout, *pick.run, x, begin, end, y);
                });
  }
  const char* kernel_name() const noexcept override { return pick.name; }
  std::size_t packed_bytes() const noexcept override { return reduction.packed_bytes(); }

  Reduction reduction;
  ReducePickFunction* reduce = nullptr;
  Kernel<MinMaxFunction> pick;
};

std::unique_ptr<Step> create_with(const NodeView& node, ReducePickFunction& reduce,
                                  Kernel<MinMaxFunction> (*kernel)(Isa)) {
  node.i8_activation(0);
  node.expect_same_params(node.input(0), node.output());
  auto step = new_step<ReduceStep>(node);
  step->reduction = make_reduction(node);
  step->reduce = &reduce;
  const ReductionLayout& layout = step->reduction.layout;
  const bool rows = layout.run_stride == layout.inner;  // one behind the other
  step->pick = kernel(rows ? node.isa() : isa_for_channels(node.isa(), layout.inner));
  return step;
}

}  // namespace

std::unique_ptr<Step> create_reduce_min(const NodeView& node) {
  return create_with(node, reduce_min, minimum_kernel);
}
std::unique_ptr<Step> create_reduce_max(const NodeView& node) {
  return create_with(node, reduce_max, maximum_kernel);
}

}  // namespace octet::int8
