#include "quant/qops/unary_function.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "int8/ops/catalogue.h"
#include "int8/reference/quantize.h"
#include "int8/reference/tables/unary.h"
#include "int8/reference/xnnpack/delegated_scales.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "quant/lowering.h"
#include "quant/qops/fused_activation.h"

namespace octet::quant {
namespace {

/// A table op of the engine.
class TableFunction : public UnaryFunction {
 public:
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const final {
    const int8::UnaryArgs args{in, out, rounding, attributes_};
    return rounding == int8::Rounding::float_rounding ? int8::xnnpack::unary_codes(op_, args)
                                                      : table_.codes(args);
  }
  float min_output_scale(QuantParams in, int8::Rounding) const final {
    return table_.min_output_scale ? table_.min_output_scale(in.scale, attributes_) : 0.0f;
  }
  std::optional<QuantParams> fixed_output() const final { return table_.fixed_output; }
  bool keeps_params() const final { return table_.keeps_params; }
  void lower(Lowering& l, const std::string&, int input, int output) const final {
    l.add_node(op_, {input}, output, attributes_);
  }

 protected:
  explicit TableFunction(int8::OpCode op, int8::Attributes attributes = {})
      : op_(op), table_(*int8::find_unary_op(op)), attributes_(std::move(attributes)) {}

 private:
  int8::OpCode op_;
  const int8::UnaryOp& table_;
  int8::Attributes attributes_;
};

class ClampFunction final : public TableFunction {
 public:
  explicit ClampFunction(int8::Activation activation)
      : TableFunction(activation == int8::Activation::relu ? int8::OpCode::relu
                                                           : int8::OpCode::relu6),
        activation_(activation) {}
  std::string_view name() const override {
    return activation_ == int8::Activation::relu ? "relu" : "relu6";
  }
  void values(const real* x, std::int64_t n, real* y) const override {
    for (std::int64_t i = 0; i < n; ++i) y[i] = activate(x[i], activation_);
  }
  void slopes(const real*, std::int64_t n, real* d) const override { std::fill_n(d, n, real(1)); }
  bool open_lower() const override { return true; }

 private:
  int8::Activation activation_;
};

int8::Attributes attributes_of(const ActivationOp& op) {
  if (const auto* leaky = dynamic_cast<const LeakyReluOp*>(&op))
    return int8::LeakyReluAttributes{static_cast<float>(leaky->alpha)};
  if (dynamic_cast<const GeluTanhOp*>(&op)) return int8::GeluAttributes{.approximate = true};
  return {};
}

class ActivationFunction final : public TableFunction {
 public:
  ActivationFunction(std::shared_ptr<const ActivationOp> function, int8::OpCode op)
      : TableFunction(op, attributes_of(*function)), function_(std::move(function)) {}
  std::string_view name() const override { return function_->name(); }
  std::string attributes() const override { return function_->attributes(); }
  // Of tables and calibration: every ISA gives the same bits.
  void values(const real* x, std::int64_t n, real* y) const override {
    function_->values(Isa::portable, x, n, y);
  }
  void slopes(const real* x, std::int64_t n, real* d) const override {
    const std::vector<real> one(static_cast<std::size_t>(n), real(1));
    function_->gradients(Isa::portable, x, one.data(), n, real(0), d);
  }

 private:
  std::shared_ptr<const ActivationOp> function_;
};

class RequantizeFunction final : public UnaryFunction {
 public:
  std::string_view name() const override { return "quantize"; }
  void values(const real* x, std::int64_t n, real* y) const override { std::copy_n(x, n, y); }
  void slopes(const real*, std::int64_t n, real* d) const override { std::fill_n(d, n, real(1)); }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding rounding) const override {
    if (rounding != int8::Rounding::float_rounding) {
      return int8::make_requantize_codes(in.scale, in.zero_point, out.scale, out.zero_point,
                                         rounding);
    }
    return int8::xnnpack::takes_rescaling(in.scale, out.scale)
               ? int8::xnnpack::requantize_codes(in, out)
               : int8::xnnpack::make_far_requantization(in, out).rest;
  }
  std::optional<int8::UnaryCodes> codes_in_blocks(QuantParams in, QuantParams out,
                                                  int8::Rounding rounding) const override {
    if (rounding != int8::Rounding::float_rounding ||
        int8::xnnpack::takes_rescaling(in.scale, out.scale))
      return std::nullopt;
    return int8::xnnpack::make_far_requantization(in, out).in_blocks;
  }
  float min_output_scale(QuantParams in, int8::Rounding) const override {
    return int8::min_rescaled_scale(in.scale);
  }
  void lower(Lowering& l, const std::string&, int input, int output) const override {
    l.add_node(int8::OpCode::quantize, {input}, output, {});
  }
};

}  // namespace

UnaryFunctionPtr make_clamp_function(int8::Activation activation) {
  return std::make_shared<ClampFunction>(activation);
}

UnaryFunctionPtr make_activation_function(std::shared_ptr<const ActivationOp> op) {
  if (auto own = std::dynamic_pointer_cast<const FunctionOp>(op))
    return make_function_table(std::move(own));
  const int8::OpEntry* entry = int8::find_op(op->file_op());
  return entry ? std::make_shared<ActivationFunction>(std::move(op), entry->op) : nullptr;
}

UnaryFunctionPtr make_requantize_function() {
  return std::make_shared<RequantizeFunction>();
}

}  // namespace octet::quant
