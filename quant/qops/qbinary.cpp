#include "quant/qops/qbinary.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "core/kernels/broadcast.h"
#include "core/ops/ops.h"
#include "int8/kernels/dispatch.h"
#include "int8/reference/min_max.h"
#include "int8/reference/scales.h"
#include "int8/reference/xnnpack/delegated_scales.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "quant/kernels/dequantize.h"
#include "quant/lower_moves.h"
#include "quant/lowering.h"
#include "quant/qops/binary_params.h"
#include "quant/qops/fused_activation.h"

namespace octet::quant {

namespace {

/// Of codes.
struct Ends {
  std::int32_t lo = std::numeric_limits<std::int32_t>::max();
  std::int32_t hi = std::numeric_limits<std::int32_t>::min();
};

/// Codes, whether the gradient passes (1 or 0 a byte), and the range before the clamp.
template <class F>
Ends run(Context& ctx, const Broadcast& broadcast, const F& preclamp, const int8::ClampRange& range,
         bool open_lower, const Tensor& a, const Tensor& b, Tensor& y, Tensor& passes) {
  const auto *pa = a.data<std::int8_t>(), *pb = b.data<std::int8_t>();
  auto* codes = y.data<std::int8_t>();
  auto* pass = passes.data<std::uint8_t>();
  const int a_step = broadcast.a_step(), b_step = broadcast.b_step();
  const std::int32_t lowest = range.lo + (open_lower ? 1 : 0);
  Ends seen;
  std::mutex mutex;  // minimum and maximum do not depend on the order
  broadcast.for_pieces(ctx, [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
    Ends here;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int32_t p = preclamp(pa[ia + i * a_step], pb[ib + i * b_step]);
      here.lo = std::min(here.lo, p);
      here.hi = std::max(here.hi, p);
      codes[iy + i] = range.clamp(p);
      pass[iy + i] = p >= lowest && p <= range.hi;
    }
    const std::lock_guard lock(mutex);
    seen.lo = std::min(seen.lo, here.lo);
    seen.hi = std::max(seen.hi, here.hi);
  });
  return seen;
}

/// Codes of an operand.
Tensor codes_of(Context& ctx, const QuantizedTensor& value, const Tensor& x) {
  return value.constant ? quantize_constant(ctx, x, value.params) : x;
}

/// The constant operand's tensor in the graph, or that of the computed one.
int lower_operand(Lowering& l, const std::string& name, const QuantizedTensor& value, int input,
                  const Tensor& x) {
  if (!value.constant) return input;
  Context ctx;
  const Tensor codes = quantize_constant(ctx, x, value.params);
  return l.add_constant(name, codes.shape(), codes.span<std::int8_t>(), value.params);
}

/// What backward needs besides the saved tensors {a, b, passes} of MUL, {passes} of the others.
struct ForBackward {
  QuantParams a, b;
  Shape a_shape, b_shape;
};

}  // namespace

std::string QBinaryOp::attributes() const {
  return "activation=" + std::to_string(static_cast<int>(activation));
}

int8::OpCode QBinaryOp::op() const {
  return kind == Kind::mul   ? int8::OpCode::mul
         : kind == Kind::sub ? int8::OpCode::sub
                             : int8::OpCode::add;
}

bool QBinaryOp::squares_reals() const {
  return kind == Kind::mul && of_itself && state->rounding == int8::Rounding::float_rounding;
}

float QBinaryOp::min_output_scale() const {
  const float sa = a->params.scale, sb = b->params.scale;
  return kind == Kind::mul ? int8::min_product_scale(sa, sb, state->rounding)
                           : int8::min_sum_scale(sa, sb, state->rounding);
}

Tensor QBinaryOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  unused.wanted = false;
  Tensor y = kind == Kind::mul   ? MulOp().forward(ctx, x, unused)
             : kind == Kind::sub ? SubOp().forward(ctx, x, unused)
                                 : AddOp().forward(ctx, x, unused);
  for (real& v : y.span<real>()) v = activate(v, activation);
  return y;
}

