#include "quant/int8/ops/softmax.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.h"
#include "quant/int8/fixed_point_functions.h"
#include "quant/int8/node_view.h"

namespace octet::int8 {

SoftmaxParams make_softmax_params(float beta, float s_in, Rounding rounding) {
  // Differences become Q5.26 for exp().
  const double limit = rounding == Rounding::single_rounding ? 1073741823.0 : 2147483647.0;
  const double real = static_cast<double>(beta) * static_cast<double>(s_in) * (1 << 26);
  OCTET_CHECK(std::isfinite(real) && real > 1.0,
              "beta * input scale * 2^26: expected finite and above 1, got ", real);
  const Multiplier m = quantize_multiplier(std::min(real, limit), rounding);
  const double radius = std::floor(31.0 * (1 << 26) / std::ldexp(1.0, m.shift));
  SoftmaxParams params;
  params.first_zero = static_cast<int>(std::min(radius, 255.0)) + 1;
  for (int d = 0; d < params.first_zero; ++d) {
    const std::int32_t z = multiply_by_quantized_multiplier(-d, m, rounding);
    params.exponentials[static_cast<std::size_t>(d)] = exp_on_negative_values(z, 5);
  }
  return params;
}

void softmax_row(const SoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                 std::int64_t depth) noexcept {
  constexpr int accumulation_bits = 12;
  const std::int32_t largest = *std::max_element(x, x + depth);
  std::int32_t sum = 0;  // Q12.19
  for (std::int64_t i = 0; i < depth; ++i) {
    const auto d = static_cast<std::size_t>(largest - x[i]);
    sum += rounding_divide_by_pot(params.exponentials[d], accumulation_bits);
  }
  // sum = 2^bits * (1 + fraction), fraction in Q0.
  const int headroom = std::countl_zero(static_cast<std::uint32_t>(sum));
  const auto fraction = static_cast<std::int32_t>((static_cast<std::uint32_t>(sum) << headroom) -
                                                  (std::uint32_t{1} << 31));
  const std::int32_t inverse = one_over_one_plus(fraction);
  const int exponent = accumulation_bits - headroom + 23;
  for (std::int64_t i = 0; i < depth; ++i) {
    const int d = largest - x[i];
    if (d >= params.first_zero || exponent > 31) {  // beyond 2^31 every quotient rounds to 0
      y[i] = -128;
      continue;
    }
    const std::int32_t product = srdhm(inverse, params.exponentials[static_cast<std::size_t>(d)]);
    y[i] = clamp_to_int8(rounding_divide_by_pot(product, exponent) - 128);
  }
}

namespace {

class SoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const std::int64_t rows_per_task = std::max<std::int64_t>(1, 4096 / depth);
    for_chunks(args.threads, args.batch * rows, rows_per_task,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   softmax_row(params, x + r * depth, y + r * depth, depth);
                 }
               });
  }
  SoftmaxParams params;
  std::int64_t rows = 1, depth = 1;
};

}  // namespace

std::unique_ptr<Step> create_softmax(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  const QuantParams in = node.i8_activation(0);
  node.expect_params(node.output(), {1.0f / 256.0f, -128});
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty() && x.shape.back() <= softmax_max_depth, quoted(x),
              ": expected a last dimension of at most ", softmax_max_depth, ", got shape ",
              to_string(x.shape));
  auto step = new_step<SoftmaxStep>(node);
  step->params =
      make_softmax_params(node.attributes<SoftmaxAttributes>().beta, in.scale, node.rounding());
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  step->in_place = {0};
  return step;
}

}  // namespace octet::int8
