// An elementwise function that octet does not have.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/ops/activations.h"

namespace octet {

/// y = f(x) of each element, of a function that a program brings along, with its derivative. It
/// trains in floats and on codes as any activation: of int8 values it is a table of 256 codes, in
/// floats computed once a forward. The file that ships has the table as CAST, ADD and GATHER, which
/// TFLite's runtimes and octet's have; there is no form of it for float files, ONNX and
/// float_layers (docs/own-network.md).
///
///   const auto softsign = std::make_shared<octet::FunctionOp>(
///       "softsign", [](float x) { return x / (1 + std::fabs(x)); },
///       [](float x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); });
///   Var y = apply_function(softsign, x);
class FunctionOp final : public ActivationOp {
 public:
  using Function = std::function<real(real)>;
  /// The functions are called from several threads at once, depend on x alone and do not throw.
  /// `derivative` is f' in all of f's domain. Two ops of one name are the same function.
  /// Throws Error unless the name is of letters, digits and '_', and both functions are given.
  FunctionOp(std::string name, Function f, Function derivative);

  std::string_view name() const override { return name_; }
  void values(Isa isa, const real* x, std::int64_t n, real* y) const noexcept override;
  void gradients(Isa isa, const real* x, const real* dy, std::int64_t n, real beta,
                 real* dx) const noexcept override;

 private:
  std::string name_;
  Function f_, derivative_;
};

/// Records f of x.
Var apply_function(std::shared_ptr<const FunctionOp> f, Var x);

}  // namespace octet
