// ARG_MAX and ARG_MIN: int32 indices, without the axis.
#include "int8/reference/arg.h"
#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

class ArgStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * rows, elements_per_task / (depth * inner) + 1,
              [&](std::int64_t begin, std::int64_t end) { write_rows(args, begin, end); });
  }
  std::int64_t unit_bytes() const noexcept override {
    return inner * static_cast<std::int64_t>(sizeof(std::int32_t));
  }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * depth * inner, units.end * depth * inner};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args, units.begin, units.end);
  }

  ArgFunction* arg = nullptr;
  std::int64_t rows = 1, depth = 1, inner = 1;

 private:
  void write_rows(const RunArgs& args, std::int64_t begin, std::int64_t end) const noexcept {
    auto* y = reinterpret_cast<std::int32_t*>(args.out[0]);
    for (std::int64_t r = begin; r < end; ++r) {
      arg(args.in_i8(0) + r * depth * inner, depth, inner, y + r * inner);
    }
  }
};

std::unique_ptr<Step> create_with(const NodeView& node, ArgFunction& arg) {
  node.expect_operands(2, 2);
  const TensorDef &x = node.moved_activation(0), &y = node.output();
  OCTET_CHECK(x.type == DType::i8, quoted(x), ": expected type i8, got ", dtype_name(x.type));
  const std::vector<std::int32_t> axes = node.i32_constant(1);
  OCTET_CHECK(axes.size() == 1, quoted(node.input(1)), ": expected one axis, got ", axes.size());
  const std::size_t axis = resolve_axis(axes[0], x.shape);
  OCTET_CHECK(y.type == DType::i32, quoted(y), ": expected type i32, got ", dtype_name(y.type));
  const auto at = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  Dims shape = x.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  node.expect_output_shape(shape);

  auto step = new_step<ArgStep>(node);
  step->arg = &arg;
  step->rows = element_count({x.shape.begin(), at});
  step->depth = *at;
  step->inner = element_count({at + 1, x.shape.end()});
  return step;
}

}  // namespace

std::unique_ptr<Step> create_arg_max(const NodeView& node) {
  return create_with(node, arg_max);
}
std::unique_ptr<Step> create_arg_min(const NodeView& node) {
  return create_with(node, arg_min);
}

}  // namespace octet::int8
