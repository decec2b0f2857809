// A network with two heads in a custom loop: the digit, and how much ink it is written with, from a
// layer in the middle. README.md shows the part between the markers (a test compares them).
// Usage: two_heads DIGITS.h5 OUT.tflite
#include <cstdio>
#include <exception>
#include <octet/training.hpp>

namespace {

using namespace octet;

/// Image [N, 20, 20, 1] -> digits [N, 10], ink [N, 1].
class TwoHeads final : public MultiModule {
 public:
  TwoHeads() {
    Init init(/*seed=*/1);
    stem_ = register_module("stem",
                            std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 1,
                                                                   .out_channels = 8,
                                                                   .kernel = 3,
                                                                   .stride = 2,
                                                                   .padding = Padding2d::all(1)},
                                                     init));
    body_ = register_module(
        "body",
        std::make_shared<Conv2d>(
            Conv2dOptions{.in_channels = 8, .out_channels = 16, .kernel = 3, .stride = 2}, init));
    digit_ = register_module("digit_head",
                             std::make_shared<Linear>(LinearOptions{4 * 4 * 16, 10}, init));
    ink_ = register_module("ink_head", std::make_shared<Linear>(LinearOptions{8, 1}, init));
  }

  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image] = take<1>(x);
    const Var middle = relu((*stem_)(image));
    const Var digits = (*digit_)(flatten(relu((*body_)(middle))));
    return {digits, (*ink_)(flatten(global_avg_pool(middle)))};
  }

 private:
  std::shared_ptr<Conv2d> stem_, body_;
  std::shared_ptr<Linear> digit_, ink_;
};

/// The mean of each image's pixels, [N, 1].
Tensor ink_of(const Tensor& x) {
  Tensor ink = Tensor::zeros({x.shape()[0], 1});
  const std::int64_t pixels = x.numel() / x.shape()[0];
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    ink.r()[i / pixels] += x.r()[i] / static_cast<real>(pixels);
  }
  return ink;
}

/// One epoch, in float or on codes.
void train(Module& net, Loader& loader, double lr, Context& ctx) {
  optim::Adam adam(net.parameters(), {.lr = lr});
  for (auto& [x, y] : loader) {
    // [docs]
    Tape tape(ctx);
    const std::vector<Var> out = net({tape.input(x)});  // {digits, ink}
    Var loss = cross_entropy(out[0], y) + real(10) * mse_loss(out[1], ink_of(x));
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
    // [docs]
  }
}

void run(const char* digits, const char* file) {
  Context ctx(/*threads=*/2);
  const DataSource data = open_data_source(DataFormat::hdf5, digits);
  Loader loader(data.train, {.batch = 64, .shuffle = true, .seed = 1});
  Loader test(data.test, {.batch = 100});
  const auto net = std::make_shared<TwoHeads>();
  train(*net, loader, 3e-3, ctx);
  // [docs]
  const Tensor example = Tensor::zeros({1, 20, 20, 1});
  const auto graph =
      trace(net, {example}, {.inputs = {"image"}, .outputs = {"digit", "ink"}});  // in the file too
  const auto qat = quant::prepare_qat(graph, quant::QConfig::tflite());
  // [docs]
  quant::calibrate(*qat, loader, {.batches = 16}, ctx);
  train(*qat, loader, 1e-4, ctx);
  // [docs]
  const int8::Model model = quant::convert(*qat, ctx);  // compares every output
  const Evaluation digit = evaluate(model, test, ctx, {.logits = 0});
  const auto ink_loss = [](std::span<const Var> y, const Batch& batch) {
    return mse_loss(y[1], ink_of(batch.x));
  };
  const Evaluation ink = evaluate(model, test, ctx, {.logits = -1, .loss = ink_loss});
  // [docs]
  std::printf("int8 %.2f %%, ink's mean square error %.5f\n", 100 * digit.accuracy(), ink.loss);
  write_tflite(model, file);
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
