// ARG_MAX and ARG_MIN of codes or floats: int32 or int64 indices, without the axis.
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
  std::int64_t unit_bytes() const noexcept override { return row_out; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * row_in, units.end * row_in};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args, units.begin, units.end);
  }

  ArgFunction* arg = nullptr;
  std::int64_t rows = 1, depth = 1, inner = 1;
  std::int64_t row_in = 0, row_out = 0;  ///< bytes

 private:
  void write_rows(const RunArgs& args, std::int64_t begin, std::int64_t end) const noexcept {
    for (std::int64_t r = begin; r < end; ++r)
      arg(args.in[0] + r * row_in, depth, inner, args.out[0] + r * row_out);
  }
};

std::unique_ptr<Step> create_arg(const NodeView& node, bool largest) {
  node.expect_operands(2, 2);
  const TensorDef &x = node.input(0), &y = node.output();
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  OCTET_CHECK(x.type == DType::i8 || x.type == DType::f32, quoted(x),
              ": expected type i8 or f32, got ", dtype_name(x.type));
  const std::vector<std::int32_t> axes = node.i32_constant(1);
  OCTET_CHECK(axes.size() == 1, quoted(node.input(1)), ": expected one axis, got ", axes.size());
  const std::size_t axis = resolve_axis(axes[0], x.shape);
  OCTET_CHECK(is_integer(y.type), quoted(y), ": expected type i32 or i64, got ",
              dtype_name(y.type));
  const auto at = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  Dims shape = x.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  node.expect_output_shape(shape);

  auto step = new_step<ArgStep>(node);
  step->arg = find_arg(x.type, y.type, largest);
  step->rows = element_count({x.shape.begin(), at});
  step->depth = *at;
  step->inner = element_count({at + 1, x.shape.end()});
  step->row_in = step->depth * step->inner * static_cast<std::int64_t>(dtype_size(x.type));
  step->row_out = step->inner * static_cast<std::int64_t>(dtype_size(y.type));
  return step;
}

}  // namespace

std::unique_ptr<Step> create_arg_max(const NodeView& node) {
  return create_arg(node, true);
}
std::unique_ptr<Step> create_arg_min(const NodeView& node) {
  return create_arg(node, false);
}

}  // namespace octet::int8
