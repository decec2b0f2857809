// An op that octet does not have: softsign, x / (1 + |x|), from a float function and its
// derivative. Trains in floats, then on codes, where it is a table of 256 entries, and writes the
// int8 file. docs/own-network.md shows the part between the markers (a test compares them). Usage:
// own_op DIGITS.h5 OUT.tflite
#include <cmath>
#include <cstdio>
#include <exception>
#include <octet/training.hpp>

namespace {

using namespace octet;

// [docs]
const auto softsign = std::make_shared<FunctionOp>(
    "softsign", [](float x) { return x / (1 + std::fabs(x)); },
    [](float x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); });

struct Net final : Module {
  std::shared_ptr<Conv2d> conv;
  std::shared_ptr<Linear> head;
  Net() {
    Init init(/*seed=*/1);
    const Conv2dOptions first{.in_channels = 1, .out_channels = 16, .kernel = 5, .stride = 2};
    conv = register_module("conv", std::make_shared<Conv2d>(first, init));
    const LinearOptions linear{.in_features = 8 * 8 * 16, .out_features = 10};
    head = register_module("head", std::make_shared<Linear>(linear, init));
  }
  Var forward(Var x) override { return (*head)(flatten(apply_function(softsign, (*conv)(x)))); }
};
// [docs]

void train_epoch(Module& model, Loader& loader, double lr, Context& ctx) {
  optim::Adam adam(model.parameters(), {.lr = lr});
  for (auto& [x, y] : loader) {
    Tape tape(ctx);
    Var loss = cross_entropy(model(tape.input(x)), y);
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
  }
}

void run(const char* digits, const char* out) {
  Context ctx(/*threads=*/2);
  const DataSource data = open_data_source(DataFormat::hdf5, digits);
  Loader loader(data.train, {.batch = 64, .shuffle = true, .seed = 1});
  Loader test(data.test, {.batch = 100});

  const auto net = std::make_shared<Net>();
  for (int epoch = 0; epoch < 3; ++epoch) train_epoch(*net, loader, 2e-3, ctx);
  std::printf("float %.2f %%\n", 100 * evaluate(*net, test, ctx).accuracy());

  const float mean[] = {0}, std[] = {255};
  auto config = quant::QConfig::tflite();
  config.input = quant::input_params(mean, std);
  const auto qat = quant::prepare_qat(trace(net, Tensor::zeros({1, 20, 20, 1})), config);
  quant::calibrate(*qat, loader, {.batches = 16}, ctx);
  qat->advance(quant::Stage::frozen_bn);
  train_epoch(*qat, loader, 1e-4, ctx);
  quant::ConvertReport report;  // of training's codes against the engine's, on samples
  const int8::Model model = quant::convert(*qat, ctx, &report);
  std::printf("int8 %.2f %%, codes different %lld of %lld\n",
              100 * evaluate(model, test, ctx).accuracy(),
              static_cast<long long>(report.parity.different),
              static_cast<long long>(report.parity.compared));
  write_tflite(model, out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s DIGITS.h5 OUT.tflite\n", argv[0]);
    return 2;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
