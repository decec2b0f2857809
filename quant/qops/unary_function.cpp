#include "quant/qops/unary_function.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <utility>
#include <vector>

#include "int8/reference/add.h"
#include "int8/reference/mul.h"
#include "int8/reference/quantize.h"
#include "int8/reference/relu.h"
#include "int8/reference/sigmoids.h"
#include "quant/lowering.h"
#include "quant/params.h"
#include "quant/qops/activation.h"

namespace octet::quant {
namespace {

/// Scales up to 2^22 apart have multipliers that cannot overflow (int8::check_no_overflow on 255).
constexpr float rescale_limit = 0x1p-22f;

class ClampFunction final : public UnaryFunction {
 public:
  explicit ClampFunction(int8::Activation activation) : activation_(activation) {}
  std::string_view name() const override { return relu() ? "relu" : "relu6"; }
  void values(const real* x, std::int64_t n, real* y) const override {
    for (std::int64_t i = 0; i < n; ++i) y[i] = activate(x[i], activation_);
  }
  void slopes(const real*, std::int64_t n, real* d) const override { std::fill_n(d, n, real(1)); }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    return relu()
               ? int8::make_relu_codes(in.scale, in.zero_point, out.scale, out.zero_point, rounding)
               : int8::make_relu6_codes(in.scale, in.zero_point);
  }
  bool open_lower() const override { return true; }
  float least_output_scale(QuantParams in) const override {
    return relu() ? in.scale * rescale_limit : 0.0f;
  }
  void lower(Lowering& l, const std::string&, int input, int output) const override {
    l.add_node(relu() ? int8::OpCode::relu : int8::OpCode::relu6, {input}, output, {});
  }

 private:
  bool relu() const { return activation_ == int8::Activation::relu; }
  int8::Activation activation_;
};

/// An op of the file format for a float activation op.
class ActivationFunction final : public UnaryFunction {
 public:
  using Codes = int8::UnaryCodes (*)(const ActivationOp&, QuantParams, QuantParams, int8::Rounding);
  struct Kind {
    int8::OpCode op;
    Codes codes;
    float scale_limit;  ///< least output scale over input scale
  };

  ActivationFunction(std::shared_ptr<const ActivationOp> op, Kind kind)
      : op_(std::move(op)), kind_(kind) {}
  std::string_view name() const override { return op_->name(); }
  std::string attributes() const override { return op_->attributes(); }
  // Of tables and calibration: every ISA gives the same bits.
  void values(const real* x, std::int64_t n, real* y) const override {
    op_->values(Isa::portable, x, n, y);
  }
  void slopes(const real* x, std::int64_t n, real* d) const override {
    const std::vector<real> one(static_cast<std::size_t>(n), real(1));
    op_->gradients(Isa::portable, x, one.data(), n, real(0), d);
  }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    return kind_.codes(*op_, in, out, rounding);
  }
  float least_output_scale(QuantParams in) const override { return in.scale * kind_.scale_limit; }
  void lower(Lowering& l, const std::string&, int input, int output) const override {
    int8::Attributes attributes;
    if (const auto* leaky = dynamic_cast<const LeakyReluOp*>(op_.get())) {
      attributes = int8::LeakyReluAttributes{leaky->alpha};
    }
    l.add_node(kind_.op, {input}, output, attributes);
  }

 private:
  std::shared_ptr<const ActivationOp> op_;
  Kind kind_;
};

class RequantizeFunction final : public UnaryFunction {
 public:
  std::string_view name() const override { return "quantize"; }
  void values(const real* x, std::int64_t n, real* y) const override { std::copy_n(x, n, y); }
  void slopes(const real*, std::int64_t n, real* d) const override { std::fill_n(d, n, real(1)); }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    return int8::make_requantize_codes(in.scale, in.zero_point, out.scale, out.zero_point,
                                       rounding);
  }
  float least_output_scale(QuantParams in) const override { return in.scale * rescale_limit; }
  void lower(Lowering& l, const std::string&, int input, int output) const override {
    l.add_node(int8::OpCode::quantize, {input}, output, {});
  }
};

/// A constant as an int8 operand: zero point 0, code 127 or -127, so that it is exact.
struct Constant {
  explicit Constant(float v)
      : value(v), params{std::max(std::fabs(v) / 127.0f, constant_scale_floor), 0} {
    code = int8::quantize_one(v, params.scale, 0);
  }
  float value;
  QuantParams params;
  std::int8_t code;
  int add_to(Lowering& l, const std::string& layer) const {
    return l.add_scalar_code(layer + ".constant", code, params);
  }
};