Tensor QBinaryOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  const Broadcast broadcast("layer " + layer, x[0].shape(), x[1].shape());
  Tensor y = ctx.empty(broadcast.shape(), ElementType::i8);
  Tensor passes = ctx.empty(broadcast.shape(), ElementType::u8);
  const QuantParams pa = a->params, pb = b->params, po = out->params;
  const Tensor xa = codes_of(ctx, *a, x[0]), xb = codes_of(ctx, *b, x[1]);
  const bool open = open_lower_bound(activation);
  const auto by = [&](const int8::ClampRange& range, const auto& preclamp) {
    return run(ctx, broadcast, preclamp, range, open, xa, xb, y, passes);
  };
  Ends codes;
  if (squares_reals() && xa.raw() == xb.raw() &&
      int8::xnnpack::takes_product(pa.scale, pb.scale, po.scale)) {
    const int8::UnaryCodes square =
        int8::xnnpack::square_codes(pa, po, int8::clamp_range(activation, po, state->rounding));
    codes = by(square.range, [&](std::int8_t u, std::int8_t) {
      return square.preclamp[static_cast<std::size_t>(u + 128)];
    });
  } else {
    codes = std::visit(
        [&](const auto& p) {
          return by(p.range, [&](std::int8_t u, std::int8_t v) { return preclamp(p, u, v); });
        },
        make_binary_params(op(), pa, pb, po, activation, state->rounding));
  }
  if (kind == Kind::mul) {
    saved.tensors = {passes, xa, xb};
  } else {
    saved.tensors = {passes};
  }
  if (seen) *seen = activated(reals_of({double(codes.lo), double(codes.hi)}, po), activation);
  saved.extra = ForBackward{pa, pb, x[0].shape(), x[1].shape()};
  return y;
}

void QBinaryOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const ForBackward&>(saved.extra);
  const Tensor& passes = saved.tensors[0];
  Tensor delta = ctx.empty(dy.shape());
  const auto* pass = passes.data<std::uint8_t>();
  const real* g = dy.r();
  real* d = delta.r();
  for_blocks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) d[i] = pass[i] ? g[i] : real(0);
  });
  if (kind == Kind::mul) {
    mul_backward(ctx, dequantize(ctx, saved.tensors[1], kept.a),
                 dequantize(ctx, saved.tensors[2], kept.b), delta, dx);
  } else if (kind == Kind::sub) {
    sub_backward(ctx, kept.a_shape, kept.b_shape, delta, dx);
  } else {
    add_backward(ctx, kept.a_shape, kept.b_shape, delta, dx);
  }
}

int QBinaryOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  int first = lower_operand(l, layer + ".constant", *a, inputs[0], x[0]);
  int second = lower_operand(l, layer + ".constant", *b, inputs[1], x[1]);
  // XNNPACK multiplies codes, not reals, where it makes one table of this op and the one in front:
  // a RESHAPE keeps them apart.
  if (squares_reals() && first == second)
    first = second = lower_reshape(l, l.shape(first), layer + ".operand", first);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(op(), {first, second}, y, int8::ElementwiseAttributes{activation});
  return y;
}

// ---- minimum and maximum ----

namespace {

/// What backward needs besides the saved tensors {a, b}, codes in the params of the result.
struct MinMaxSaved {
  std::vector<SharedOperands::Requantized> requantized;
};

}  // namespace

Tensor QMinMaxOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  unused.wanted = false;
  return minimum ? MinimumOp().forward(ctx, x, unused) : MaximumOp().forward(ctx, x, unused);
}

Tensor QMinMaxOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const Broadcast broadcast("layer " + layer, x[0].shape(), x[1].shape());
  SharedOperands parts = shared_operands(ctx, *this, x);
  Tensor y = ctx.empty(broadcast.shape(), ElementType::i8);
  const auto *a = parts.codes[0].data<std::int8_t>(), *b = parts.codes[1].data<std::int8_t>();
  auto* codes = y.data<std::int8_t>();
  const int a_step = broadcast.a_step(), b_step = broadcast.b_step();
  const auto kernel = minimum ? int8::minimum_kernel(ctx.isa) : int8::maximum_kernel(ctx.isa);
  broadcast.for_pieces(ctx, [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
    if (a_step == 1 && b_step == 1) {
      kernel.run({}, a + ia, b + ib, codes + iy, n);
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int8_t u = a[ia + i * a_step], v = b[ib + i * b_step];
      codes[iy + i] = minimum ? std::min(u, v) : std::max(u, v);
    }
  });
  if (saved.wanted) {
    saved.tensors = std::move(parts.codes);
    saved.extra = MinMaxSaved{std::move(parts.requantized)};
  }
  return y;
}

void QMinMaxOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  shared_backward(ctx, std::any_cast<const MinMaxSaved&>(saved.extra).requantized, dx,
                  [&](Grads inner) {
                    min_max_backward(ctx, minimum, saved.tensors[0], saved.tensors[1], dy, inner);
                  });
}

int QMinMaxOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  std::vector<int> parts = lower_shared(l, *this, inputs, x);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(minimum ? int8::OpCode::minimum : int8::OpCode::maximum, std::move(parts), y, {});
  return y;
}

}  // namespace octet::quant
