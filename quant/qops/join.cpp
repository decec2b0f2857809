#include "quant/qops/join.h"

#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "quant/kernels/dequantize.h"
#include "quant/lowering.h"

namespace octet::quant {

JoinedParts join_parts(Context& ctx, const QOp& op, In x) {
  const Join& join = *op.out->join;
  JoinedParts parts;
  for (std::size_t i = 0; i < x.size(); ++i) {
    JoinedParts::Cut& cut = parts.cuts.emplace_back();
    if (join.parts[i]->constant) {
      parts.codes.push_back(quantize_constant(ctx, x[i], op.out->params));
    } else if (join.is_cut(i)) {
      const UnaryFunctionPtr f = make_requantize_function();
      const QuantParams in = join.parts[i]->params;
      const int8::UnaryCodes by_code = f->codes(in, op.out->params, op.state->rounding);
      Tensor codes = ctx.empty(x[i].shape(), DType::i8);
      int8::lookup_kernel(ctx.isa)(by_code.table(), x[i].data<std::int8_t>(),
                                   codes.data<std::int8_t>(), codes.numel());
      cut = {x[i], slope_table(*f, in, by_code)};
      parts.codes.push_back(std::move(codes));
    } else {
      parts.codes.push_back(x[i]);
    }
  }
  return parts;
}

float least_joined_scale(const QOp& op) {
  float least = 0;
  const Join& join = *op.out->join;
  for (std::size_t i = 0; i < join.parts.size(); ++i) {
    if (!join.is_cut(i)) continue;
    least = std::max(least, make_requantize_function()->least_output_scale(join.parts[i]->params));
  }
  return least;
}

std::vector<int> lower_parts(Lowering& l, const QOp& op, std::span<const int> inputs, In x) {
  std::vector<int> parts(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string suffix = parts.size() == 1 ? "" : "_" + std::to_string(i);
    if (op.out->join->parts[i]->constant) {
      Context ctx;
      const Tensor codes = quantize_constant(ctx, x[i], op.out->params);
      parts[i] = l.add_constant(op.layer + ".constant" + suffix, codes.shape(),
                                codes.span<std::int8_t>(), op.out->params);
    } else if (op.out->join->is_cut(i)) {
      const std::string name = op.layer + ".quantize" + suffix;
      const int y = l.add_value(name, l.shape(parts[i]), op.out->params);
      make_requantize_function()->lower(l, name, parts[i], y);
      parts[i] = y;
    }
  }
  return parts;
}

}  // namespace octet::quant
