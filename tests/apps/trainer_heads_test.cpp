// The trainer with several outputs.
#include "data/image.h"
#include "data/readers.h"
#include "data/source.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace {

/// The digits with two targets each: whether the digit is even, and how dark it is.
struct HeadsFixture : TrainerFixture {
  HeadsFixture() {
    const DataSource digits = open_data_source(DataFormat::hdf5, dir / "digits.h5");
    const auto with = [](const Dataset& d) {
      const std::int64_t pixels = d.image_shape().numel();
      Tensor targets = Tensor::empty({d.size(), 2});
      for (std::int64_t i = 0; i < d.size(); ++i) {
        double sum = 0;
        for (std::int64_t p = 0; p < pixels; ++p)
          sum += d.images.data<std::uint8_t>()[i * pixels + p] / 255.0;
        targets.r()[2 * i] = static_cast<real>(4 * sum / static_cast<double>(pixels));
        targets.r()[2 * i + 1] = static_cast<real>(d.labels.data<std::int32_t>()[i] % 2);
      }
      return make_dataset(d.images, std::move(targets), {}, "digits");
    };
    write_hdf5(dir / "two.h5", {{"train", with(digits.train)}, {"test", with(digits.test)}});
  }

  Json two_heads() const {
    Json c = config();
    c["data"] = {{"path", "two.h5"},
                 {"normalize", {{"mean", {128}}, {"std", {128}}}},
                 {"val_fraction", 0.2}};
    c["heads"] = Json::parse(R"([
      {"name": "parity", "targets": ["1"], "class_names": ["even", "odd"],
       "loss": {"label_smoothing": 0.1, "class_weights": "balanced"}},
      {"name": "ink", "task": "regression", "targets": ["0"], "weight": 0.5,
       "loss": {"type": "huber", "delta": 0.5}}])");
    c["model"] = Json::parse(R"({"layers": [
      {"type": "conv2d", "out": 8, "kernel": 5, "stride": 2},
      {"type": "relu"},
      {"type": "flatten", "name": "x"},
      {"type": "linear", "name": "ink"},
      {"type": "linear", "name": "parity", "from": "x"}]})");
    c["train"]["epochs"] = 4;
    return c;
  }

  void refused(const Json& c, const std::string& message) {
    write(c);
    const TrainerRun r = run();
    CHECK(r.code == 1);
    CHECK_MESSAGE(r.says(message), r.output);
  }
};

}  // namespace

TEST_CASE_FIXTURE(HeadsFixture, "trainer: each of two outputs has its task") {
  write(two_heads());
  const TrainerRun r = run({"--fail-below", "parity.accuracy=0.6", "--fail-above", "ink.rmse=1"});
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("task: multi_task"));
  const Json s = summary();
  CHECK(s["task"] == "multi_task");
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["int8"]["parity.accuracy"].get<double>() > 0.6);
  CHECK(s["int8"]["ink.r2"].get<double>() > 0.5);
  CHECK(s["int8"]["ink.rmse"].get<double>() == doctest::Approx(s["qat"]["ink.rmse"].get<double>()));
  CHECK(s["float"]["val_loss"].get<double>() > 0);  // which chooses the epoch
  CHECK(s["heads"]["parity"]["confusion"]["classes"][1]["name"] == "odd");
  CHECK(r.says("parity:"));
  const auto page = octet::test::read_file(run_dir() / "report.html");
  const std::string html(page.begin(), page.end());
  CHECK(html.find("parity: which class is taken for which") != html.npos);
  CHECK(html.find("ink: 0") != html.npos);
  CHECK(run({"--fail-above", "ink.rmse=0.0001"}).says("is above --fail-above 0.0001"));
  CHECK(run({"--fail-below", "rmse=1"}).says("expected one of parity.accuracy, ink.rmse"));

  write_png(Image{20, 20, 1, std::vector<std::uint8_t>(400, 30)}, dir / "grey.png");
  const TrainerRun shown =
      run_command({OCTET_PROGRAM, "run", "runs/tiny/model.tflite", "grey.png", "--json"});
  REQUIRE_MESSAGE(shown.code == 0, shown.output);
  const Json heads = Json::parse(shown.output)["pictures"][0]["heads"];
  CHECK(heads["parity"]["classes"].size() == 1);  // the most probable
  CHECK(heads["parity"]["classes"][0]["probability"].get<double>() >= 0.5);
  CHECK(heads["ink"]["values"].size() == 1);
  const TrainerRun judged =
      run_command({OCTET_PROGRAM, "eval", "runs/tiny/model.tflite", "two.h5", "--json"});
  REQUIRE_MESSAGE(judged.code == 0, judged.output);
  const Json again = Json::parse(judged.output);
  for (const char* figure : {"parity.accuracy", "ink.rmse"})
    CHECK(again[figure].get<double>() == doctest::Approx(s["int8"][figure].get<double>()));
  CHECK(again["heads"]["parity"]["matrix"] == s["heads"]["parity"]["confusion"]["matrix"]);
  const TrainerRun text = run_command(
      {OCTET_PROGRAM, "eval", "runs/tiny/model.tflite", "two.h5", "--fail-above", "ink.rmse=1e-9"});
  CHECK(text.code == 1);
  CHECK(text.says("\nparity:\n"));
  CHECK(text.says("is above --fail-above 1e-09"));
  const Dataset digits = open_data_source(DataFormat::hdf5, dir / "digits.h5").test;
  const Tensor zeros = Tensor::zeros({digits.size(), 1});
  write_hdf5(dir / "one.h5", {{"test", make_dataset(digits.images, zeros, {}, "digits")}});
  CHECK(run_command({OCTET_PROGRAM, "eval", "runs/tiny/model.tflite", "one.h5"})
            .says("output 'parity' is judged by number 1 of each sample, counted from 0, but there "
                  "are 1"));
}

