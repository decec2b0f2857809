// The trainer as a program: outputs, exit codes, errors.
#include <doctest/doctest.h>

#include <cstring>
#include <sstream>

#include "apps/trainer/convert_report.h"
#include "layers/diagnose.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace fs = std::filesystem;

TEST_CASE_FIXTURE(TrainerFixture, "trainer: a float and QAT run writes everything it promises") {
  write(config());
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);

  const Json s = summary();
  CHECK(s["float"]["accuracy"].get<double>() > 0.3);  // ten classes: 0.1 by chance
  CHECK(s["qat"]["accuracy"].get<double>() > 0.3);
  CHECK(s["int8"]["accuracy"] == s["qat"]["accuracy"]);  // the same codes, the same decisions
  CHECK(s["int8"]["codes_compared"].get<std::int64_t>() > 50 * 1000);
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["rounding"] == "single");
  CHECK(s["int8"]["accuracy"] == s["int8"]["accuracy_single"]);
  CHECK(s["int8"]["accuracy_float"].get<double>() > 0.3);
  CHECK(s["int8"]["signature"].get<std::string>().size() == 16);
  CHECK(s["int8"]["bytes"] == model().size());
  for (const char* key : {"float_step_ms", "qat_step_ms", "qat_over_float", "epoch_seconds"}) {
    CAPTURE(key);
    CHECK(s["speed"][key].get<double>() > 0);
  }
  CHECK(s["config"]["train"]["optimizer"]["beta1"] == 0.9);
  for (const Json& file : s["files"]) {
    const auto name = file.get<std::string>();
    CAPTURE(name);
    CHECK(fs::is_regular_file(run_dir() / name));
  }
  CHECK(s["files"].size() == 8);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(run_dir())) ++files;
  CHECK(files == 8);  // no temporary files

  std::string phases;
  const auto bytes = test::read_file(run_dir() / "metrics.jsonl");
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(lines, line);) {
    const Json j = Json::parse(line);
    phases += j["phase"].get<std::string>() +
              (j.contains("stage") ? ":" + j["stage"].get<std::string>() : "") + " ";
  }
  CHECK(phases ==
        "float float calibrate:train_bn qat:train_bn qat:frozen_bn qat:frozen_observers finish ");
  CHECK(r.says("codes different       0 of "));
  CHECK(r.says("runs/tiny/model.tflite"));

  SUBCASE("a second start reports it and changes nothing") {
    const auto before = fs::last_write_time(run_dir() / "model.tflite");
    const TrainerRun again = run();
    CHECK(again.code == 0);
    CHECK(again.says("runs/tiny is finished already"));
    CHECK(again.says("codes different       0 of "));
    CHECK(run({"--resume"}).code == 0);
    CHECK(fs::last_write_time(run_dir() / "model.tflite") == before);
  }
  SUBCASE("a missing output is made again, the same") {
    const auto bytes_before = model();
    const std::string metrics_before = metrics();
    fs::remove(run_dir() / "model.tflite");
    CHECK(run().code == 0);
    CHECK(model() == bytes_before);
    CHECK(metrics() == metrics_before);
    for (const char* damaged : {"", "{", "[]", "{\"float\": 3, \"files\": {}}"}) {
      CAPTURE(damaged);
      test::write_file(run_dir() / "summary.json", {damaged, damaged + std::strlen(damaged)});
      CHECK(run().code == 0);
      CHECK(summary()["int8"] == s["int8"]);
    }
  }
  SUBCASE("another configuration does not pass for this run") {
    const TrainerRun other = run({"--set", "quant.averaging=0.5"});
    CHECK(other.code == 1);
    CHECK(
        other.says("error: runs/tiny holds the run of another configuration "
                   "(/quant/averaging was 0.01, is 0.5)"));
    CHECK(other.says("--overwrite"));
    CHECK(run({"--threads", "2", "--set", "checkpoint.every_batches=5"}).code == 0);
  }
  SUBCASE("the same folder with other data does not either") {
    fs::copy_file(test::source_dir() / "data" / "digits.h5", dir / "digits.h5",
                  fs::copy_options::overwrite_existing);
    const TrainerRun other = run();
    CHECK(other.code == 1);
    CHECK(other.says("/data/test_hash was "));
  }
  SUBCASE("--overwrite starts over, to the same result") {
    const auto bytes_before = model();
    const TrainerRun again = run({"--overwrite"});
    CHECK(again.code == 0);
    CHECK(again.says("starting lenet"));
    CHECK(model() == bytes_before);
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: post-training quantization") {
  Json c = config();
  c["quant"] = {{"mode", "ptq"}, {"target", "tflm"}, {"calibrate_batches", 5}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["codes_compared"].get<std::int64_t>() > 0);
  CHECK(s["int8"]["rounding"] == "double");
  CHECK(s["int8"]["accuracy"] == s["ptq"]["accuracy"]);
  CHECK(s["int8"]["accuracy"].get<double>() >= s["float"]["accuracy"].get<double>() - 0.1);
  CHECK_FALSE(s.contains("qat"));
  CHECK(s["speed"].contains("float_step_ms"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: layers that stay in floats") {
  Json c = config();
  c["quant"]["float_layers"] = {"relu[12]"};
  write(c);
  const TrainerRun refused = run();
  CHECK(refused.code == 1);
  CHECK(
      refused.says("error: tiny.json: /quant: prepare: float_layers: no layer matches "
                   "'relu[12]'; the nearest name is 'relu1'"));
  CHECK_FALSE(std::filesystem::exists(run_dir() / "checkpoint.h5"));
  c["quant"]["float_layers"] = {"relu3", "fl*"};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["accuracy"] == s["qat"]["accuracy"]);
  CHECK(run().says("finished already"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: for LiteRT in float rounding") {
  Json c = config();
  c["quant"]["target"] = "litert";
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["int8"]["rounding"] == "float");
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["accuracy"] == s["qat"]["accuracy"]);
  CHECK(s["int8"]["accuracy"] == s["int8"]["accuracy_float"]);
  CHECK(r.says("rounding              float (single"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: weights with one scale have no stage train_bn") {
  Json c = config();
  c["quant"]["weights"] = "per_tensor";
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["accuracy"] == s["qat"]["accuracy"]);
  CHECK(s["int8"]["accuracy"].get<double>() > 0.3);
  CHECK(metrics().find("train_bn") == std::string::npos);
  CHECK(metrics().find("frozen_bn") != std::string::npos);
  const TrainerRun other = run({"--set", "quant.weights=per_channel"});
  CHECK(other.code == 1);
  CHECK(other.says("(/quant/weights was \"per_tensor\", is absent)"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: init.config runs the other configuration first") {
  Json first = config(), second = config();
  first["name"] = "first";
  first.erase("quant");
  second["init"] = {{"config", "first.json"}};
  second.erase("train");
  write(first);
  write(second);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("tiny starts from first, which is not finished in runs/first and is run first"));
  CHECK(summary("first")["float"]["accuracy"] == summary()["float"]["accuracy"]);

  SUBCASE("and not twice") {
    const TrainerRun again = run();
    CHECK(again.code == 0);
    CHECK_FALSE(again.says("starting"));
  }
  SUBCASE("and the result is what one run of both gives") {
    Json both = config();
    both["name"] = "both";
    write(both);
    CHECK(run({}, "both").code == 0);
    CHECK(model("both") == model());
  }
  SUBCASE("a checkpoint as init gives the same") {
    second["name"] = "third";
    second["init"] = {{"checkpoint", "runs/first/checkpoint.h5"}};
    write(second);
    CHECK(run({}, "third").code == 0);
    CHECK(model("third") == model());
  }
  SUBCASE("weights of another network are refused") {
    second["name"] = "third";
    second["model"]["width"] = 0.5;
    write(second);
    const TrainerRun other = run({}, "third");
    CHECK(other.code == 1);
    CHECK(other.says("third.json: /init: the weights do not fit this network"));
    CHECK(other.says("misshapen: conv1.weight"));
    CHECK_FALSE(fs::exists(run_dir("third") / "summary.json"));
  }
  SUBCASE("other weights in its place are noticed") {
    first["seed"] = 4;
    write(first);
    CHECK(run({"--overwrite"}, "first").code == 0);
    const TrainerRun other = run();
    CHECK(other.code == 1);
    CHECK(other.says("holds a run that started from other weights than init.config first.json"));
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: init.config that comes back to itself is refused") {
  Json a = config(), b = config();
  b["name"] = "b";
  a["init"] = {{"config", "b.json"}};
  b["init"] = {{"config", "tiny.json"}};
  write(a);
  write(b);
  const TrainerRun r = run();
  CHECK(r.code == 1);
  CHECK(r.says("b.json: /init/config: tiny.json starts from this configuration itself"));
  a["init"] = {{"config", "tiny.json"}};
  write(a);
  CHECK(run().says("tiny.json starts from this configuration itself"));
  CHECK_FALSE(fs::exists(run_dir()));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: usage errors exit 2, help and version 0") {
  write(config());
  CHECK(run_raw({}).code == 2);
  CHECK(run_raw({"--config"}).code == 2);
  CHECK(run_raw({"--confg", "tiny.json"}).code == 2);
  CHECK(run({"extra"}).code == 2);
  CHECK(run({"--threads", "many"}).code == 2);
  CHECK(run({"--threads", "-1"}).code == 2);
  CHECK(run({"--resume", "--overwrite"}).code == 2);
  CHECK(run({"--set"}).code == 2);
  CHECK_FALSE(fs::exists(run_dir()));
  const TrainerRun help = run_raw({"--help"});
  CHECK(help.code == 0);
  CHECK(help.says("--resume"));
  const TrainerRun version = run_raw({"--version"});
  CHECK(version.code == 0);
  CHECK(version.says("revision"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: errors exit 1, say why and leave nothing behind") {
  write(config());
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row rows[] = {
      {{"--set", "train.epoch=1"},
       "error: --set train.epoch=1: /train/epoch: unknown key; did you mean 'epochs'?"},
      {{"--set", "data.path=none.h5"}, "error: tiny.json: /data: "},
      {{"--set", "data.format=idx"}, "error: tiny.json: /data: "},
      {{"--set", "data.normalize.mean=[1, 2]"}, "expected"},
      {{"--set", "model.classes=3"}, "/model/classes: expected at least the 10 classes"},
      {{"--set", "train.schedule.warmup_epochs=2"}, "expected less than the 2 epochs"},
      {{"--set", "train.schedule={\"type\": \"step\", \"step_epochs\": 1e-9}"},
       "schedule/step_epochs: expected at least one of the 12 steps of an epoch"},
      {{"--set", "train.batch=500"}, "500"},
      {{"--set", "init.checkpoint=digits.h5"}, "digits.h5: not a checkpoint"},
      {{"--set", "init.config=none.json"}, "none.json: no such file"},
      {{"--out", "digits.h5"}, "error: cannot make the folder digits.h5/tiny"},
  };
  for (const Row& row : rows) {
    const TrainerRun r = run(row.arguments);
    CAPTURE(row.arguments.back());
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says(row.message));
    CHECK_FALSE(fs::exists(run_dir() / "model.tflite"));
    CHECK_FALSE(fs::exists(run_dir() / "summary.json"));
    CHECK_FALSE(fs::exists(run_dir() / "checkpoint.h5"));
  }
}

TEST_CASE_FIXTURE(TrainerFixture,
                  "trainer: what a later phase would stumble over is an error before the first") {
  struct Row {
    const char* section;
    Json change;
    const char* message;
  };
  const Row rows[] = {
      {"quant",
       {{"loss", {{"class_weights", {1, 2}}}}},
       "error: tiny.json: /quant/loss/class_weights: expected 1 or 10 numbers, got 2"},
      {"quant",
       {{"parameters", {{{"pattern", "fc*"}}, {{"pattern", "conv9*"}}}}},
       "error: tiny.json: /quant/parameters/1/pattern: no parameter matches 'conv9*'; the nearest "
       "name is 'conv1.weight'"},
      {"quant",
       {{"parameters", {{{"pattern", "*"}, {"freeze", true}}}}},
       "error: tiny.json: /quant/parameters: every parameter of the network is frozen"},
      {"quant",
       {{"batch", 500}},
       "error: tiny.json: /quant/batch: expected at most the 200 training pictures"},
      {"quant",
       {{"schedule", {{"warmup_epochs", 3}}}},
       "error: tiny.json: /quant/schedule/warmup_epochs: expected less than the 3 epochs"},
      {"train",
       {{"loss", {{"class_weights", {0}}}}},
       "error: tiny.json: /train/loss/class_weights: expected one above 0"},
      {"train",
       {{"batch", 500}},
       "error: tiny.json: /train/batch: expected at most the 200 training pictures"},
      {"model",
       {{"zoo", "squeezenet1_1"}},
       "error: tiny.json: /model: squeezenet1_1: expected an image of at least 31 x 31, got 20 x"},
      {"init", {{"checkpoint", "other.h5"}}, "error: tiny.json: /init: the weights do not fit"},
  };
  Json other = config();
  other["model"]["width"] = 0.5;
  other["train"]["epochs"] = 1;
  other.erase("quant");
  other["name"] = "other";
  write(other);
  REQUIRE(run({}, "other").code == 0);
  fs::copy_file(run_dir("other") / "checkpoint.h5", dir / "other.h5");
  for (const Row& row : rows) {
    CAPTURE(std::string(row.message));
    Json c = config();
    c[row.section].update(row.change);
    write(c);
    const TrainerRun r = run();
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says(row.message));
    CHECK_FALSE(r.says("epoch 1/"));
    CHECK_FALSE(fs::exists(run_dir()));
  }
  write(config());
  CHECK(run({"--set", "quant.loss.class_weights=[1, 2]"})
            .says("error: --set quant.loss.class_weights=[1, 2]: /quant/loss/class_weights: "));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: damaged inputs are refused") {
  write(config());
  const auto digits = test::read_file(dir / "digits.h5");
  for (std::size_t size :
       {std::size_t{0}, std::size_t{100}, digits.size() / 2, digits.size() - 1}) {
    CAPTURE(size);
    test::write_file(dir / "digits.h5", {digits.begin(), digits.begin() + std::ptrdiff_t(size)});
    const TrainerRun r = run();
    CHECK(r.code == 1);
    CHECK(r.says("error: tiny.json: /data: "));
    CHECK_FALSE(fs::exists(run_dir()));
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: a loss that is not finite stops the run") {
  Json c = config();
  c["train"]["optimizer"] = {{"type", "sgd"}, {"lr", 1000}};
  c["train"]["schedule"] = {{"type", "constant"}};
  c["train"]["epochs"] = 50;
  c["data"]["normalize"] = {{"mean", {0}}, {"std", {1e-6}}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 1);
  CHECK(r.says("error: float training, epoch "));
  CHECK(r.says(", step "));
  CHECK(r.says("the loss is "));
  CHECK(r.says("; the first value that is not finite: "));
  CHECK_FALSE(fs::exists(run_dir() / "model.tflite"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: inputs as large as can be cost no accuracy in int8") {
  Json c = config();
  c["data"]["normalize"] = {{"mean", {0.5}}, {"std", {1e-5}}};
  c["train"]["epochs"] = 4;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("warning: "));  // of the normalization
  CHECK_FALSE(r.says("warning: layer"));
  const Json s = summary();
  CHECK(s["int8"]["constant_channels"] == 0);
  CHECK(s["int8"]["constant_layers"].empty());
  CHECK(s["int8"]["coarse_layers"].empty());
  CHECK(s["int8"]["accuracy"].get<double>() >= s["float"]["accuracy"].get<double>() - 0.1);
}

TEST_CASE("trainer: lost channels and codes are named, a line for each layer") {
  quant::ConvertReport report;
  report.layers = {{"conv1", 32, 32}, {"conv2", 64, 0}, {"block.fc", 10, 3}};
  report.coarse = {{"conv2", 7}};
  const std::vector<std::string> lines = trainer::loss_lines(report);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("layer conv1: 32 of its 32 channels do not depend") != std::string::npos);
  CHECK(lines[1].find("layer block.fc: 3 of its 10 channels") != std::string::npos);
  CHECK(lines[2].find("layer conv2: its values reach 7 of its 256 codes") != std::string::npos);
  Json j;
  trainer::add_losses(j, report);
  CHECK(j["channels"] == 106);
  CHECK(j["constant_channels"] == 35);
  REQUIRE(j["constant_layers"].size() == 2);
  CHECK(j["constant_layers"][1] ==
        Json{{"layer", "block.fc"}, {"constant_channels", 3}, {"channels", 10}});
  CHECK(j["coarse_layers"] == Json::array({{{"layer", "conv2"}, {"codes", 7}}}));
  CHECK(trainer::loss_lines({}).empty());
}

TEST_CASE("trainer: the gradient that is not finite is the one nearest to the loss") {
  class Net final : public Module {
   public:
    Net() {
      for (const char* name : {"a", "b", "c"}) register_parameter(name, Tensor::full({2}, 1));
    }
    Var forward(Var x) override { return x; }
  } net;
  CHECK(first_gradient_not_finite(net).empty());
  Context ctx;
  const real nan = std::numeric_limits<real>::quiet_NaN();
  for (const NamedParameter& p : net.named_parameters())
    p.parameter->grad.add(Tensor::full({2}, p.name == "c" ? 1 : nan), ctx);
  CHECK(first_gradient_not_finite(net).ends_with(" of parameter b"));
}
