// octet-bench golden: a network trained for a moment on real pictures, as the files that runtimes
// are compared on.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/bench/bench_commands.h"
#include "apps/bench/unet.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "core/ops/ops.h"
#include "data/resize_image.h"
#include "data/source.h"
#include "int8/engine/reals.h"
#include "int8/graph/op_set.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "layers/zoo/zoo.h"
#include "optim/adam.h"
#include "quant/convert.h"
#include "quant/floats/lower_float.h"
#include "quant/prepare.h"

namespace octet::bench {
namespace {

namespace fs = std::filesystem;

struct GoldenNetwork {
  std::string_view name, zoo;  ///< zoo: "" is the U-Net
  int height, width;           ///< 0: the network's own
  double factor;               ///< of the numbers of channels
  int steps;                   ///< of training
};
constexpr GoldenNetwork networks[] = {
    {"lenet", "lenet", 0, 0, 1, 60},
    {"resnet8", "resnet8", 0, 0, 1, 60},
    {"mobilenet_v1_025", "mobilenet_v1", 96, 96, 0.25, 60},
    {"ds_cnn", "ds_cnn", 0, 0, 1, 60},
    {"mobilenet_v2_035", "mobilenet_v2", 96, 96, 0.35, 60},
    {"unet", "", 32, 32, 1, 60},
    {"mobilenet_v3_small", "mobilenet_v3_small", 96, 96, 1, 60},
    {"resnet18", "resnet18", 64, 64, 1, 4},
    {"resnet20", "resnet20", 0, 0, 1, 20},
    {"mobilenet_v1", "mobilenet_v1", 64, 64, 1, 4},
    {"mobilenet_v2", "mobilenet_v2", 64, 64, 1, 4},
    {"mobilenet_v3_large", "mobilenet_v3_large", 64, 64, 1, 4},
    {"squeezenet1_1", "squeezenet1_1", 63, 63, 1, 10},
    {"vgg11_bn", "vgg11_bn", 32, 32, 0.5, 4},
    {"resnet34", "resnet34", 64, 64, 1, 2},
    {"autoencoder", "autoencoder", 28, 28, 1, 60},
};
constexpr std::uint64_t seed = 1;
constexpr std::int64_t batch = 16, golden_samples = 10;

struct Options {
  std::vector<std::string> nets;
  std::string images, out;
  int threads = 2;
};

/// Pictures of a split at a network's extents, from -1 to 1.
class Pictures {
 public:
  Pictures(const Dataset& set, const Shape& input) : set_(set), input_(input) {}

  /// Pictures first, first + 1, ... of the split, and after its last the first again.
  Tensor images(std::int64_t first, std::int64_t count) const {
    Shape shape = input_;
    shape.set(0, count);
    Tensor x = Tensor::empty(shape);
    const std::int64_t sample = x.numel() / count;
    for (std::int64_t i = 0; i < count; ++i) {
      const Image image = picture((first + i) % set_.size());
      for (std::int64_t k = 0; k < sample; ++k) {
        const std::size_t pixel = static_cast<std::size_t>(k / input_[3]);
        x.r()[i * sample + k] = (static_cast<float>(image.pixels[pixel]) - 128) / 128;
      }
    }
    return x;
  }
  Tensor labels(std::int64_t first, std::int64_t count) const {
    Tensor y = Tensor::empty({count}, ElementType::i32);
    for (std::int64_t i = 0; i < count; ++i) {
      y.data<std::int32_t>()[i] = set_.labels.data<std::int32_t>()[(first + i) % set_.size()];
    }
    return y;
  }

 private:
  Image picture(std::int64_t i) const {
    const Shape& s = set_.images.shape();
    OCTET_CHECK(s[3] == 1, set_.name, ": expected grey pictures, got ", s[3], " channels");
    const std::uint8_t* pixels = set_.images.data<std::uint8_t>() + i * s[1] * s[2];
    return resize_image({s[1], s[2], 1, {pixels, pixels + s[1] * s[2]}}, input_[1], input_[2]);
  }

