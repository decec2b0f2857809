// ARG_MAX and ARG_MIN of codes or floats: int32 or int64 indices, without the axis.
#include "int8/reference/arg.h"
#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

template <class X, class Index>
class ArgStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * rows, elements_per_task / (depth * inner) + 1,
              [&](std::int64_t begin, std::int64_t end) { write_rows(args, begin, end); });
  }
  std::int64_t unit_bytes() const noexcept override {
    return inner * static_cast<std::int64_t>(sizeof(Index));
  }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    const std::int64_t row = depth * inner * static_cast<std::int64_t>(sizeof(X));
    return {units.begin * row, units.end * row};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args, units.begin, units.end);
  }

  bool largest = false;
  std::int64_t rows = 1, depth = 1, inner = 1;

 private:
  void write_rows(const RunArgs& args, std::int64_t begin, std::int64_t end) const noexcept {
    const auto* x = reinterpret_cast<const X*>(args.in[0]);
    auto* y = reinterpret_cast<Index*>(args.out[0]);
    for (std::int64_t r = begin; r < end; ++r) {
      (largest ? arg_max<X, Index> : arg_min<X, Index>)(x + r * depth * inner, depth, inner,
                                                        y + r * inner);
    }
  }
};

template <class X, class Index>
std::unique_ptr<Step> create_step(const NodeView& node, std::size_t axis, bool largest) {
  const Shape& shape = node.input(0).shape;
  const auto at = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  auto step = new_step<ArgStep<X, Index>>(node);
  step->largest = largest;
  step->rows = element_count({shape.begin(), at});
  step->depth = *at;
  step->inner = element_count({at + 1, shape.end()});
  return step;
}

std::unique_ptr<Step> create_with(const NodeView& node, bool largest) {
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
  Shape shape = x.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  node.expect_output_shape(shape);
  const bool wide = y.type == DType::i64;
  if (x.type == DType::f32) {
    return wide ? create_step<float, std::int64_t>(node, axis, largest)
                : create_step<float, std::int32_t>(node, axis, largest);
  }
  return wide ? create_step<std::int8_t, std::int64_t>(node, axis, largest)
              : create_step<std::int8_t, std::int32_t>(node, axis, largest);
}

}  // namespace

std::unique_ptr<Step> create_arg_max(const NodeView& node) {
  return create_with(node, true);
}
std::unique_ptr<Step> create_arg_min(const NodeView& node) {
  return create_with(node, false);
}

}  // namespace octet::int8
