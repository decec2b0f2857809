// In the steady state a training step asks the system for no large block, in float and on codes.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "optim/adam.h"
#include "quant/prepare.h"
#include "tests/address_sanitizer.h"
#include "tests/allocation_counter.h"

using namespace octet;
using namespace octet::quant;

namespace {

struct Batch {
  Tensor x, y;
};

struct Counts {
  long all, large;
  std::int64_t nodes;
};

Counts step(Context& ctx, Module& model, optim::Adam& adam, const Batch& b) {
  model.train();
  ++ctx.step;
  const test::AllocationCounter counter;
  Tape tape(ctx);
  const Var loss = cross_entropy(model(tape.input(b.x)), b.y);
  adam.zero_grad();
  tape.backward(loss);
  adam.step(ctx);
  return {counter.count(), counter.large(), tape.size()};
}

void check(const char* stage, Context& ctx, Module& model, optim::Adam& adam, const Batch& b) {
  CAPTURE(std::string(stage));
  for (int i = 0; i < 3; ++i) step(ctx, model, adam, b);  // fills the pool
  Counts least = step(ctx, model, adam, b);
  // How many blocks are in use at once depends on the threads' timing: one quiet step is enough.
  for (int i = 0; i < 3; ++i) {
    const Counts c = step(ctx, model, adam, b);
    least.all = std::min(least.all, c.all);
    least.large = std::min(least.large, c.large);
  }
  CHECK(least.large == 0);
  CHECK(least.all <= 10 * least.nodes);  // lists of operands and the like
}

/// One of nearly every other op, on values that are cut into many pieces.
class Others final : public Module {
 public:
  Others() {
    Init init(1);
    using T = ConvTranspose2dOptions;
    const auto add = [&](const char* name, auto module) { return register_module(name, module); };
    first_ = add("first", std::make_shared<Conv2d>(
                              Conv2dOptions{.in_channels = 3, .out_channels = 32}, init));
    up_ = add("up", std::make_shared<ConvTranspose2d>(T{64, 600, 2, 2}, init));
    prelu_ = add("prelu", std::make_shared<Prelu>(600));
    bn_ = add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{600}));
    wide_ = add("wide", std::make_shared<Linear>(LinearOptions{600, 700}, init));
    rows_ = add("rows", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{700}));
    last_ = add("last", std::make_shared<Linear>(LinearOptions{700, 10}, init));
    scale_ = register_parameter("scale", Tensor::full({32}, real(0.7)));
  }
  Var forward(Var x) override {
    Tape& t = *x.tape;
    Var y = (*first_)(x);
    y = hard_swish(y) * t.param(scale_);
    y = concat({minimum(y, sigmoid(y)), hard_tanh(y - mean(y, {1, 2}, true))}, 3);
    y = max_pool2d(pad2d(y, Padding2d::all(1), real(0.5)), window_);
    y = resize_bilinear((*bn_)((*prelu_)((*up_)(y))), 20, 20);
    y = dropout(mean(softmax(slice(y, 1, 0, 18)) * y.tape->constant(scalar_) + real(0.1), {1, 2}),
                0.2, 1);
    return (*last_)((*rows_)(relu((*wide_)(y))));
  }

 private:
  std::shared_ptr<Conv2d> first_;
  std::shared_ptr<ConvTranspose2d> up_;
  std::shared_ptr<Prelu> prelu_;
  std::shared_ptr<BatchNorm2d> bn_, rows_;
  std::shared_ptr<Linear> wide_, last_;
  ParameterPtr scale_;
  Tensor scalar_ = Tensor::full({1}, real(-1.5));
  Window2d window_{.kernel_h = 8, .kernel_w = 8, .stride_h = 8, .stride_w = 8, .padding = {}};
};

void check_stages(const ModulePtr& net, const Shape& input) {
  Context ctx(2, 1);
  Batch b{Tensor::empty(input), Tensor::zeros({input[0]}, ElementType::i32)};
  Random random(1);
  for (real& v : b.x.span<real>()) v = static_cast<real>(random.uniform(-1, 1));
  optim::Adam adam(net->parameters(), {.lr = 1e-4});
  check("float", ctx, *net, adam, b);

  const QatModelPtr owner = prepare_qat(trace(net, b.x), QConfig{});
  QatModel& qat = *owner;
  calibrate(qat, std::vector<Batch>{b}, {}, ctx);
  optim::Adam fine(qat.parameters(), {.lr = 1e-5});
  check("train_bn", ctx, qat, fine, b);
  qat.advance(Stage::frozen_bn);
  check("frozen_bn", ctx, qat, fine, b);
  qat.advance(Stage::frozen_observers);
  check("frozen_observers", ctx, qat, fine, b);
}

}  // namespace

TEST_CASE("a step of training takes no large block from the heap once the pool is full") {
  // Wide layers, sums, tables, squeeze and excitation, concatenations, pools.
  for (const char* name : {"resnet8", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1"}) {
    if (octet::test::address_sanitizer) break;  // the same allocations, in minutes
    CAPTURE(std::string(name));
    zoo::NetworkOptions o = zoo::resolve_options(name);
    o.classes = 10;
    o.in_h = o.in_w = 48;
    check_stages(zoo::make_model(name, o), {4, o.in_h, o.in_w, o.in_c});
  }
  check_stages(std::make_shared<Others>(), {4, 70, 70, 3});
}
