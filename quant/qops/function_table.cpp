// FunctionOp in integers: docs/numerics.md, line 26.
#include <cmath>
#include <vector>

#include "core/ops/function_op.h"
#include "quant/lowering.h"
#include "quant/qops/unary_function.h"

namespace octet::quant {
namespace {

QuantParams params_of(const int8::TensorDef& t) {
  return {t.quantization.scale[0], t.quantization.zero_point[0]};
}

class FunctionTable final : public UnaryFunction {
 public:
  explicit FunctionTable(std::shared_ptr<const FunctionOp> op) : op_(std::move(op)) {}
  std::string_view name() const override { return op_->name(); }
  void values(const real* x, std::int64_t n, real* y) const override {
    op_->values(Isa::portable, x, n, y);
  }
  void slopes(const real* x, std::int64_t n, real* d) const override {
    const std::vector<real> one(static_cast<std::size_t>(n), real(1));
    op_->gradients(Isa::portable, x, one.data(), n, real(0), d);
  }
  int8::UnaryCodes codes(QuantParams in, QuantParams out, int8::Rounding) const override {
    return int8::tabulate([&](int q) {
      const real x = in.scale * static_cast<real>(q - in.zero_point);
      real y = 0;
      op_->values(Isa::portable, &x, 1, &y);
      if (std::isnan(y)) return out.zero_point;
      constexpr double far = 1 << 20;  // beyond every code
      const double code = std::round(static_cast<double>(y) / static_cast<double>(out.scale));
      return static_cast<std::int32_t>(std::fmin(std::fmax(code, -far), far)) + out.zero_point;
    });
  }
  float min_output_scale(QuantParams, int8::Rounding) const override { return 0; }

  void lower(Lowering& l, const std::string& layer, int input, int output) const override {
    const QuantParams out = params_of(l.tensor(output));
    const int8::Table table = codes(params_of(l.tensor(input)), out, l.graph.rounding).table();
    const Shape shape = l.shape(output);
    const int number = l.add_integers(layer + ".number", shape);
    const int index = l.add_integers(layer + ".index", shape);
    const std::int32_t first = 128;
    const int shift = l.add_int32(layer + ".128", {1}, {&first, 1});
    const int values = l.add_constant(layer + ".table", {256}, table, out);
    l.add_node(int8::OpCode::cast, {input}, number, {});
    l.add_node(int8::OpCode::add, {number, shift}, index, int8::ElementwiseAttributes{});
    l.add_node(int8::OpCode::gather, {values, index}, output, int8::GatherAttributes{});
  }

 private:
  std::shared_ptr<const FunctionOp> op_;
};

}  // namespace

UnaryFunctionPtr make_function_table(std::shared_ptr<const FunctionOp> op) {
  return std::make_shared<FunctionTable>(std::move(op));
}

}  // namespace octet::quant
