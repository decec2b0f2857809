// model.import: a network from another program's file, trained, quantized, shipped.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/apps/trainer_fixture.h"
#include "tests/interop/onnx_builder.h"

using namespace octet;
using namespace octet::test;
namespace fs = std::filesystem;

namespace {

/// A convolution of 8 channels with batch norm, a mean over the picture, a linear layer.
OnnxBuilder small_net(int classes, const OnnxBuilder::Ints& input = {0, 1, 20, 20},
                      const std::string& activation = "Relu") {
  OnnxBuilder b(activation == "Gelu" ? 20 : 17);
  b.input("image", input)
      .floats("conv.weight", {8, input[1], 3, 3}, numbers(8 * input[1] * 9))
      .floats("bn.weight", {8}, std::vector<float>(8, 1.0f))
      .floats("bn.bias", {8}, numbers(8, 1))
      .floats("bn.mean", {8}, numbers(8, 2))
      .floats("bn.var", {8}, std::vector<float>(8, 2.0f))
      .floats("fc.weight", {classes, 8}, numbers(classes * 8, 3))
      .floats("fc.bias", {classes}, numbers(classes, 4))
      .node("Conv", {"image", "conv.weight"}, {"c"})
      .with("pads", {1, 1, 1, 1})
      .with("strides", {2, 2})
      .node("BatchNormalization", {"c", "bn.weight", "bn.bias", "bn.mean", "bn.var"}, {"n"})
      .node(activation, {"n"}, {"r"})
      .node("GlobalAveragePool", {"r"}, {"p"})
      .node("Flatten", {"p"}, {"f"})
      .node("Gemm", {"f", "fc.weight", "fc.bias"}, {"logits"})
      .with("transB", 1);
  return b;
}

struct ImportFixture : TrainerFixture {
  void write_net(const OnnxBuilder& b, const std::string& file = "net.onnx") const {
    const std::string bytes = b.bytes();
    write_file(dir / file, {bytes.begin(), bytes.end()});
  }
  /// One epoch of float training of `file` and three on codes.
  Json importing(const OnnxBuilder& b, const std::string& file = "net.onnx") const {
    write_net(b, file);
    Json c = config();
    c["model"] = {{"import", file}};
    c["train"]["epochs"] = 1;
    return c;
  }
  std::vector<float> trained(const std::string& name) const {
    const Tensor t = checkpoint().tensor("model/" + name);
    return {t.span<real>().begin(), t.span<real>().end()};
  }
};

OnnxBuilder with_output(OnnxBuilder b, const std::string& name) {
  b.output(name);
  return b;
}

}  // namespace

TEST_CASE_FIXTURE(ImportFixture, "trainer: model.import is network and weights, float and int8") {
  Json c = importing(with_output(small_net(10), "logits"));
  c["train"]["optimizer"]["lr"] = 1e-30;  // weights stay, so that they can be seen
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("runs/tiny: starting net.onnx on "));
  CHECK_FALSE(r.says("model.import"));  // nothing is other than in the file
  CHECK(trained("fc.bias") == numbers(10, 4));
  CHECK(trained("bn.weight") == std::vector<float>(8, 1.0f));
  CHECK(summary()["int8"]["codes_different"] == 0);
  CHECK(summary()["config"]["model"]["import"] == "net.onnx");
  CHECK_FALSE(summary()["config"]["model"].contains("zoo"));
  CHECK(fs::exists(run_dir() / "model.tflite"));
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: model.weights new takes the architecture alone") {
  Json c = importing(with_output(small_net(10), "logits"));
  c["model"]["weights"] = "new";
  c["train"]["optimizer"]["lr"] = 1e-30;  // weights stay, so that they can be seen
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("model.import net.onnx: its architecture alone, with new weights"));
  const std::vector<float> bias = trained("fc.bias"), weight = trained("conv.weight");
  CHECK(bias != numbers(10, 4));
  CHECK(weight != numbers(72));
  const auto beyond = [](float bound) { return [=](float v) { return std::abs(v) > bound; }; };
  CHECK(std::ranges::count_if(weight, beyond(1.0f / 3)) == 0);  // 1 / sqrt(9 inputs)
  CHECK(std::ranges::count_if(weight, beyond(0.1f)) > 20);
  CHECK(trained("bn.weight") == std::vector<float>(8, 1.0f));
  CHECK(std::ranges::count_if(trained("bn.bias"), beyond(1e-20f)) == 0);
  CHECK(summary()["int8"]["codes_different"] == 0);

  c.erase("train");
  c["name"] = "untrained";
  write(c);
  CHECK(run({}, "untrained").says("there are no trained weights to quantize"));
  c = config();
  c["name"] = "zoo";
  c["model"]["weights"] = "new";
  write(c);
  CHECK(run({}, "zoo").says("/model/weights: is for /model/import"));
}

