// Unary ops of the file format as training needs them: the real function with its derivative, the
// engine's codes, and the node. One class of quantized op (QTableOp) runs them all.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/ops/activations.h"
#include "core/ops/function_op.h"
#include "int8/graph/graph.h"
#include "int8/reference/tables/table.h"
#include "quant/qconfig.h"

namespace octet::quant {

class Lowering;

class UnaryFunction {
 public:
  virtual ~UnaryFunction() = default;
  virtual std::string_view name() const = 0;
  virtual std::string attributes() const { return {}; }

  /// y[i] = f(x[i]).
  virtual void values(const real* x, std::int64_t n, real* y) const = 0;
  /// d[i] = f'(x[i]), the derivative inside the clamp of codes().
  virtual void slopes(const real* x, std::int64_t n, real* d) const = 0;
  /// The engine's integers.
  virtual int8::UnaryCodes codes(QuantParams in, QuantParams out,
                                 int8::Rounding rounding) const = 0;
  /// The gradient does not pass at the clamp's lower end (line 23).
  virtual bool open_lower() const { return false; }
  /// What differs from codes() in a sample's whole blocks of 16 codes
  /// (int8::xnnpack::FarRequantization).
  virtual std::optional<int8::UnaryCodes> codes_in_blocks(QuantParams, QuantParams,
                                                          int8::Rounding) const {
    return std::nullopt;
  }
  /// The smallest output scale for which codes() has multipliers.
  virtual float min_output_scale(QuantParams in, int8::Rounding rounding) const = 0;
  /// Scale and zero point of the result where the format fixes them.
  virtual std::optional<QuantParams> fixed_output() const { return std::nullopt; }
  /// The result has the input's.
  virtual bool keeps_params() const { return false; }
  /// Appends the node that makes tensor `output` of `input`.
  virtual void lower(Lowering& graph, const std::string& layer, int input, int output) const = 0;
};
using UnaryFunctionPtr = std::shared_ptr<const UnaryFunction>;

/// RELU rescales; RELU6 keeps scale and zero point.
UnaryFunctionPtr make_clamp_function(int8::Activation activation);
/// The format's op for this float op (ActivationOp::file_op), or of a FunctionOp its table; null if
/// it has none.
UnaryFunctionPtr make_activation_function(std::shared_ptr<const ActivationOp> op);
/// A function from outside: its 256 codes, in the file CAST, ADD of 128 and GATHER
/// (docs/own-network.md).
UnaryFunctionPtr make_function_table(std::shared_ptr<const FunctionOp> op);
/// QUANTIZE: the identity, rescaled.
UnaryFunctionPtr make_requantize_function();
/// x + c, x - c, c - x, x c.
enum class WithConstant { add, subtract, subtract_from, multiply };
/// ADD, SUB or MUL with one finite constant, whose code has `params`, then the clamp.
UnaryFunctionPtr make_constant_function(WithConstant kind, float constant,
                                        int8::Activation activation, QuantParams params);
/// The same with exact_params().
UnaryFunctionPtr make_constant_function(WithConstant kind, float constant,
                                        int8::Activation activation = int8::Activation::none);

}  // namespace octet::quant
