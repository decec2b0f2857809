// The elementwise activations of core/ops/activations.h. Backward evaluates f' at the saved input.
#include <numbers>
#include <sstream>

#include "base/simd/simd.h"
#include "core/kernels/common.h"
#include "core/kernels/exp.h"
#include "core/ops/activations.h"

namespace octet {
namespace {

struct ValuesPass {
  const real* x;
  std::int64_t n;
  real* y;
  real alpha = 0;
};
struct GradientsPass {
  const real* x;
  const real* dy;
  std::int64_t n;
  real beta;
  real* dx;
  real alpha = 0;
};

template <class F>
OCTET_INLINE void values_body(const ValuesPass& p) {
  OCTET_INDEPENDENT
  for (std::int64_t i = 0; i < p.n; ++i) p.y[i] = F::value(p.x[i], p.alpha);
}

template <class F>
OCTET_INLINE void gradients_body(const GradientsPass& p) {
  if (p.beta == 0) {
    OCTET_INDEPENDENT
    for (std::int64_t i = 0; i < p.n; ++i) p.dx[i] = F::slope(p.x[i], p.alpha) * p.dy[i];
  } else {
    OCTET_INDEPENDENT
    for (std::int64_t i = 0; i < p.n; ++i) p.dx[i] += F::slope(p.x[i], p.alpha) * p.dy[i];
  }
}

// f and f' of one value.
struct SigmoidMath {
  static OCTET_INLINE real value(real x, real) { return 1 / (1 + exp_real(-x)); }
  static OCTET_INLINE real slope(real x, real) {
    const real y = value(x, 0);
    return y * (1 - y);
  }
};
// tanh|x| = e / (e + 2) with e = exp(2|x|) - 1; from |x| = 20 on it is 1.
struct TanhMath {
  static OCTET_INLINE real value(real x, real) {
    const real magnitude = x < 0 ? -x : x;
    const real e = expm1_real(2 * (magnitude > 20 ? real(20) : magnitude));
    const real y = e / (e + 2);
    return x < 0 ? -y : y;
  }
  static OCTET_INLINE real slope(real x, real) {
    const real y = value(x, 0);
    return (1 - y) * (1 + y);
  }
};
struct HardSigmoidMath {
  static OCTET_INLINE real value(real x, real) {
    const real shifted = x + 3, low = shifted < 0 ? real(0) : shifted;
    return (low > 6 ? real(6) : low) * real(1.0 / 6);
  }
  static OCTET_INLINE real slope(real x, real) {
    const bool inside = (x > -3) & (x < 3);
    return inside ? real(1.0 / 6) : real(0);
  }
};
struct HardSwishMath {
  static OCTET_INLINE real value(real x, real) { return x * HardSigmoidMath::value(x, 0); }
  static OCTET_INLINE real slope(real x, real) {
    const real inner = (2 * x + 3) * real(1.0 / 6);
    const real high = x >= 3 ? real(1) : inner;
    return x <= -3 ? real(0) : high;
  }
};
struct SiluMath {
  static OCTET_INLINE real value(real x, real) { return x * SigmoidMath::value(x, 0); }
  static OCTET_INLINE real slope(real x, real) {
    const real s = SigmoidMath::value(x, 0);
    return s * (1 + x * (1 - s));
  }
};
struct GeluMath {
  static real distribution(real x) { return std::erfc(-x / std::numbers::sqrt2_v<real>) / 2; }
  static real value(real x, real) { return x * distribution(x); }
  static real slope(real x, real) {
    constexpr real density = std::numbers::inv_sqrtpi_v<real> / std::numbers::sqrt2_v<real>;
    return distribution(x) + x * density * std::exp(-x * x / 2);
  }
};
struct LeakyReluMath {
  static OCTET_INLINE real value(real x, real alpha) { return x < 0 ? alpha * x : x; }
  static OCTET_INLINE real slope(real x, real alpha) { return x < 0 ? alpha : real(1); }
};

OCTET_SIMD_FUNCTION(sigmoid_values, values_body<SigmoidMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(sigmoid_gradients, gradients_body<SigmoidMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(tanh_values, values_body<TanhMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(tanh_gradients, gradients_body<TanhMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(hard_sigmoid_values, values_body<HardSigmoidMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(hard_sigmoid_gradients, gradients_body<HardSigmoidMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(hard_swish_values, values_body<HardSwishMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(hard_swish_gradients, gradients_body<HardSwishMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(silu_values, values_body<SiluMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(silu_gradients, gradients_body<SiluMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(leaky_relu_values, values_body<LeakyReluMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(leaky_relu_gradients, gradients_body<LeakyReluMath>, const GradientsPass&)

// erfc comes from the C library, one value at a time.
void gelu_values_portable(const ValuesPass& p) noexcept {
  for (std::int64_t i = 0; i < p.n; ++i) p.y[i] = GeluMath::value(p.x[i], 0);
}
void gelu_gradients_portable(const GradientsPass& p) noexcept {
  for (std::int64_t i = 0; i < p.n; ++i) {
    const real g = GeluMath::slope(p.x[i], 0) * p.dy[i];
    p.dx[i] = p.beta == 0 ? g : p.dx[i] + g;
  }
}
constexpr Dispatch<void (*)(const ValuesPass&) noexcept> gelu_values{
    gelu_values_portable, gelu_values_portable, gelu_values_portable};
constexpr Dispatch<void (*)(const GradientsPass&) noexcept> gelu_gradients{
    gelu_gradients_portable, gelu_gradients_portable, gelu_gradients_portable};

}  // namespace

Tensor ActivationOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  for_blocks(ctx, y.numel(), [&](std::int64_t begin, std::int64_t end) {
    values(ctx.isa, px + begin, end - begin, py + begin);
  });
  if (saved.wanted) saved.tensors = {x[0]};
  return y;
}

void ActivationOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const real* px = saved.tensors[0].r();
  const real* pdy = dy.r();
  real beta;
  real* out = dx[0]->accumulate(dy.shape(), ctx, beta);
  for_blocks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    gradients(ctx.isa, px + begin, pdy + begin, end - begin, beta, out + begin);
  });
}

#define OCTET_ACTIVATION(Name, function, slope)                                               \
  void Name##Op::values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept {     \
    function##_values(isa)({x, n, y, slope});                                                 \
  }                                                                                           \
  void Name##Op::gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta, \
                           real* dx) const noexcept {                                         \
    function##_gradients(isa)({x, dy, n, beta, dx, slope});                                   \
  }
OCTET_ACTIVATION(Sigmoid, sigmoid, 0)
OCTET_ACTIVATION(Tanh, tanh, 0)
OCTET_ACTIVATION(HardSwish, hard_swish, 0)
OCTET_ACTIVATION(HardSigmoid, hard_sigmoid, 0)
OCTET_ACTIVATION(Silu, silu, 0)
OCTET_ACTIVATION(Gelu, gelu, 0)
OCTET_ACTIVATION(LeakyRelu, leaky_relu, alpha)
#undef OCTET_ACTIVATION

LeakyReluOp::LeakyReluOp(real a) : alpha(a) {
  OCTET_CHECK(std::isfinite(alpha), "leaky_relu: expected a finite alpha, got ", alpha);
}

std::string LeakyReluOp::attributes() const {
  std::ostringstream s;
  s << "alpha=" << alpha;
  return s.str();
}

Var sigmoid(Var x) {
  return x.tape->record(std::make_shared<SigmoidOp>(), {x});
}
Var tanh(Var x) {
  return x.tape->record(std::make_shared<TanhOp>(), {x});
}
Var hard_swish(Var x) {
  return x.tape->record(std::make_shared<HardSwishOp>(), {x});
}
Var hard_sigmoid(Var x) {
  return x.tape->record(std::make_shared<HardSigmoidOp>(), {x});
}
Var silu(Var x) {
  return x.tape->record(std::make_shared<SiluOp>(), {x});
}
Var gelu(Var x) {
  return x.tape->record(std::make_shared<GeluOp>(), {x});
}
Var leaky_relu(Var x, real alpha) {
  return x.tape->record(std::make_shared<LeakyReluOp>(alpha), {x});
}

}  // namespace octet