TEST_CASE_FIXTURE(ImportFixture,
                  "trainer: an imported network trains by groups and with frozen layers") {
  Json c = importing(with_output(small_net(10), "logits"));
  c["train"]["epochs"] = 2;
  c["train"]["ema_decay"] = 0.5;
  c["train"]["parameters"] = {{{"pattern", "conv.*"}, {"freeze", true}},
                              {{"pattern", "fc.*"}, {"lr_factor", 3}}};
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(trained("fc.bias") != numbers(10, 4));
  const std::vector<float> conv = trained("conv.weight");  // one channel in: OHWI is OIHW
  CHECK(conv == numbers(72));
}

TEST_CASE_FIXTURE(ImportFixture,
                  "trainer: what the target has no kernel of is said before training") {
  Json c = importing(with_output(small_net(10, {0, 1, 20, 20}, "Gelu"), "logits"));
  c["quant"]["target"] = "tflm";
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 1);
  CHECK(r.says("/quant/target: tflm does not take the network: operator "));
  CHECK(r.says("(GELU)"));
  CHECK_FALSE(fs::exists(run_dir()));
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: another number of classes gets a new head") {
  write(importing(with_output(small_net(5), "logits")));
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("model.import net.onnx: 10 classes instead of 5, new: fc.weight fc.bias\n"));
  CHECK(trained("fc.weight").size() == 80);
  CHECK(summary()["int8"]["codes_different"] == 0);

  SUBCASE("model.classes counts, too") {
    const TrainerRun wide = run({"--set", "model.classes=12", "--set", "name=wide"});
    CAPTURE(wide.output);
    CHECK(wide.code == 0);
    CHECK(wide.says("12 classes instead of 5"));
    CHECK(run({"--set", "model.classes=5", "--set", "name=few"})
              .says("error: --set model.classes=5: /model/classes: expected at least the 10 "));
  }
  SUBCASE("which needs training") {
    Json ptq = config();
    ptq["name"] = "ptq";
    ptq["model"] = {{"import", "net.onnx"}};
    ptq.erase("train");
    ptq["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
    write(ptq);
    const TrainerRun none = run({}, "ptq");
    CHECK(none.code == 1);
    CHECK(
        none.says("error: ptq.json: /model/import: the network gets a new last layer, but mode "
                  "ptq trains nothing"));
    ptq["init"] = {{"checkpoint", "runs/tiny/checkpoint.h5"}};
    write(ptq);
    const TrainerRun some = run({}, "ptq");
    CAPTURE(some.output);
    CHECK(some.code == 0);
    CHECK(some.says("init.checkpoint runs/tiny/checkpoint.h5: transferred 7 of 7 tensors\n"));
  }
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: a softmax at the end is left out") {
  OnnxBuilder b = small_net(10);
  b.node("Softmax", {"logits"}, {"p10"}).with("axis", 1);
  write(importing(with_output(b, "p10")));
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(
      r.says("model.import net.onnx: it ends in softmax, which is left out, here and in the file "
             "that ships\n"));
  write_net(with_output(small_net(10), "logits"), "plain.onnx");
  const Json with_softmax = summary();
  REQUIRE(run({"--set", "model.import=plain.onnx", "--set", "name=plain"}).code == 0);
  CHECK(summary("plain")["float"] == with_softmax["float"]);
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: what TensorRT cannot take is refused before training") {
  Json c = importing(with_output(small_net(5, {0, 1, 20, 20}, "Sigmoid"), "logits"));
  c["quant"]["target"] = "tensorrt";
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 1);
  CHECK(r.says("(LOGISTIC)"));
  CHECK(r.says("zero point -128 by the format, expected 0; fix: leave the layer in floats"));
  CHECK_FALSE(r.says("epoch 1"));
  CHECK_FALSE(fs::exists(run_dir() / "model.tflite"));
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: a run goes on with the file it began with") {
  Json c = importing(with_output(small_net(5), "logits"));
  c["checkpoint"] = {{"every_batches", 1}};
  write(c);
  REQUIRE(run().code == 0);
  const Json whole = summary();
  const auto model = this->model();
  fs::remove_all(run_dir());
  {
    const auto process = start();
    REQUIRE(process->wait_until([&] { return fs::exists(run_dir() / "checkpoint.h5"); }));
  }
  SUBCASE("wherever that lies") {
    fs::create_directory(dir / "elsewhere");
    fs::rename(dir / "net.onnx", dir / "elsewhere" / "n.onnx");
    const TrainerRun r = run({"--resume", "--set", "model.import=elsewhere/n.onnx"});
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
    CHECK(summary()["float"] == whole["float"]);
    CHECK(this->model() == model);
  }
  SUBCASE("and no other one") {
    OnnxBuilder other = small_net(5);
    other.graph().mutable_initializer(0)->mutable_raw_data()->at(0) ^= 1;
    write_net(with_output(other, "logits"));
    const TrainerRun r = run({"--resume"});
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says("runs/tiny holds the run of another configuration (/model/import_hash was "));
  }
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: extents that the file leaves open are the pictures'") {
  write(importing(with_output(small_net(10, {0, 1, 0, 0}), "logits")));
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 0);
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: init's weights go over those of the file") {
  write(importing(with_output(small_net(10), "logits")));
  REQUIRE(run().code == 0);
  Json c = config();
  c["name"] = "next";
  c["model"] = {{"import", "net.onnx"}};
  c["init"] = {{"config", "tiny.json"}};
  c["train"] = {{"epochs", 1}, {"batch", 16}, {"optimizer", {{"lr", 1e-30}}}};
  c.erase("quant");
  write(c);
  const TrainerRun r = run({}, "next");
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("init.config tiny.json: transferred 7 of 7 tensors\n"));
  c["name"] = "part";
  c["init"]["skip"] = {"fc.*"};
  write(c);
  const TrainerRun part = run({}, "part");
  CAPTURE(part.output);
  CHECK(part.says("transferred 5 of 7 tensors\n"));  // the others are not new
  CHECK(part.says("  as in model.import: fc.weight and 1 more"));
  const Tensor bias = checkpoint("next").tensor("model/fc.bias");
  CHECK(std::vector<float>(bias.span<real>().begin(), bias.span<real>().end()) ==
        trained("fc.bias"));
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: networks that cannot be imported are refused") {
  OnnxBuilder two = with_output(with_output(small_net(10), "logits"), "p");
  OnnxBuilder map = with_output(small_net(10), "r");
  OnnxBuilder pairs;
  pairs.input("a", {0, 1, 20, 20}).input("b", {0, 1, 20, 20}).node("Add", {"a", "b"}, {"y"});
  write_net(two, "two.onnx");
  write_net(map, "map.onnx");
  write_net(with_output(pairs, "y"), "pairs.onnx");
  write_net(with_output(small_net(10, {0, 1, 28, 28}), "logits"), "large.onnx");
  write_net(with_output(small_net(10, {0, 3, 20, 20}), "logits"), "rgb.onnx");
  write_file(dir / "damaged.onnx", {'x', 'y'});
  write_file(dir / "net.pb", {'x', 'y'});
  struct Row {
    const char* file;
    const char* message;
  };
  const Row rows[] = {
      {"none.onnx", "cannot read none.onnx: No such file"},
      {"damaged.onnx", "damaged.onnx: "},
      {"net.pb", "net.pb: expected the file of a network, its name ending in .onnx"},
      {"two.onnx", "two.onnx: expected a network of one input and one output, got 1 and 2"},
      {"pairs.onnx", "pairs.onnx: expected a network of one input, got 2"},
      {"map.onnx",
       "map.onnx: expected an output of a number for each class, [N, classes], got [1, 10, 10, 8] "
       "for one sample"},
      {"large.onnx",
       "large.onnx: input 'image': expected pictures of [28, 28, 1] (height, width, channels), got "
       "[20, 20, 1]"},
      {"rgb.onnx",
       "input 'image': expected pictures of [20, 20, 3] (height, width, channels), got "
       "[20, 20, 1]"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.file));
    Json c = config();
    c["model"] = {{"import", row.file}};
    write(c);
    const TrainerRun r = run();
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says("error: tiny.json: /model/import: "));
    CHECK(r.says(row.message));
    CHECK_FALSE(fs::exists(run_dir()));
  }
}

