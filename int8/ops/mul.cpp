#include "int8/ops/mul.h"

#include "int8/kernels/elementwise.h"
#include "int8/ops/binary.h"
#include "int8/ops/node_view.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {

MulParams make_mul_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  const double real = static_cast<double>(s1) * static_cast<double>(s2) / static_cast<double>(so);
  const char* what = "input scale * input scale / output scale";
  const MulParams params{.z1 = z1,
                         .z2 = z2,
                         .zo = zo,
                         .m = checked_multiplier(real, rounding, what),
                         .rounding = rounding,
                         .range = clamp_range(activation, so, zo)};
  check_no_overflow(255 * 255, params.m, what);
  return params;
}

void mul(const MulParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = params.range.clamp(mul_preclamp(params, a[i], b[i]));
}

Kernel<MulFunction> mul_kernel(Isa isa) noexcept {
  return select_kernel<MulFunction>(isa, OCTET_KERNELS(mul));
}

std::unique_ptr<Step> create_mul(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const auto activation = node.attributes<ElementwiseAttributes>().activation;
  const MulParams params = make_mul_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale,
                                           y.zero_point, activation, node.rounding());
  return BinaryStep<MulParams>::create(node, params, mul_kernel(node.isa()));
}

}  // namespace octet::int8