class ConstantFunction final : public UnaryFunction {
 public:
  ConstantFunction(WithConstant kind, float constant, int8::Activation activation)
      : kind_(kind), constant_(constant), activation_(activation) {}
  std::string_view name() const override {
    switch (kind_) {
      case WithConstant::add:
        return "add_constant";
      case WithConstant::subtract:
        return "sub_constant";
      case WithConstant::subtract_from:
        return "sub_from_constant";
      case WithConstant::multiply:
        break;
    }
    return "mul_constant";
  }
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
    std::fill_n(d, n,
                kind_ == WithConstant::multiply        ? real(constant_.value)
                : kind_ == WithConstant::subtract_from ? real(-1)
                                                       : real(1));
  }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    const QuantParams c = constant_.params;
    const std::int8_t k = constant_.code;
    const auto params = [&](auto make, QuantParams a, QuantParams b) {
      return make(a.scale, a.zero_point, b.scale, b.zero_point, out.scale, out.zero_point,
                  activation_, rounding);
    };
    switch (kind_) {
      case WithConstant::add: {
        const int8::AddParams p = params(int8::make_add_params, in, c);
        return int8::tabulate([&](int q) { return int8::add_preclamp(p, code_of(q), k); }, p.range);
      }
      case WithConstant::subtract: {
        const int8::AddParams p = params(int8::make_sub_params, in, c);
        return int8::tabulate([&](int q) { return int8::add_preclamp(p, code_of(q), k); }, p.range);
      }
      case WithConstant::subtract_from: {
        const int8::AddParams p = params(int8::make_sub_params, c, in);
        return int8::tabulate([&](int q) { return int8::add_preclamp(p, k, code_of(q)); }, p.range);
      }
      case WithConstant::multiply:
        break;
    }
    const int8::MulParams p = params(int8::make_mul_params, in, c);
    return int8::tabulate([&](int q) { return int8::mul_preclamp(p, code_of(q), k); }, p.range);
  }
  bool open_lower() const override { return open_lower_bound(activation_); }
  float least_output_scale(QuantParams in) const override {
    const float c = constant_.params.scale;
    return kind_ == WithConstant::multiply ? in.scale * c * 0x1p-14f
                                           : std::max(in.scale, c) * 0x1p-18f;
  }
  void lower(Lowering& l, const std::string& layer, int input, int output) const override {
    const int c = constant_.add_to(l, layer);
    const int8::OpCode op = kind_ == WithConstant::add        ? int8::OpCode::add
                            : kind_ == WithConstant::multiply ? int8::OpCode::mul
                                                              : int8::OpCode::sub;
    std::vector<int> inputs{input, c};
    if (kind_ == WithConstant::subtract_from) std::swap(inputs[0], inputs[1]);
    l.add_node(op, std::move(inputs), output, int8::ElementwiseAttributes{activation_});
  }

 private:
  static std::int8_t code_of(int q) { return static_cast<std::int8_t>(q); }
  real value(real x) const {
    const real c = real(constant_.value);
    switch (kind_) {
      case WithConstant::add:
        return x + c;
      case WithConstant::subtract:
        return x - c;
      case WithConstant::subtract_from:
        return c - x;
      case WithConstant::multiply:
        break;
    }
    return x * c;
  }

  WithConstant kind_;
  Constant constant_;
  int8::Activation activation_;
};

}  // namespace

UnaryFunctionPtr make_clamp_function(int8::Activation activation) {
  return std::make_shared<ClampFunction>(activation);
}

UnaryFunctionPtr make_activation_function(std::shared_ptr<const ActivationOp> op) {
  using Kind = ActivationFunction::Kind;
  const auto made = [&](Kind kind) { return std::make_shared<ActivationFunction>(op, kind); };
  if (dynamic_cast<const SigmoidOp*>(op.get())) {
    return made({int8::OpCode::logistic,
                 [](const ActivationOp&, QuantParams in, QuantParams, int8::Rounding) {
                   return int8::make_logistic_codes(in.scale, in.zero_point);
                 },
                 0.0f});
  }
  if (dynamic_cast<const TanhOp*>(op.get())) {
    return made({int8::OpCode::tanh,
                 [](const ActivationOp&, QuantParams in, QuantParams, int8::Rounding) {
                   return int8::make_tanh_codes(in.scale, in.zero_point);
                 },
                 0.0f});
  }
  if (dynamic_cast<const HardSwishOp*>(op.get())) {
    return made({int8::OpCode::hard_swish,
                 [](const ActivationOp&, QuantParams in, QuantParams out, int8::Rounding) {
                   return int8::make_hard_swish_codes(in.scale, in.zero_point, out.scale,
                                                      out.zero_point);
                 },
                 0x1p-6f});  // its multiplier s_in / (128 s_out) must be below one
  }
  if (dynamic_cast<const LeakyReluOp*>(op.get())) {
    const float alpha = static_cast<float>(static_cast<const LeakyReluOp&>(*op).alpha);
    return made({int8::OpCode::leaky_relu,
                 [](const ActivationOp& f, QuantParams in, QuantParams out, int8::Rounding r) {
                   return int8::make_leaky_relu_codes(
                       in.scale, in.zero_point, out.scale, out.zero_point,
                       static_cast<float>(static_cast<const LeakyReluOp&>(f).alpha), r);
                 },
                 std::max(1.0f, std::fabs(alpha)) * rescale_limit});
  }
  return nullptr;
}

UnaryFunctionPtr make_requantize_function() {
  return std::make_shared<RequantizeFunction>();
}
UnaryFunctionPtr make_constant_function(WithConstant kind, float constant,
                                        int8::Activation activation) {
  return std::make_shared<ConstantFunction>(kind, constant, activation);
}

}  // namespace octet::quant
