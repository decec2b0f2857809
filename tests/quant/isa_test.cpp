// Which kernels quantized training runs: the context's, or those that QConfig asks for.
#include <doctest/doctest.h>

#include <cstring>

#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/prepare.h"
#include "quant/qops/qop.h"
#include "quant/weights/weight_quantizer.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

namespace {

/// Notes the ISA that its kernels would choose by.
struct NotingOp final : QOp {
  using QOp::QOp;
  mutable Isa forward_isa{}, backward_isa{};
  std::string_view name() const override { return "noting"; }
  Tensor forward_float(Context& ctx, In x) const override { return noted(ctx, x); }
  Tensor forward_codes(Context& ctx, In x, Saved&, RealRange*) const override {
    return noted(ctx, x);
  }
  void backward_real(Context& ctx, const Saved&, const Tensor&, Grads) const override {
    backward_isa = ctx.isa;
  }
  int lower(Lowering&, std::span<const int>, In, const Shape&) const override { return -1; }

 private:
  Tensor noted(Context& ctx, In x) const {
    forward_isa = ctx.isa;
    return x[0];
  }
};

TEST_CASE("quantized ops run on the ISA of QConfig, else on the context's") {
  const Tensor x = Tensor::zeros({1});
  for (const Isa of_context : available_isas()) {
    for (const Isa of_config : available_isas()) {
      for (const Stage stage : {Stage::calibrate, Stage::train_bn}) {
        const auto state = std::make_shared<QatState>();
        state->stage = stage;
        const NotingOp op(
            state, std::make_shared<QuantizedTensor>("y", make_observer(ObserverKind::min_max)),
            "layer");
        Context ctx;
        ctx.isa = of_context;
        for (const bool configured : {false, true}) {
          if (configured) state->isa = of_config;
          const Isa expected = configured ? of_config : of_context;
          Saved saved;
          op.forward(ctx, {&x, 1}, saved);
          CHECK(op.forward_isa == (stage == Stage::calibrate ? of_context : expected));
          CHECK(ctx.isa == of_context);
          if (stage == Stage::calibrate) continue;
          op.backward(ctx, saved, x, {});
          CHECK(op.backward_isa == expected);
          CHECK(state->float_isa == of_context);
          CHECK(ctx.isa == of_context);
        }
      }
    }
  }
}

TEST_CASE("an ISA that the machine lacks is refused") {
  QConfig config;
  config.isa = available_isas().front() == Isa::neon_dot ? Isa::avx2 : Isa::neon_dot;
  const auto graph = trace(zoo::make_model("lenet", {}), Tensor::zeros({1, 28, 28, 1}));
  CHECK_THROWS_WITH_AS(prepare_qat(*graph, config), doctest::Contains("this machine lacks it"),
                       Error);
}

TEST_CASE("weight codes are the same on every ISA") {
  auto rng = test::rng(36);
  std::normal_distribution<float> normal;
  Tensor w = Tensor::empty({5, 3, 3, 7});
  for (real& v : w.span<real>()) v = static_cast<real>(normal(rng));
  w.r()[0] = w.r()[64] = real(0.5);
  Context ctx(2);
  ctx.isa = Isa::portable;
  const WeightCodes expected = make_weight_quantizer({})->quantize(ctx, w, {.layer = "layer"});
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    ctx.isa = isa;
    const WeightCodes codes = make_weight_quantizer({})->quantize(ctx, w, {.layer = "layer"});
    CHECK(std::memcmp(codes.codes.raw(), expected.codes.raw(), expected.codes.bytes()) == 0);
    CHECK(codes.scale == expected.scale);
  }
}

}  // namespace