TEST_CASE_FIXTURE(ImportFixture,
                  "trainer: model.import of an int8 TFLite file begins with its ranges") {
  const fs::path shipped = source_dir() / "pretrained" / "digits_resnet8.tflite";
  fs::copy_file(shipped, dir / "net.tflite");
  Json c = config();
  c["model"] = {{"import", "net.tflite"}};
  c.erase("train");
  c["quant"]["optimizer"]["lr"] = 1e-5;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("runs/tiny: starting net.tflite on "));
  CHECK(summary()["int8"]["codes_different"] == 0);
  CHECK(summary()["int8"]["accuracy"].get<double>() >= 0.95);
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: a quantized file whose end is left out or made anew") {
  for (const int classes : {10, 4}) {
    OnnxBuilder b = small_net(classes);
    b.node("Softmax", {"logits"}, {"prob"}).with("axis", 1).quantize("prob", 1.0f / 255, 0);
    Json c = importing(with_output(b, "prob_dq"));
    c["name"] = "of" + std::to_string(classes);
    write(c);
    const TrainerRun r = run({}, "of" + std::to_string(classes));
    CAPTURE(r.output);
    CHECK(r.code == 0);
    CHECK(r.says("softmax"));
  }
}

TEST_CASE_FIXTURE(ImportFixture, "trainer: --weights replaces no file of the run") {
  write(importing(with_output(small_net(10), "logits")));
  for (const char* file : {"net.onnx", "tiny.json", "digits.h5", "runs/tiny/checkpoint.h5"}) {
    const TrainerRun r = run({"--weights", file});
    CHECK(r.code == 1);
    CHECK(r.says("is a file of this run"));
  }
}
