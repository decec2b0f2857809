// Activations other than relu and relu6 (those without attributes: activations.inc): elementwise
// functions with a derivative, PReLU, softmax.
#pragma once

#include "core/tape.h"

namespace octet {

/// y = f(x), elementwise. f and f' can be evaluated on any values: quantization tabulates them.
/// Every ISA gives the same bits.
struct ActivationOp : Op {
  /// The operator of the TFLite format that is this function of int8 codes; empty if it has none.
  virtual std::string_view file_op() const { return {}; }
  /// y[i] = f(x[i]); y may be x.
  virtual void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept = 0;
  /// dx[i] = beta dx[i] + f'(x[i]) dy[i], beta in {0, 1}.
  virtual void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                         real* dx) const noexcept = 0;
  Tensor forward(Context&, In, Saved&) const final;
  void backward(Context&, const Saved&, const Tensor&, Grads) const final;
};

#define OCTET_ACTIVATION(Name, function, op)                                              \
  struct Name##Op final : ActivationOp {                                                  \
    std::string_view name() const override { return #function; }                          \
    std::string_view file_op() const override { return op; }                              \
    void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override; \
    void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,     \
                   real* dx) const noexcept override;                                     \
  };                                                                                      \
  Var function(Var x);
#include "core/ops/activations.inc"

/// x where x >= 0, alpha x elsewhere
struct LeakyReluOp final : ActivationOp {
  real alpha;
  /// Throws Error unless alpha is finite.
  explicit LeakyReluOp(real a);
  std::string_view name() const override { return "leaky_relu"; }
  std::string_view file_op() const override { return "LEAKY_RELU"; }
  std::string attributes() const override;
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;
};

/// x^exponent, as the C library's pow: NaN for x < 0 unless the exponent is an integer.
struct PowerOp final : ActivationOp {
  real exponent;
  /// Throws Error unless the exponent is finite.
  explicit PowerOp(real e);
  std::string_view name() const override { return "power"; }
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

/// log(e^x / sum e^x) over the last dimension; x [..., K]. Summed in double.
struct LogSoftmaxOp final : Op {
  std::string_view name() const override { return "log_softmax"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records the op of this name; the op says what it computes.
/// @{
Var leaky_relu(Var x, real alpha = real(0.01));
Var prelu(Var x, Var alpha);
Var softmax(Var x);
Var log_softmax(Var x);
/// @}
/// Over another axis, between two transposes.
Var softmax(Var x, int axis);
/// Likewise.
Var log_softmax(Var x, int axis);

// Made of several ops that have an integer form.
/// min(max(x, low), high): relu, relu6 and hard_tanh where that is what it is. Infinite: no limit.
/// Throws Error for NaN and if low > high.
Var clip(Var x, real low, real high);
/// x where x >= 0, alpha (e^x - 1) elsewhere
Var elu(Var x, real alpha);
/// min(max(alpha x + beta, 0), 1)
Var hard_sigmoid(Var x, real alpha, real beta);
/// x^exponent: products, sqrt, rsqrt or reciprocal where that is what it is, else a PowerOp.
Var pow(Var x, real exponent);

}  // namespace octet
