// A custom training loop: trains LeNet on the embedded digits for one epoch, fine-tunes it on the
// integers it ships with, and writes the int8 file. README.md shows the part between the markers
// (a test compares them). Usage: custom_loop DIGITS.h5 OUT.tflite
#include <cstdio>
#include <exception>
#include <octet/training.hpp>

namespace {

void run(const char* digits, const char* out) {
  using namespace octet;
  // [docs]
  Context ctx(/*threads=*/2);
  const DataSource data = open_data_source(DataFormat::hdf5, digits);
  Loader loader(data.train, {.batch = 64, .shuffle = true, .seed = 1});
  Loader test(data.test, {.batch = 100});

  const auto net = zoo::lenet({.classes = 10, .in_h = 20, .in_w = 20});
  optim::Adam float_adam(net->parameters(), {.lr = 1e-3});
  for (auto& [x, y] : loader) {  // one epoch in float
    Tape tape(ctx);
    Var loss = cross_entropy((*net)(tape.input(x)), y);
    float_adam.zero_grad();
    tape.backward(loss);
    float_adam.step(ctx);
  }
  std::printf("float %.2f %%\n", 100 * evaluate(*net, test, ctx).accuracy());

  const float mean[] = {0}, std[] = {255};  // what the loader normalizes with
  auto config = quant::QConfig::tflite();
  config.input = quant::input_params(mean, std);
  const Tensor example = Tensor::zeros({1, 20, 20, 1});
  const auto qat = quant::prepare_qat(trace(net, example), config);
  quant::calibrate(*qat, loader, {.batches = 16}, ctx);  // afterwards every forward is integer
  qat->advance(quant::Stage::frozen_bn);
  optim::Adam adam(qat->parameters(), {.lr = 1e-4});
  for (auto& [x, y] : loader) {  // one epoch on int8 codes: the same loop
    Tape tape(ctx);
    Var loss = cross_entropy((*qat)(tape.input(x)), y);
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
  }
  const int8::Model model = quant::convert(*qat, ctx);  // throws unless every code agrees
  std::printf("int8 %.2f %%\n", 100 * evaluate(model, test, ctx).accuracy());
  write_tflite(model, out);
  // [docs]
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