TEST_CASE_FIXTURE(HeadsFixture, "trainer: heads that do not fit are said") {
  Json c = two_heads();
  c["heads"][1]["name"] = "inc";
  refused(c, "/heads/1/name: no layer of model.layers is called 'inc'; did you mean 'ink'?");
  c = two_heads();
  c["heads"][1]["name"] = "parity";
  refused(c, "/heads/0/name: another head is called 'parity', too");
  c = two_heads();
  for (const char* place : {"2", "0x", "-1"}) {
    c["heads"][1]["targets"] = {place};
    refused(c, "/heads/1/targets/0: expected a place among the 2 targets of ");
  }
  c = two_heads();
  c["heads"][0]["targets"] = {"0"};
  refused(c, ": expected a class of head 'parity', 0 to 1, got ");
  c = two_heads();
  c["heads"][0]["loss"] = {{"type", "mse"}};
  refused(c, "/heads/0/loss/type: expected cross_entropy for classification, got mse");
  c = two_heads();
  c["train"]["loss"] = {{"label_smoothing", 0.1}};
  refused(c, "/train/loss: of several outputs each has its own, /heads/0/loss ...");
  c = two_heads();
  c["model"] = {{"zoo", "lenet"}};
  refused(c, "/model/zoo: lenet has one output, but there are heads");
  c = two_heads();
  c["model"]["layers"][3]["out"] = 2;
  refused(c, "/heads/1: 'ink': expected an output of 1 numbers, got [1, 2]");
  c = two_heads();
  c["task"] = "multi_task";
  c["heads"] = Json::array();
  refused(c, "/heads: multi_task needs heads, got none");
}

TEST_CASE_FIXTURE(HeadsFixture, "trainer: heads of a CSV file's columns, named classes; deployed") {
  std::string rows = "speed,a,state,b\n";
  for (int i = 0; i < 40; ++i)
    rows += std::to_string(i) + "e-1," + std::to_string(i % 7) + (i % 2 ? ",on," : ",off,") +
            std::to_string(i) + "\n";
  for (const char* name : {"train.csv", "test.csv"})
    test::write_file(dir / name, std::vector<char>(rows.begin(), rows.end()));
  Json c = two_heads();
  c["data"] = {{"format", "csv"}, {"path", "."}, {"normalize", "auto"}};
  c["heads"] =
      Json::parse(R"([{"name": "state", "targets": ["state"], "class_names": ["off", "on"]},
    {"name": "speed", "task": "regression", "targets": ["speed"]}])");
  c["model"] = Json::parse(R"({"layers": [{"type": "flatten", "name": "x"},
    {"type": "linear", "name": "state"}, {"type": "linear", "name": "speed", "from": "x"}]})");
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
  write(c);
  const TrainerRun r = run();
  REQUIRE_MESSAGE(r.code == 0, r.output);
  const TrainerRun deploy =
      run_command({OCTET_PROGRAM, "deploy", "runs/tiny", "--target", "c", "--out", "c"});
  CHECK_MESSAGE(deploy.code == 0, deploy.output);
  const auto eval = [&](const char* data) {
    return run_command({OCTET_PROGRAM, "eval", "runs/tiny/model.tflite", data, "--json"});
  };
  const TrainerRun judged = eval("test.csv");
  REQUIRE_MESSAGE(judged.code == 0, judged.output);
  CHECK(Json::parse(judged.output)["state.accuracy"] == summary()["int8"]["state.accuracy"]);
  test::write_file(dir / "x.npz", {});
  CHECK(eval("x.npz").says("a table's columns by their names: expected a CSV file"));

  c["heads"][1]["targets"] = {"sped"};
  refused(c, "expected a column named 'sped'");
}
