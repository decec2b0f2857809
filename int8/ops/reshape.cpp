// RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape; no copy where the planner
// lets input and output share memory.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

class CopyStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::byte* x = args.in[0];
    std::byte* y = args.out[0];
    if (x == y) return;
    for_tasks(args.threads, args.batch * sample, bytes_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                std::memcpy(y + begin, x + begin, static_cast<std::size_t>(end - begin));
              });
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::int64_t sample = 0;  ///< bytes
};

std::unique_ptr<Step> create_copy(const NodeView& node, const Dims& shape) {
  const TensorDef& x = node.input(0);
  const TensorDef& y = node.output();
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  OCTET_CHECK(x.type == y.type, quoted(y), ": expected type ", dtype_name(x.type), ", got ",
              dtype_name(y.type));
  if (is_codes(x.type)) node.expect_movable(x, y);
  OCTET_CHECK(x.type != DType::i16 || x.quantization == y.quantization, quoted(y),
              ": expected the scale and zero point of ", quoted(x));
  node.expect_output_shape(shape);
  OCTET_CHECK(element_count(x.shape) == element_count(shape), quoted(y), ": expected ",
              element_count(x.shape), " elements as in ", to_string(x.shape), ", got shape ",
              to_string(shape));
  auto step = new_step<CopyStep>(node);
  step->sample = element_count(shape) * static_cast<std::int64_t>(dtype_size(x.type));
  step->in_place = {0};
  step->alias = true;
  return step;
}

/// Replaces the one -1 by what makes the element count right.
Dims resolve(Dims shape, std::int64_t elements) {
  const auto unknown = std::find(shape.begin(), shape.end(), -1);
  std::int64_t known = 1;
  for (auto it = shape.begin(); it != shape.end(); ++it) {
    if (it == unknown) continue;
    OCTET_CHECK(*it >= 1, "new shape: expected sizes >= 1 and at most one -1, got ",
                to_string(shape));
    known *= *it;
    OCTET_CHECK(known <= elements, "new shape: ", to_string(shape), " has more than the input's ",
                elements, " elements");
  }
  if (unknown != shape.end()) {
    OCTET_CHECK(elements % known == 0, "new shape: ", elements, " elements do not divide into ",
                to_string(shape));
    *unknown = static_cast<std::int32_t>(elements / known);
  }
  return shape;
}

}  // namespace

std::unique_ptr<Step> create_reshape(const NodeView& node) {
  node.expect_operands(1, 2);
  // The shape operand wins over the attribute, as in TFLite. Without either the output's shape is
  // the one it has; old files write [0] for a scalar.
  Dims shape =
      node.has_input(1) ? node.i32_constant(1) : node.attributes<ReshapeAttributes>().new_shape;
  if (!node.has_input(1) && shape.empty()) shape = node.output().shape;
  if (shape == Dims{0}) shape.clear();
  return create_copy(node, resolve(shape, element_count(node.input(0).shape)));
}

std::unique_ptr<Step> create_squeeze(const NodeView& node) {
  node.expect_operands(1, 1);
  const Dims& in = node.input(0).shape;
  const auto rank = static_cast<std::int32_t>(in.size());
  const Dims dims = node.attributes<SqueezeAttributes>().dims;
  std::vector<bool> drop(in.size(), false);
  for (const std::int32_t dim : dims) {
    const std::int32_t d = dim < 0 ? dim + rank : dim;
    OCTET_CHECK(d >= 0 && d < rank && in[static_cast<std::size_t>(d)] == 1,
                "squeeze_dims: expected dimensions of size 1 of ", to_string(in), ", got ",
                to_string(dims));
    drop[static_cast<std::size_t>(d)] = true;
  }
  Dims shape;
  for (std::size_t d = 0; d < in.size(); ++d) {
    if (dims.empty() ? in[d] != 1 : !drop[d]) shape.push_back(in[d]);
  }
  return create_copy(node, shape);
}

std::unique_ptr<Step> create_expand_dims(const NodeView& node) {
  node.expect_operands(2, 2);
  Dims shape = node.input(0).shape;
  const std::vector<std::int32_t> axes = node.i32_constant(1);
  const auto rank = static_cast<std::int32_t>(shape.size()) + 1;
  OCTET_CHECK(axes.size() == 1 && axes[0] >= -rank && axes[0] < rank, quoted(node.input(1)),
              ": expected one axis within ", -rank, " to ", rank - 1, ", got ", to_string(axes));
  shape.insert(shape.begin() + (axes[0] < 0 ? axes[0] + rank : axes[0]), 1);
  return create_copy(node, shape);
}

}  // namespace octet::int8
