#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/reference/l2_normalization.h"

namespace octet::int8 {
namespace {

class L2NormalizationStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * rows, elements_per_task / depth + 1,
              [&](std::int64_t begin, std::int64_t end) { write_rows(args, begin, end); });
  }
  std::int64_t unit_bytes() const noexcept override { return depth; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * depth, units.end * depth};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args, units.begin, units.end);
  }

  std::int32_t z_in = 0;
  Rounding rounding = Rounding::single_rounding;
  std::int64_t rows = 1, depth = 1;

 private:
  void write_rows(const RunArgs& args, std::int64_t begin, std::int64_t end) const noexcept {
    for (std::int64_t r = begin; r < end; ++r) {
      l2_normalization_row(args.in_i8(0) + r * depth, z_in, rounding, args.out_i8() + r * depth,
                           depth);
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_l2_normalization(const NodeView& node) {
  node.expect_operands(1, 1);
  const Dims& shape = node.input(0).shape;
  const QuantParams in = node.i8_activation(0);
  node.expect_params(node.output(), {1.0f / 128.0f, 0});
  node.expect_output_shape(shape);
  OCTET_CHECK(!shape.empty(), quoted(node.input(0)), ": expected at least one dimension");
  node.expect_no_activation();
  auto step = new_step<L2NormalizationStep>(node);
  step->z_in = in.zero_point;
  step->rounding = node.rounding();
  step->depth = shape.back();
  step->rows = element_count(shape) / step->depth;
  step->in_place = {0};
  return step;
}

}  // namespace octet::int8
