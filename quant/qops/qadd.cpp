#include "quant/qops/qadd.h"

#include <algorithm>

#include "quant/kernels/add_kernel.h"
#include "quant/kernels/dequantize.h"
#include "quant/kernels/requantize_pass.h"
#include "quant/lowering.h"
#include "quant/qops/binary_params.h"
#include "quant/qops/fused_activation.h"

namespace octet::quant {

namespace {
constexpr std::int64_t task_size = 1 << 14;  // a multiple of 8: tasks never share a mask byte
}

std::string QAddOp::attributes() const {
  return "activation=" + std::to_string(static_cast<int>(activation));
}

Tensor QAddOp::forward_float(Context& ctx, In x) const {
  OCTET_CHECK(x[0].shape() == x[1].shape(), "layer ", layer,
              ": expected operands of one shape, got ", x[0].shape(), " and ", x[1].shape());
  Tensor y = ctx.empty(x[0].shape());
  const real *p = x[0].r(), *q = x[1].r();
  real* r = y.r();
  for (std::int64_t i = 0, n = y.numel(); i < n; ++i) r[i] = activate(p[i] + q[i], activation);
  return y;
}

Tensor QAddOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  OCTET_CHECK(x[0].shape() == x[1].shape(), "layer ", layer,
              ": expected operands of one shape, got ", x[0].shape(), " and ", x[1].shape());
  const std::int64_t n = x[0].numel();
  const auto *p = x[0].data<std::int8_t>(), *q = x[1].data<std::int8_t>();
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  auto* codes = y.data<std::int8_t>();
  Tensor mask = ctx.empty({mask_bytes(n)}, ElementType::u8);
  auto* bits = mask.data<std::uint8_t>();
  const std::int64_t tasks = (n + task_size - 1) / task_size;
  PoolVector<std::int32_t> min(static_cast<std::size_t>(tasks), ctx.pool), max(min);
  const auto add = [&]<class Params>(const Params& params) {
    const std::int32_t mask_lo = params.range.lo + (open_lower_bound(activation) ? 1 : 0);
    const auto kernel = masked_add_kernel<Params>(ctx.isa);
    ctx.threads.run(tasks, [&](std::int64_t task, int) {
      const std::int64_t begin = task * task_size;
      const auto i = static_cast<std::size_t>(task);
      kernel({params, p + begin, q + begin, std::min(task_size, n - begin), mask_lo, codes + begin,
              bits + begin / 8, &min[i], &max[i]});
    });
  };
  const BinaryParams params = make_binary_params(int8::OpCode::add, a->params, b->params,
                                                 out->params, activation, state->rounding);
  if (const auto* in_float = std::get_if<int8::xnnpack::FloatAddParams>(&params)) {
    add(*in_float);
  } else {
    add(std::get<int8::AddParams>(params));
  }
  if (seen) {
    const RealRange preclamp{double(*std::ranges::min_element(min)),
                             double(*std::ranges::max_element(max))};
    *seen = activated(reals_of(preclamp, out->params), activation);
  }
  saved.tensors = {mask};
  return y;
}

void QAddOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor delta = apply_mask(ctx, dy, saved.tensors[0]);
  for (Grad* d : dx) {
    if (d) d->add(delta, ctx);
  }
}

int QAddOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::add, {inputs[0], inputs[1]}, y, int8::ElementwiseAttributes{activation});
  return y;
}

}  // namespace octet::quant
