// Activations other than relu and relu6: elementwise functions with a derivative, PReLU, softmax.
#pragma once

#include "core/tape.h"

namespace octet {

/// y = f(x), elementwise. f and f' can be evaluated on any values: quantization tabulates them.
/// Every ISA gives the same bits.
struct ActivationOp : Op {
  /// y[i] = f(x[i]); y may be x.
  virtual void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept = 0;
  /// dx[i] = beta dx[i] + f'(x[i]) dy[i], beta in {0, 1}.
  virtual void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                         real* dx) const noexcept = 0;
  Tensor forward(Context&, In, Saved&) const final;
  void backward(Context&, const Saved&, const Tensor&, Grads) const final;
};

/// 1 / (1 + e^-x)
struct SigmoidOp final : ActivationOp {
  std::string_view name() const override { return "sigmoid"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

struct TanhOp final : ActivationOp {
  std::string_view name() const override { return "tanh"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x relu6(x + 3) / 6 (Howard et al. 2019)
struct HardSwishOp final : ActivationOp {
  std::string_view name() const override { return "hard_swish"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// relu6(x + 3) / 6
struct HardSigmoidOp final : ActivationOp {
  std::string_view name() const override { return "hard_sigmoid"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x sigmoid(x), also called swish (Elfwing et al. 2018)
struct SiluOp final : ActivationOp {
  std::string_view name() const override { return "silu"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x Phi(x), Phi the normal distribution function; the exact form, not the tanh approximation
/// (Hendrycks & Gimpel 2016)
struct GeluOp final : ActivationOp {
  std::string_view name() const override { return "gelu"; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x where x >= 0, alpha x elsewhere
struct LeakyReluOp final : ActivationOp {
  real alpha;
  /// Throws Error unless alpha is finite.
  explicit LeakyReluOp(real a);
  std::string_view name() const override { return "leaky_relu"; }
  std::string attributes() const override;
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x where x >= 0, alpha[c] x elsewhere (He et al. 2015). Inputs: x [..., C], alpha [C].
struct PreluOp final : Op {
  std::string_view name() const override { return "prelu"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// e^x / sum e^x over the last dimension; x [..., K]. Summed in double.
struct SoftmaxOp final : Op {
  std::string_view name() const override { return "softmax"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

Var sigmoid(Var x);
Var tanh(Var x);
Var hard_swish(Var x);
Var hard_sigmoid(Var x);
Var silu(Var x);
Var gelu(Var x);
Var leaky_relu(Var x, real alpha = real(0.01));
Var prelu(Var x, Var alpha);
Var softmax(Var x);

}  // namespace octet
