// The elementwise activations of core/ops/activations.h. Backward evaluates f' at the saved input.
#include <iomanip>
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
struct GeluMath {  // erfc comes from the C library, one value at a time
  static OCTET_INLINE real distribution(real x) {
    return std::erfc(-x / std::numbers::sqrt2_v<real>) / 2;
  }
  static OCTET_INLINE real value(real x, real) { return x * distribution(x); }
  static OCTET_INLINE real slope(real x, real) {
    constexpr real density = std::numbers::inv_sqrtpi_v<real> / std::numbers::sqrt2_v<real>;
    return distribution(x) + x * density * std::exp(-x * x / 2);
  }
};
struct AbsMath {
  static OCTET_INLINE real value(real x, real) { return x < 0 ? -x : x; }
  static OCTET_INLINE real slope(real x, real) {
    const real sign = x > 0 ? real(1) : real(0);
    return x < 0 ? real(-1) : sign;
  }
};
struct ExpMath {
  static OCTET_INLINE real value(real x, real) { return exp_real(x); }
  static OCTET_INLINE real slope(real x, real) { return exp_real(x); }
};
struct EluMath {
  static OCTET_INLINE real value(real x, real) {
    const real e = expm1_real(x);
    return x < 0 ? e : x;
  }
  static OCTET_INLINE real slope(real x, real) {
    const real e = exp_real(x);
    return x < 0 ? e : real(1);
  }
};
struct ErfMath {
  static OCTET_INLINE real value(real x, real) { return std::erf(x); }
  static OCTET_INLINE real slope(real x, real) {
    return 2 * std::numbers::inv_sqrtpi_v<real> * exp_real(-x * x);
  }
};
struct GeluTanhMath {  // (1 + tanh u) / 2 is sigmoid(2 u)
  static constexpr real factor = real(1.5957691216057308), cubic = real(0.044715);
  static OCTET_INLINE real gate(real x) {
    return SigmoidMath::value(factor * (x + cubic * x * x * x), 0);
  }
  static OCTET_INLINE real value(real x, real) { return x * gate(x); }
  static OCTET_INLINE real slope(real x, real) {  // from |x| = 10 on it is 0 or 1
    const real low = x < -10 ? real(-10) : x, z = low > 10 ? real(10) : low;
    const real s = gate(z);
    return s + z * s * (1 - s) * factor * (1 + 3 * cubic * z * z);
  }
};
struct LogMath {
  static OCTET_INLINE real value(real x, real) { return std::log(x); }
  static OCTET_INLINE real slope(real x, real) { return 1 / x; }
};
struct SoftplusMath {
  static OCTET_INLINE real value(real x, real) {
    const real magnitude = x < 0 ? -x : x, positive = x > 0 ? x : real(0);
    return positive + log1p_real(exp_real(-magnitude));
  }
  static OCTET_INLINE real slope(real x, real) { return SigmoidMath::value(x, 0); }
};
// tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); from x = 20 on it is 1.
struct MishMath {
  static OCTET_INLINE real n_of(real x) {
    const real e = exp_real(x > 20 ? real(20) : x);
    return e * (e + 2);
  }
  static OCTET_INLINE real value(real x, real) {
    const real n = n_of(x);
    return x * (n / (n + 2));
  }
  static OCTET_INLINE real slope(real x, real) {
    const real n = n_of(x), t = n / (n + 2), z = x > 20 ? real(20) : x;
    return t + z * (4 * (n + 1) / ((n + 2) * (n + 2))) * SigmoidMath::value(x, 0);
  }
};
struct ReciprocalMath {
  static OCTET_INLINE real value(real x, real) { return 1 / x; }
  static OCTET_INLINE real slope(real x, real) { return -1 / (x * x); }
};
struct SqrtMath {
  static OCTET_INLINE real value(real x, real) { return std::sqrt(x); }
  static OCTET_INLINE real slope(real x, real) { return real(0.5) / std::sqrt(x); }
};
struct PowerMath {
  static OCTET_INLINE real value(real x, real exponent) { return std::pow(x, exponent); }
  static OCTET_INLINE real slope(real x, real exponent) {
    return exponent == 0 ? real(0) : exponent * std::pow(x, exponent - 1);
  }
};
struct RsqrtMath {
  static OCTET_INLINE real value(real x, real) { return 1 / std::sqrt(x); }
  static OCTET_INLINE real slope(real x, real) { return value(x, 0) / (-2 * x); }
};
struct LeakyReluMath {
  static OCTET_INLINE real value(real x, real alpha) { return x < 0 ? alpha * x : x; }
  static OCTET_INLINE real slope(real x, real alpha) { return x < 0 ? alpha : real(1); }
};

#define OCTET_ACTIVATION(Name, function, op)                                         \
  OCTET_SIMD_FUNCTION(function##_values, values_body<Name##Math>, const ValuesPass&) \
  OCTET_SIMD_FUNCTION(function##_gradients, gradients_body<Name##Math>, const GradientsPass&)
#include "core/ops/activations.inc"
OCTET_SIMD_FUNCTION(leaky_relu_values, values_body<LeakyReluMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(leaky_relu_gradients, gradients_body<LeakyReluMath>, const GradientsPass&)
OCTET_SIMD_FUNCTION(power_values, values_body<PowerMath>, const ValuesPass&)
OCTET_SIMD_FUNCTION(power_gradients, gradients_body<PowerMath>, const GradientsPass&)

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

#define OCTET_ACTIVATION_BODIES(Name, function, alpha)                                        \
  void Name##Op::values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept {     \
    function##_values(isa)({x, n, y, alpha});                                                 \
  }                                                                                           \
  void Name##Op::gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta, \
                           real* dx) const noexcept {                                         \
    function##_gradients(isa)({x, dy, n, beta, dx, alpha});                                   \
  }
#define OCTET_ACTIVATION(Name, function, op)                  \
  OCTET_ACTIVATION_BODIES(Name, function, 0)                  \
  Var function(Var x) {                                       \
    return x.tape->record(std::make_shared<Name##Op>(), {x}); \
  }
#include "core/ops/activations.inc"
OCTET_ACTIVATION_BODIES(LeakyRelu, leaky_relu, alpha)
OCTET_ACTIVATION_BODIES(Power, power, exponent)
#undef OCTET_ACTIVATION_BODIES

LeakyReluOp::LeakyReluOp(real a) : alpha(a) {
  OCTET_CHECK(std::isfinite(alpha), "leaky_relu: expected a finite alpha, got ", alpha);
}

std::string LeakyReluOp::attributes() const {
  std::ostringstream s;
  s << "alpha=" << alpha;
  return s.str();
}

PowerOp::PowerOp(real e) : exponent(e) {
  OCTET_CHECK(std::isfinite(exponent), "power: expected a finite exponent, got ", exponent);
}

std::string PowerOp::attributes() const {
  std::ostringstream s;
  s << std::setprecision(17) << "exponent=" << exponent;
  return s.str();
}

Var leaky_relu(Var x, real alpha) {
  return x.tape->record(std::make_shared<LeakyReluOp>(alpha), {x});
}

}  // namespace octet
