// A network of one's own, trained and fine-tuned on the integers it ships with by octet::fit, which
// shows progress, keeps the best epoch and goes on where it was stopped. README.md shows the part
// between the markers (a test compares them). Usage: fit_network DIGITS.h5 FOLDER
#include <cstdio>
#include <exception>
#include <octet/training.hpp>

namespace {

using namespace octet;

struct SmallNet final : Module {
  std::shared_ptr<Conv2d> conv1, conv2;
  std::shared_ptr<Linear> head;
  SmallNet() {
    Init init(/*seed=*/1);
    const Conv2dOptions first{.in_channels = 1,
                              .out_channels = 8,
                              .kernel = 3,
                              .stride = 2,
                              .padding = Padding2d::all(1)};
    conv1 = register_module("conv1", std::make_shared<Conv2d>(first, init));
    const Conv2dOptions second{.in_channels = 8,
                               .out_channels = 16,
                               .kernel = 3,
                               .stride = 2,
                               .padding = Padding2d::all(1)};
    conv2 = register_module("conv2", std::make_shared<Conv2d>(second, init));
    const LinearOptions linear{.in_features = 5 * 5 * 16, .out_features = 10};
    head = register_module("head", std::make_shared<Linear>(linear, init));
  }
  Var forward(Var x) override { return (*head)(flatten(relu((*conv2)(relu((*conv1)(x)))))); }
};

void run(const char* digits, const std::filesystem::path& folder) {
  // [docs]
  Context ctx(/*threads=*/2);
  const DataSource data = hold_out(open_data_source(DataFormat::hdf5, digits), /*fraction=*/0.1);
  Loader loader(data.train, {.batch = 64, .shuffle = true, .seed = 1});
  Loader val(data.val, {.batch = 100}), test(data.test, {.batch = 100});
  Progress progress = Progress::for_stdout();
  watch_interrupts();  // Ctrl-C saves; started again, training goes on to the same bits

  const auto net = std::make_shared<SmallNet>();
  optim::Adam adam(net->parameters(), {.lr = 3e-3});
  FitOptions options{.epochs = 5, .keep = Keep::best, .progress = &progress};
  FitResult r = fit(*net, adam, loader, &val, ctx, options,
                    {.checkpoint = folder / "float.h5", .metrics = folder / "float.jsonl"});
  if (r.outcome == Outcome::interrupted) return;

  const float mean[] = {0}, std[] = {255};
  auto config = quant::QConfig::tflite();
  config.input = quant::input_params(mean, std);
  const auto qat = quant::prepare_qat(trace(net, Tensor::zeros({1, 20, 20, 1})), config);
  quant::calibrate(*qat, loader, {.batches = 16}, ctx);
  qat->advance(quant::Stage::frozen_bn);
  optim::Adam fine(qat->parameters(), {.lr = 3e-4});
  options = {.name = "qat", .epochs = 2, .keep = Keep::best, .progress = &progress};
  options.hooks.evaluate = [&]() -> std::optional<EpochScore> {  // of the file that would ship
    const double accuracy = evaluate(quant::convert(*qat, ctx), val, ctx).accuracy();
    return EpochScore{accuracy, "int8 val " + percent(accuracy)};
  };
  r = fit(*qat, fine, loader, &val, ctx, options, {.checkpoint = folder / "qat.h5"});
  if (r.outcome == Outcome::interrupted) return;

  const int8::Model model = quant::convert(*qat, ctx);
  std::printf("int8 %.2f %%\n", 100 * evaluate(model, test, ctx).accuracy());
  write_tflite(model, folder / "model.tflite");
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