  const Dataset& set_;
  Shape input_;  ///< [1, H, W, C]
};

/// Cross-entropy of the digits; of the others the distance to the picture, or to where it is light
/// and dark.
Var loss_of(const Var& y, const Tensor& x, const Tensor& labels) {
  if (y.shape().rank() == 2 && y.shape()[1] <= 16) return cross_entropy(y, labels);
  if (y.shape().numel() == x.numel()) return mse_loss(y, x.reshape(y.shape()));
  Tensor target = Tensor::empty(y.shape());
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    target.r()[2 * i] = x.r()[i] > 0 ? real(1) : real(0);
    target.r()[2 * i + 1] = real(1) - target.r()[2 * i];
  }
  return mse_loss(y, target);
}

/// `steps` of training, then running statistics of the weights as they are.
void train(Module& model, const Pictures& pictures, int steps, Context& ctx) {
  model.train();
  optim::Adam adam(model.parameters(), {.lr = 2e-3});
  for (int i = 0; i < steps + 20; ++i) {
    Tape tape(ctx, i < steps ? GradMode::on : GradMode::off);
    const Tensor x = pictures.images(i * batch, batch);
    const Var y = model(tape.input(x));
    if (i >= steps) continue;
    ++ctx.step;
    adam.zero_grad();
    tape.backward(loss_of(y, x, pictures.labels(i * batch, batch)));
    adam.step(ctx);
  }
  model.eval();
}

/// DIR/NAME.tflite, DIR/NAME.inputs and DIR/NAME.outputs: the samples, raw and back to back, and
/// what the engine makes of them.
void write_golden(const fs::path& dir, const std::string& name, const int8::Graph& graph,
                  const Tensor& x, int threads, const TfliteOptions& how = {}) {
  const fs::path file = dir / (name + ".tflite");
  write_tflite(graph, file, how);
  const int8::Model model(read_tflite(file.string()), {.ops = &int8::all_ops()});
  int8::ExecutionContext context(model,
                                 {.batch = static_cast<int>(x.shape()[0]), .threads = threads});
  const auto input = context.input(0);
  if (model.inputs()[0].type == int8::DType::f32) {
    std::copy_n(x.raw(), x.bytes(), input.data());
  } else {
    int8::quantize_values(model.inputs()[0], model.isa(), x.r(), input.data(), x.numel());
  }
  write_file_atomically(dir / (name + ".inputs"), {input.data(), input.size()});
  context.run();
  const auto output = context.output(0);
  write_file_atomically(dir / (name + ".outputs"), {output.data(), output.size()});
}

void write_network(const GoldenNetwork& net, const DataSource& digits, const Options& options) {
  zoo::NetworkOptions o;
  o.in_h = net.height;
  o.in_w = net.width;
  o.width = net.factor;
  o.seed = seed;
  if (net.zoo == "autoencoder") o.in_c = 1;
  if (!net.zoo.empty() && zoo::is_classifier(net.zoo)) o.classes = digits.train.classes;
  if (!net.zoo.empty()) o = zoo::resolve_options(net.zoo, o);
  const Shape input{1, o.in_h, o.in_w, net.zoo.empty() ? 1 : o.in_c};
  const ModulePtr model =
      net.zoo.empty() ? make_unet(o.in_h, o.in_w, seed) : zoo::make_model(net.zoo, o);

  Context ctx(options.threads, seed);
  const Pictures training(digits.train, input), test(digits.test, input);
  train(*model, training, net.steps, ctx);

  const auto graph = trace(model, Tensor::zeros(input));
  const auto qat = quant::prepare_ptq(graph, quant::QConfig::tflite());
  for (int i = 0; i < 8; ++i) qat->calibrate(ctx, training.images(i * batch, batch));
  qat->finish_calibration();
  qat->set_sample({training.images(0, 1)});
  int8::Graph integer = quant::convert(*qat, ctx).graph();
  const Tensor x = test.images(0, golden_samples);
  const std::string name(net.name);
  for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding,
                              int8::Rounding::float_rounding}) {
    integer.rounding = rounding;
    write_golden(options.out, name + "_" + std::string(int8::rounding_name(rounding)), integer, x,
                 options.threads);
  }
  write_golden(options.out, name + "_fp16", quant::lower_float(*graph), x, options.threads,
               {.half_constants = true});
  std::cout << name << ": " << input << ", " << golden_samples << " samples" << std::endl;
}

void write_networks(const Options& options) {
  const DataSource digits = open_data_source(DataFormat::hdf5, options.images);
  fs::create_directories(options.out);
  for (const GoldenNetwork& net : networks) {
    const bool wanted =
        options.nets.empty() || std::ranges::find(options.nets, net.name) != options.nets.end();
    if (wanted) write_network(net, digits, options);
  }
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const GoldenNetwork& net : networks) names.emplace_back(net.name);
  return names;
}

}  // namespace

void add_golden(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "golden",
      "Write networks that were trained for a moment and quantized on pictures, for the comparison "
      "of runtimes: NAME_single.tflite, NAME_double.tflite and NAME_float.tflite, which differ in "
      "their rounding, and NAME_fp16.tflite; for each, ten inputs (.inputs) and what the engine "
      "makes of them (.outputs), raw and back to back.");
  command->add_option("--net", options->nets, "networks; unless given, all")
      ->check(CLI::IsMember(golden_names()));
  command->add_option("--images", options->images, "HDF5 data set of grey pictures: data/digits.h5")
      ->required();
  command->add_option("--out", options->out, "folder to write to")->required();
  command->add_option("--threads", options->threads, "threads to use")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->callback([options] { write_networks(*options); });
}

}  // namespace octet::bench
