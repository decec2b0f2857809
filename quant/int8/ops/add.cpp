#include "quant/int8/ops/add.h"

#include <algorithm>

#include "core/error.h"
#include "quant/int8/kernels/elementwise.h"
#include "quant/int8/multipliers.h"
#include "quant/int8/node_view.h"
#include "quant/int8/ops/binary.h"

namespace octet::int8 {
namespace {

Multiplier below_one(double real, Rounding rounding, const char* what) {
  OCTET_CHECK(real > 0.0 && real < 1.0, what, ": expected in (0, 1), got ", real);
  const Multiplier m = checked_multiplier(real, rounding, what);
  OCTET_CHECK(m.shift <= 0, what, ": expected in (0, 1) after rounding, got ", real);
  return m;
}

AddParams make_params(double m1, double m2, double mo, AddParams params) {
  params.m1 = below_one(m1, params.rounding, "multiplier of the first input");
  params.m2 = below_one(m2, params.rounding, "multiplier of the second input");
  params.mo = below_one(mo, params.rounding,
                        "output multiplier 2 * max(input scales) / (2^20 * output scale)");
  return params;
}

}  // namespace

AddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  const AddParams params{.z1 = z1,
                         .z2 = z2,
                         .zo = zo,
                         .m1 = {},
                         .m2 = {},
                         .mo = {},
                         .subtract = false,
                         .rounding = rounding,
                         .range = clamp_range(activation, so, zo)};
  const double twice_max = 2.0 * static_cast<double>(std::max(s1, s2));
  return make_params(static_cast<double>(s1) / twice_max, static_cast<double>(s2) / twice_max,
                     twice_max / ((1 << AddParams::left_shift) * static_cast<double>(so)), params);
}

AddParams make_sub_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  const AddParams params{.z1 = z1,
                         .z2 = z2,
                         .zo = zo,
                         .m1 = {},
                         .m2 = {},
                         .mo = {},
                         .subtract = true,
                         .rounding = rounding,
                         .range = clamp_range(activation, so, zo)};
  const float twice_max = 2.0f * std::max(s1, s2);
  const float m1 = s1 / twice_max;
  const float m2 = s2 / twice_max;
  const float widened = static_cast<float>(1 << AddParams::left_shift) * so;
  const float mo = twice_max / widened;
  return make_params(static_cast<double>(m1), static_cast<double>(m2), static_cast<double>(mo),
                     params);
}

void add(const AddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = params.range.clamp(add_preclamp(params, a[i], b[i]));
}

Kernel<AddFunction> add_kernel(Isa isa) noexcept {
  return select_kernel<AddFunction>(isa, OCTET_KERNELS(add));
}

namespace {

using MakeParams = AddParams (*)(float, std::int32_t, float, std::int32_t, float, std::int32_t,
                                 Activation, Rounding);

std::unique_ptr<Step> create_with(const NodeView& node, MakeParams make) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const auto activation = node.attributes<ElementwiseAttributes>().activation;
  const AddParams params = make(a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point,
                                activation, node.rounding());
  return BinaryStep<AddParams>::create(node, params, add_kernel(node.isa()));
}

}  // namespace

std::unique_ptr<Step> create_add(const NodeView& node) {
  return create_with(node, make_add_params);
}
std::unique_ptr<Step> create_sub(const NodeView& node) {
  return create_with(node, make_sub_params);
}

}  // namespace octet::int8
