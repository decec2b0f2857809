// Sums and products with one constant, which train as tables.
#include <algorithm>
#include <iomanip>
#include <sstream>
#include <utility>
#include <vector>

#include "int8/reference/quantize.h"
#include "int8/reference/scales.h"
#include "quant/lowering.h"
#include "quant/params.h"
#include "quant/qops/binary_params.h"
#include "quant/qops/fused_activation.h"
#include "quant/qops/unary_function.h"

namespace octet::quant {
namespace {

/// A constant as an int8 operand.
struct Constant {
  Constant(float v, QuantParams p)
      : value(v), params(p), code(int8::quantize_one(v, p.scale, p.zero_point)) {}
  float value;
  QuantParams params;
  std::int8_t code;
  int add_to(Lowering& l, const std::string& layer) const {
    return l.add_scalar_code(layer + ".constant", code, params);
  }
};

/// What a WithConstant is.
struct ConstantKind {
  const char* name;
  int8::OpCode op;
  bool constant_first = false;
};
constexpr ConstantKind kinds[] = {
    {"add_constant", int8::OpCode::add},
    {"sub_constant", int8::OpCode::sub},
    {"sub_from_constant", int8::OpCode::sub, true},
    {"mul_constant", int8::OpCode::mul},
};

class ConstantFunction final : public UnaryFunction {
 public:
  ConstantFunction(WithConstant kind, float constant, int8::Activation activation,
                   QuantParams params)
      : kind_(kinds[static_cast<std::size_t>(kind)]),
        constant_(constant, params),
        activation_(activation) {}
  std::string_view name() const override { return kind_.name; }
  std::string attributes() const override {
    std::ostringstream s;
    s << "constant=" << std::setprecision(9) << constant_.value;
    if (activation_ != int8::Activation::none) {
      s << ", activation=" << static_cast<int>(activation_);
    }
    return s.str();
  }
  void values(const real* x, std::int64_t n, real* y) const override {
    for (std::int64_t i = 0; i < n; ++i) y[i] = activate(value(x[i]), activation_);
  }
  void slopes(const real*, std::int64_t n, real* d) const override {
    std::fill_n(d, n, multiplies() ? real(constant_.value) : real(kind_.constant_first ? -1 : 1));
  }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    const auto [a, b] = ordered(in, constant_.params);
    return std::visit(
        [&](const auto& p) {
          return int8::tabulate(
              [&](int q) {
                const auto [x, y] = ordered(static_cast<std::int8_t>(q), constant_.code);
                return preclamp(p, x, y);
              },
              p.range);
        },
        make_binary_params(kind_.op, a, b, out, activation_, rounding));
  }
  bool open_lower() const override { return open_lower_bound(activation_); }
  float min_output_scale(QuantParams in, int8::Rounding rounding) const override {
    const float c = constant_.params.scale;
    return multiplies() ? int8::min_product_scale(in.scale, c, rounding)
                        : int8::min_sum_scale(in.scale, c, rounding);
  }
  void lower(Lowering& l, const std::string& layer, int input, int output) const override {
    const auto [a, b] = ordered(input, constant_.add_to(l, layer));
    l.add_node(kind_.op, {a, b}, output, int8::ElementwiseAttributes{activation_});
  }

 private:
  bool multiplies() const { return kind_.op == int8::OpCode::mul; }
  /// The operands as the op has them.
  template <class T>
  std::pair<T, T> ordered(T input, T constant) const {
    return kind_.constant_first ? std::pair{constant, input} : std::pair{input, constant};
  }
  real value(real x) const {
    const auto [a, b] = ordered(x, real(constant_.value));
    return multiplies() ? a * b : kind_.op == int8::OpCode::add ? a + b : a - b;
  }

  const ConstantKind& kind_;
  Constant constant_;
  int8::Activation activation_;
};

}  // namespace

UnaryFunctionPtr make_constant_function(WithConstant kind, float constant,
                                        int8::Activation activation, QuantParams params) {
  return std::make_shared<ConstantFunction>(kind, constant, activation, params);
}

UnaryFunctionPtr make_constant_function(WithConstant kind, float constant,
                                        int8::Activation activation) {
  return make_constant_function(kind, constant, activation, exact_params(constant));
}

}  // namespace octet::quant
