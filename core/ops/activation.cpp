// relu, relu6 and hard_tanh. Backward needs only the result: it is inside the open range where the
// input was.
#include "base/simd/simd.h"
#include "core/kernels/clamps.h"
#include "core/kernels/common.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

struct MapPass {
  const real* x;
  std::int64_t n;
  real* y;
};

template <Clamp clamp>
OCTET_INLINE void map_body(const MapPass& p) {
  OCTET_INDEPENDENT
  for (std::int64_t i = 0; i < p.n; ++i) p.y[i] = clamped<clamp>(p.x[i]);
}
OCTET_SIMD_FUNCTION(relu_pass, map_body<Clamp::relu>, const MapPass&)
OCTET_SIMD_FUNCTION(relu6_pass, map_body<Clamp::relu6>, const MapPass&)
OCTET_SIMD_FUNCTION(hard_tanh_pass, map_body<Clamp::hard_tanh>, const MapPass&)

// dx = beta dx + (inside ? dy : 0)
struct MaskPass {
  const real* y;
  const real* dy;
  std::int64_t n;
  real beta;
  real* dx;
};

template <Clamp clamp>
OCTET_INLINE void mask_body(const MaskPass& p) {
  if (p.beta == 0) {
    OCTET_INDEPENDENT
    for (std::int64_t i = 0; i < p.n; ++i) {
      const real g = p.dy[i];
      p.dx[i] = inside<clamp>(p.y[i]) ? g : real(0);
    }
  } else {
    OCTET_INDEPENDENT
    for (std::int64_t i = 0; i < p.n; ++i) {
      const real g = p.dy[i];
      p.dx[i] += inside<clamp>(p.y[i]) ? g : real(0);
    }
  }
}
OCTET_SIMD_FUNCTION(relu_mask, mask_body<Clamp::relu>, const MaskPass&)
OCTET_SIMD_FUNCTION(relu6_mask, mask_body<Clamp::relu6>, const MaskPass&)
OCTET_SIMD_FUNCTION(hard_tanh_mask, mask_body<Clamp::hard_tanh>, const MaskPass&)

Tensor map(Context& ctx, std::string_view op, In x, Saved& saved,
           const Dispatch<void (*)(const MapPass&) noexcept>& passes) {
  check_inputs(op, x.size(), 1, 1);
  check_real(op, "x", x[0]);
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  const auto pass = passes(ctx.isa);
  for_blocks(ctx, y.numel(), [&](std::int64_t begin, std::int64_t end) {
    pass({px + begin, end - begin, py + begin});
  });
  if (saved.wanted) saved.tensors = {y};
  return y;
}

void mask(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx,
          const Dispatch<void (*)(const MaskPass&) noexcept>& passes) {
  if (!dx[0]) return;
  const real* py = saved.tensors[0].r();
  const real* pdy = dy.r();
  Tensor own;  // the first contribution goes where dy is, if it may
  real beta = 0;
  real* out;
  if (dx[0]->empty()) {
    own = writable_gradient(ctx, dy);
    out = own.r();
  } else {
    out = dx[0]->accumulate(dy.shape(), ctx, beta);
  }
  const auto pass = passes(ctx.isa);
  for_blocks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    pass({py + begin, pdy + begin, end - begin, beta, out + begin});
  });
  if (own.defined()) dx[0]->add(std::move(own), ctx);
}

}  // namespace

Tensor ReluOp::forward(Context& ctx, In x, Saved& saved) const {
  return map(ctx, name(), x, saved, relu_pass);
}

void ReluOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mask(ctx, saved, dy, dx, relu_mask);
}

Tensor Relu6Op::forward(Context& ctx, In x, Saved& saved) const {
  return map(ctx, name(), x, saved, relu6_pass);
}

void Relu6Op::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mask(ctx, saved, dy, dx, relu6_mask);
}

Tensor HardTanhOp::forward(Context& ctx, In x, Saved& saved) const {
  return map(ctx, name(), x, saved, hard_tanh_pass);
}

void HardTanhOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mask(ctx, saved, dy, dx, hard_tanh_mask);
}

Var relu(Var x) {
  return x.tape->record(std::make_shared<ReluOp>(), {x});
}

Var relu6(Var x) {
  return x.tape->record(std::make_shared<Relu6Op>(), {x});
}

Var hard_tanh(Var x) {
  return x.tape->record(std::make_shared<HardTanhOp>(), {x});
}

}  // namespace octet
