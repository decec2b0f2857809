// octet-bench export: a network with seeded weights as an int8 model, for timing.
#include <iostream>
#include <memory>

#include "apps/bench/bench_commands.h"
#include "apps/bench/networks.h"
#include "base/error.h"
#include "core/random.h"
#include "interop/tflite/writer.h"
#include "layers/layers.h"
#include "quant/convert.h"
#include "quant/prepare.h"

namespace octet::bench {
namespace {

struct Options {
  std::string net, out;
  std::uint64_t seed = 0;
  int threads = 2;
};

/// Values of a standard normal distribution, as normalized images have on the average.
Tensor random_images(const Shape& shape, Random& random) {
  Tensor x = Tensor::zeros(shape);
  for (float& v : x.span<float>()) v = static_cast<float>(random.normal());
  return x;
}

void export_network(const Options& options) {
  Network network = find_network(options.net, Mode::real);
  network.options.seed = options.seed;
  constexpr std::int64_t batch = 8;
  constexpr int batches = 4;
  Context ctx(options.threads);
  Random random(options.seed);
  const ModulePtr model = zoo::make_model(network.zoo, network.options);
  // Batch norm's running statistics become those of the inputs; the momentum of 0.1 would otherwise
  // leave them near their initial values.
  for (int i = 0; i < 20; ++i) {
    Tape tape(ctx);
    (*model)(tape.input(random_images(network.input(batch), random)));
  }
  quant::QConfig config = quant::QConfig::tflite();
  config.observer = quant::ObserverKind::min_max;
  const auto qat = quant::prepare_ptq(trace(model, Tensor::zeros(network.input(1))), config);
  for (int i = 0; i < batches; ++i)
    qat->calibrate(ctx, random_images(network.input(batch), random));
  qat->finish_calibration();
  qat->set_sample({random_images(network.input(1), random)});
  quant::ConvertReport report;
  const int8::Model int8_model = quant::convert(*qat, ctx, &report);
  write_tflite(int8_model, options.out);
  std::cout << options.out << ": " << network.name << ", " << report.file_bytes << " bytes, "
            << int8_model.macs() << " multiply-accumulates an image; " << report.parity.compared
            << " codes compared with the training forward, none different\n";
}

}  // namespace

void add_export(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "export",
      "Write a network with seeded random weights and ranges calibrated on random images as an "
      "int8 TFLite model, to be timed by `octet bench`.");
  command->add_option("--net", options->net, "network")
      ->required()
      ->check(CLI::IsMember(network_names()));
  command->add_option("--out", options->out, "the file to write")->required();
  command->add_option("--seed", options->seed, "of weights and images")->capture_default_str();
  command->add_option("--threads", options->threads, "threads to use")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->callback([options] { export_network(*options); });
}

}  // namespace octet::bench
