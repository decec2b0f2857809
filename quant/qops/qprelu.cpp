#include "quant/qops/qprelu.h"

#include <algorithm>
#include <limits>

#include "core/ops/activations.h"
#include "int8/reference/prelu.h"
#include "quant/kernels/dequantize.h"
#include "quant/kernels/requantize_pass.h"
#include "quant/lowering.h"
#include "quant/qops/binary_params.h"
#include "quant/qops/fused_activation.h"

namespace octet::quant {

namespace {

/// What backward needs besides the saved tensors {x, alpha codes, mask}.
struct ForBackward {
  QuantParams in;
  float alpha_scale;
};

}  // namespace

Tensor QPreluOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return PreluOp().forward(ctx, x, unused);
}

Tensor QPreluOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  const WeightCodes alpha = slopes->quantize(ctx, x[1], {.layer = layer});
  const int8::PreluParams params = int8::make_prelu_params(
      in->params.scale, in->params.zero_point, alpha.scale[0], 0, out->params.scale,
      out->params.zero_point, built_in_rounding(state->rounding));
  const std::int64_t channels = x[1].numel(), n = x[0].numel();
  OCTET_CHECK(x[0].shape()[-1] == channels, "layer ", layer, ": expected ", channels,
              " channels, got ", x[0].shape());
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  Tensor mask = ctx.empty({mask_bytes(n)}, ElementType::u8);
  const auto *p = x[0].data<std::int8_t>(), *a = alpha.codes.data<std::int8_t>();
  auto* q = y.data<std::int8_t>();
  auto* bits = mask.data<std::uint8_t>();
  constexpr std::int64_t task_size = 1 << 14;  // a multiple of 8: tasks share no mask byte
  const std::int64_t tasks = (n + task_size - 1) / task_size;
  PoolVector<std::int32_t> min(static_cast<std::size_t>(tasks), ctx.pool), max(min);
  ctx.threads.run(tasks, [&](std::int64_t task, int) {
    std::int32_t lo = std::numeric_limits<std::int32_t>::max();
    std::int32_t hi = std::numeric_limits<std::int32_t>::min();
    const std::int64_t end = std::min(n, (task + 1) * task_size);
    for (std::int64_t i = task * task_size; i < end; i += 8) {
      unsigned byte = 0;
      for (std::int64_t k = i; k < std::min(end, i + 8); ++k) {
        const std::int32_t v = int8::prelu_preclamp(params, p[k], a[k % channels]);
        lo = std::min(lo, v);
        hi = std::max(hi, v);
        byte |= static_cast<unsigned>(v >= -128 && v <= 127) << (k - i);
        q[k] = int8::clamp_to_int8(v);
      }
      bits[i >> 3] = static_cast<std::uint8_t>(byte);
    }
    min[static_cast<std::size_t>(task)] = lo;
    max[static_cast<std::size_t>(task)] = hi;
  });
  if (seen) {
    *seen =
        reals_of({double(*std::ranges::min_element(min)), double(*std::ranges::max_element(max))},
                 out->params);
  }
  saved.tensors = {x[0], alpha.codes, mask};
  saved.extra = ForBackward{in->params, alpha.scale[0]};
  return y;
}

void QPreluOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const ForBackward&>(saved.extra);
  Saved at_reals;
  const Tensor alpha = dequantize(ctx, saved.tensors[1], {kept.alpha_scale, 0});
  at_reals.tensors = {dequantize(ctx, saved.tensors[0], kept.in), alpha.reshape({alpha.numel()})};
  PreluOp().backward(ctx, at_reals, apply_mask(ctx, dy, saved.tensors[2]), dx);
}

int QPreluOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  Context ctx;
  const IsaScope scope(ctx, state->isa_in(ctx));
  const WeightCodes alpha = slopes->quantize(ctx, x[1], {.layer = layer});
  // The shape of one sample's last dimension, with ones in front as TFLite writes it.
  Shape broadcast = shape;
  for (int d = 0; d + 1 < broadcast.rank(); ++d) broadcast.set(d, 1);
  if (broadcast.rank() > 1) {
    std::vector<std::int64_t> extents(broadcast.dims().begin() + 1, broadcast.dims().end());
    broadcast = Shape(std::span<const std::int64_t>(extents));
  }
  const int operand = l.add_weights(layer + ".alpha", broadcast, alpha.codes.span<std::int8_t>(),
                                    {alpha.scale[0]}, 0);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::prelu, {inputs[0], operand}, y, {});
  return y;
}

}  // namespace octet::quant
