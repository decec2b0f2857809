#include "quant/qops/shared_params.h"

#include <algorithm>

#include "quant/kernels/dequantize.h"
#include "quant/lowering.h"

namespace octet::quant {

SharedOperands shared_operands(Context& ctx, const QOp& op, In x) {
  const SharedParams& shared = *op.out->shared;
  SharedOperands parts;
  for (std::size_t i = 0; i < x.size(); ++i) {
    SharedOperands::Requantized& own = parts.requantized.emplace_back();
    if (shared.parts[i]->constant) {
      parts.codes.push_back(quantize_constant(ctx, x[i], op.out->params));
    } else if (shared.is_requantized(i)) {
      const UnaryFunctionPtr f = make_requantize_function();
      const QuantParams in = shared.parts[i]->params;
      const int8::UnaryCodes by_code = f->codes(in, op.out->params, op.state->rounding);
      own = {x[i], slope_table(*f, in, by_code)};
      parts.codes.push_back(
          apply_codes(ctx, *f, by_code, in, op.out->params, op.state->rounding, x[i]));
    } else {
      parts.codes.push_back(x[i]);
    }
  }
  return parts;
}

float min_shared_scale(const QOp& op) {
  float least = 0;
  const SharedParams& shared = *op.out->shared;
  for (std::size_t i = 0; i < shared.parts.size(); ++i) {
    if (!shared.is_requantized(i)) continue;
    least = std::max(least, make_requantize_function()->min_output_scale(shared.parts[i]->params,
                                                                         op.state->rounding));
  }
  return least;
}

std::vector<int> lower_shared(Lowering& l, const QOp& op, std::span<const int> inputs, In x) {
  std::vector<int> parts(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string suffix = parts.size() == 1 ? "" : "_" + std::to_string(i);
    if (op.out->shared->parts[i]->constant) {
      Context ctx;
      const Tensor codes = quantize_constant(ctx, x[i], op.out->params);
      parts[i] = l.add_constant(op.layer + ".constant" + suffix, codes.shape(),
                                codes.span<std::int8_t>(), op.out->params);
    } else if (op.out->shared->is_requantized(i)) {
      const std::string name = op.layer + ".quantize" + suffix;
      const int y = l.add_value(name, l.shape(parts[i]), op.out->params);
      make_requantize_function()->lower(l, name, parts[i], y);
      parts[i] = y;
    }
  }
  return parts;
}

}  // namespace octet::quant
