// Networks of the zoo, trained on the digits in float rounding, in LiteRT as it runs by default:
// the same codes on the test set. Of tflite_python_test.cpp's program.
#include <doctest/doctest.h>

#include "data/source.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/clients/client.h"
#include "tests/quant/batches.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;

/// Pixels as reals from 0 to 1, whose codes are the pixels - 128.
Batch batch_of(const Dataset& digits, std::int64_t first, std::int64_t n) {
  const Shape all = digits.images.shape();
  Batch batch{Tensor::empty({n, all[1], all[2], all[3]}), Tensor::empty({n}, ElementType::i32)};
  const std::int64_t image = all.numel() / all[0];
  for (std::int64_t i = 0; i < n * image; ++i) {
    const std::uint8_t pixel = digits.images.data<std::uint8_t>()[first * image + i];
    batch.x.r()[i] = static_cast<real>(pixel) / 255;
  }
  for (std::int64_t i = 0; i < n; ++i)
    batch.y.data<std::int32_t>()[i] = digits.labels.data<std::int32_t>()[first + i];
  return batch;
}

/// Some steps on codes in every stage.
int8::Model trained(const std::string& net, const Dataset& digits) {
  zoo::NetworkOptions options;
  options.classes = 10;
  options.in_h = static_cast<int>(digits.images.shape()[1]);
  options.in_w = static_cast<int>(digits.images.shape()[2]);
  options.in_c = 1;
  if (net == "mobilenet_v1") options.width = 0.25;
  if (net == "mobilenet_v2") options.width = 0.35;
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < 4; ++i) batches.push_back(batch_of(digits, i * 16, 16));
  quant::QConfig config = quant::QConfig::litert();
  config.input = quant::QuantParams{1.0f / 255, -128};
  Context ctx;
  const auto qat = quant::prepare_qat(trace(zoo::make_model(net, options), batches[0].x), config);
  quant::calibrate(*qat, batches, {.batches = 2}, ctx);
  optim::Adam adam(qat->parameters(), {.lr = 1e-3});
  for (const auto stage : {quant::Stage::train_bn, quant::Stage::frozen_bn}) {
    qat->advance(stage);
    for (const Batch& b : batches) train_step(*qat, ctx, adam, b);
  }
  return quant::convert(*qat, ctx);
}

/// All test digits, then random codes.
std::vector<char> inputs_of(const int8::Model& model, const Dataset& digits) {
  std::vector<char> inputs;
  for (const std::uint8_t pixel : digits.images.span<std::uint8_t>())
    inputs.push_back(static_cast<char>(static_cast<int>(pixel) - 128));
  const std::vector<char> random = random_inputs(model, 50, 5);
  inputs.insert(inputs.end(), random.begin(), random.end());
  return inputs;
}

}  // namespace

TEST_CASE("LiteRT gives the codes of networks that were trained for it") {
#if defined(__x86_64__)  // elsewhere LiteRT's MUL and MEAN are others
  const std::string path = OCTET_SOURCE_DIR "/data/digits.h5";
  const Dataset train = open_dataset("hdf5", path, "train"),
                test = open_dataset("hdf5", path, "test");
  const TempDir dir;
  for (const std::string net :
       {"lenet", "resnet8", "ds_cnn", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small"}) {
    CAPTURE(net);
    const fs::path file = dir / (net + ".tflite");
    write_tflite(trained(net, train), file);
    const int8::Model model(read_tflite(file), {.ops = &int8::all_ops()});
    CHECK(model.rounding() == int8::Rounding::float_rounding);
    const std::vector<char> inputs = inputs_of(model, test);
    write_file(dir / "in", inputs);
    ClientBatch batch;
    batch.add(file, dir / "in", dir / "out");
    REQUIRE(run_python("venv", "tflite_python.py", "litert" + batch.arguments()) == 0);
    const Difference d = compare(read_file(dir / "out"), run_octet(model, inputs));
    MESSAGE(net << " trained for LiteRT: " << d.different << " of " << d.values
                << " codes differ there");
    CHECK(d.values == 1050 * 10);
    CHECK(d.different == 0);
  }
#endif
}

}  // namespace octet::test
