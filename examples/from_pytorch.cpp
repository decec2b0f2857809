// What is written in PyTorch, in octet: a module, a training loop with schedule, clipping and
// average, quantization-aware training, weights in and out. docs/coming-from-pytorch.md shows the
// parts between the markers (a test compares them).
// Usage: from_pytorch DIGITS.h5 FOLDER
#include <cstdio>
#include <exception>
#include <filesystem>
#include <octet/training.hpp>

namespace {

using namespace octet;

// [docs]
struct Block : Module {
  Block(std::int64_t channels, Init& init) {
    const Conv2dOptions options{.in_channels = channels,
                                .out_channels = channels,
                                .kernel = 3,
                                .padding = Padding2d::all(1),
                                .bias = false};
    conv = register_module("conv", std::make_shared<Conv2d>(options, init));
    bn = register_module("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{channels}));
  }
  Var forward(Var x) override { return relu((*bn)((*conv)(x)) + x); }

  std::shared_ptr<Conv2d> conv;
  std::shared_ptr<BatchNorm2d> bn;
};
// [docs]

ModulePtr make_network() {
  Init init(/*seed=*/1);
  const auto net = std::make_shared<Sequential>();
  net->add("stem", std::make_shared<Conv2d>(
                       Conv2dOptions{.out_channels = 16, .kernel = 3, .stride = 2}, init));
  net->add("block", std::make_shared<Block>(16, init));
  net->add("pool", std::make_shared<MaxPool2d>(PoolOptions{.kernel = 3}));
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{3 * 3 * 16, 10}, init));
  return net;
}

void run(const char* digits, const std::filesystem::path& folder) {
  const DataSource data = hold_out(open_data_source(DataFormat::hdf5, digits), 0.1);
  const ModulePtr net = make_network();

  // [docs]
  Context ctx(/*threads=*/2);
  Loader loader(data.train, {.batch = 64, .shuffle = true, .seed = 1, .drop_last = true});
  Loader val(data.val, {.batch = 100});

  optim::AdamW adam(net->parameters(), {.lr = 3e-3, .weight_decay = 0.05});
  optim::Ema average(net->parameters(), {.decay = 0.99});
  const int epochs = 3;
  const optim::LrSchedule schedule{.kind = optim::LrSchedule::Kind::cosine,
                                   .lr = 3e-3,
                                   .warmup_steps = loader.batches_per_epoch(),
                                   .total_steps = epochs * loader.batches_per_epoch()};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    net->train();
    for (auto& [x, y] : loader) {
      adam.set_lr(schedule.at(static_cast<std::int64_t>(ctx.step)));
      Tape tape(ctx);
      Var loss = cross_entropy((*net)(tape.input(x)), y, {.label_smoothing = 0.1});
      adam.zero_grad();
      tape.backward(loss);
      optim::clip_grad_norm(ctx, net->parameters(), 1.0);
      adam.step(ctx);
      average.update(ctx);
      ++ctx.step;
    }
    optim::EmaScope averaged(average);  // until the end of the epoch
    std::printf("epoch %d: val %.2f %%\n", epoch + 1, 100 * evaluate(*net, val, ctx).accuracy());
  }
  average.swap();  // go on with the averaged weights
  // [docs]

  // [docs]
  const auto graph = trace(net, Tensor::zeros({1, 20, 20, 1}));
  const auto qat = quant::prepare_qat(graph, quant::QConfig::tflite());
  quant::calibrate(*qat, loader, {.batches = 16}, ctx);
  optim::Adam fine(qat->parameters(), {.lr = 3e-4});
  for (const auto stage :
       {quant::Stage::train_bn, quant::Stage::frozen_bn, quant::Stage::frozen_observers}) {
    qat->advance(stage);
    for (auto& [x, y] : loader) {
      Tape tape(ctx);
      Var loss = cross_entropy((*qat)(tape.input(x)), y);
      fine.zero_grad();
      tape.backward(loss);
      fine.step(ctx);
    }
  }
  const int8::Model model = quant::convert(*qat, ctx);
  std::printf("int8: val %.2f %%\n", 100 * evaluate(model, val, ctx).accuracy());
  write_tflite(model, folder / "model.tflite");
  // [docs]

  // [docs]
  save_weights(folder / "model.safetensors", *graph);
  const Transfer t = transfer_weights(read_weights(folder / "model.safetensors"),
                                      *trace(make_network(), Tensor::zeros({1, 20, 20, 1})));
  std::printf("%s\n", t.headline().c_str());
  // [docs]
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s DIGITS.h5 FOLDER\n", argv[0]);
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
