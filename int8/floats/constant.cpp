// DEQUANTIZE of a constant: what converters leave of weights that only floats are computed with.
#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/ops/of_constants.h"
#include "int8/reference/quantize.h"

namespace octet::int8::floats {

std::unique_ptr<Step> create_constant(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  expect_f32(node.output());
  node.expect_output_shape(x.shape);
  const Quantization& q = x.quantization;
  OCTET_CHECK(x.constant && is_codes(x.type) && !q.scale.empty(), quoted(x),
              ": expected a quantized constant of type i8 or u8, got type ", dtype_name(x.type));
  std::int64_t inner = 1;  // elements of a channel that lie side by side
  for (std::size_t d = static_cast<std::size_t>(q.axis) + 1; d < x.shape.size(); ++d)
    inner *= x.shape[d];
  auto step = new_step<ConstantStep>(node, {});
  step->values.emplace_back(x.constant.size * sizeof(float));
  auto* y = step->values[0].as<float>();
  for (std::size_t i = 0; i < x.constant.size; ++i) {
    const std::size_t c = i / static_cast<std::size_t>(inner) % q.scale.size();
    const int code = x.type == DType::u8 ? static_cast<int>(x.constant.data[i])
                                         : static_cast<std::int8_t>(x.constant.data[i]);
    y[i] = dequantize_one(code, q.scale[c], q.zero_point[q.zero_point.size() == 1 ? 0 : c]);
  }
  return step;
}

}  // namespace octet::int8::floats
