// What the trainer trains beside classifiers.
#include <algorithm>
#include <sstream>

#include "data/image.h"
#include "data/readers.h"
#include "data/source.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;
namespace fs = std::filesystem;

namespace {

struct TaskFixture : TrainerFixture {
  DataSource digits = open_data_source(DataFormat::hdf5, dir / "digits.h5");

  /// The digits with other targets, as tasks.h5.
  template <class F>
  void write_targets(const F& targets, std::vector<std::string> names = {}) const {
    const auto with = [&](const Dataset& d) {
      return make_dataset(d.images, targets(d), names, "digits");
    };
    write_hdf5(dir / "tasks.h5", {{"train", with(digits.train)}, {"test", with(digits.test)}});
  }

  Json task_config(const std::string& net, const std::string& data = "tasks.h5") const {
    Json c = config();
    c["data"] = {
        {"path", data}, {"normalize", {{"mean", {128}}, {"std", {128}}}}, {"val_fraction", 0.2}};
    c["model"] = {{"zoo", net}, {"width", 0.25}};
    c["train"]["epochs"] = 4;
    c["quant"]["optimizer"] = {{"type", "adam"}, {"lr", 0.0005}};
    return c;
  }

  TrainerRun octet(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), OCTET_PROGRAM);
    return run_command(arguments);
  }

  std::string report() const {
    const auto bytes = test::read_file(run_dir() / "report.html");
    return {bytes.begin(), bytes.end()};
  }

  /// The lines of metrics.jsonl that have the figure.
  std::vector<double> curve(const std::string& figure) const {
    std::vector<double> values;
    std::istringstream lines(metrics());
    for (std::string line; std::getline(lines, line);) {
      const Json j = Json::parse(line);
      if (j.contains(figure)) values.push_back(j[figure]);
    }
    return values;
  }
};

/// How dark a digit is, and where its middle is, from left to right.
Tensor darkness(const Dataset& d) {
  const std::int64_t side = d.image_shape()[1], pixels = side * d.image_shape()[0];
  Tensor values = Tensor::empty({d.size(), 2});
  for (std::int64_t i = 0; i < d.size(); ++i) {
    double sum = 0, moment = 0;
    for (std::int64_t p = 0; p < pixels; ++p) {
      const double v = d.images.data<std::uint8_t>()[i * pixels + p] / 255.0;
      sum += v;
      moment += v * static_cast<double>(p % side);
    }
    values.r()[2 * i] = static_cast<real>(4 * sum / static_cast<double>(pixels));
    values.r()[2 * i + 1] = static_cast<real>(moment / sum / static_cast<double>(side));
  }
  return values;
}

/// 1 where there is ink, and its rims of no class.
Tensor strokes(const Dataset& d) {
  Tensor masks =
      Tensor::empty({d.size(), d.image_shape()[0], d.image_shape()[1]}, ElementType::i32);
  for (std::int64_t i = 0; i < masks.numel(); ++i) {
    const int v = d.images.data<std::uint8_t>()[i];
    masks.data<std::int32_t>()[i] = v > 160 ? 1 : v > 96 ? ignored_class : 0;
  }
  return masks;
}

}  // namespace

TEST_CASE_FIXTURE(TaskFixture, "trainer: regression has its figures everywhere") {
  write_targets(darkness);
  Json c = task_config("lenet");
  c["train"]["loss"] = {{"type", "huber"}, {"delta", 0.5}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("task: regression"));
  const Json s = summary();
  CHECK(s["task"] == "regression");
  CHECK(s["float"]["r2"].get<double>() > 0.5);
  CHECK(s["int8"]["r2"].get<double>() > 0.4);
  CHECK(s["int8"]["rmse"] == s["int8"]["rmse_single"]);
  CHECK(s["int8"]["rmse"].get<double>() == doctest::Approx(s["qat"]["rmse"].get<double>()));
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK_FALSE(s.contains("confusion"));
  REQUIRE(s["worst"].size() == 20);
  CHECK(s["worst"][0]["truth"].size() == 2);
  CHECK(s["worst"][0]["error"] >= s["worst"][19]["error"]);
  // The epoch that is kept has the smallest error.
  const std::vector<double> rmse = curve("val_rmse");
  REQUIRE(rmse.size() == 4);
  const auto best = std::min_element(rmse.begin(), rmse.end());
  CHECK(s["float"]["best_epoch"] == best - rmse.begin() + 1);
  CHECK(s["float"]["val_rmse"] == *best);
  CHECK(curve("int8_val_rmse").size() == 4);  // calibrated, and three epochs
  CHECK(r.says("RMSE "));
  const std::string page = report();
  CHECK(page.find("<svg class=\"plot\"") != page.npos);
  CHECK(page.find("int8 RMSE") != page.npos);
  CHECK(page.find("Which class is taken") == page.npos);

  CHECK(run({"--fail-above", "10", "--fail-below", "r2=0.1"}).code == 0);
  const TrainerRun bad = run({"--fail-above", "rmse=0.0001"});
  CHECK(bad.code == 1);
  CHECK(bad.says("is above --fail-above 0.0001"));
  CHECK(run({"--fail-below", "0.5"}).says("rmse is better the smaller it is: use --fail-above"));
  CHECK(run({"--fail-below", "accuracy=0.5"}).says("expected one of rmse, mae, r2, loss"));

  const TrainerRun evaluated =
      octet({"eval", "runs/tiny/model.tflite", "tasks.h5", "--json", "--fail-below", "r2=0.1"});
  REQUIRE_MESSAGE(evaluated.code == 0, evaluated.output);
  const Json e = Json::parse(evaluated.output);
  CHECK(e["task"] == "regression");
  CHECK(e["rmse"] == s["int8"]["rmse"]);
  write_png(Image{20, 20, 1, std::vector<std::uint8_t>(400, 30)}, dir / "grey.png");
  const TrainerRun shown = octet({"run", "runs/tiny/model.tflite", "grey.png", "--json"});
  REQUIRE_MESSAGE(shown.code == 0, shown.output);
  CHECK(Json::parse(shown.output)["pictures"][0]["values"].size() == 2);

  SUBCASE("a missing output is made again, the same") {
    fs::remove(run_dir() / "report.html");
    CHECK(run().code == 0);
    CHECK(report() == page);
    CHECK(summary()["int8"] == s["int8"]);
  }
}

TEST_CASE_FIXTURE(TaskFixture, "trainer: integers are numbers where the task is regression") {
  Json c = task_config("lenet", "digits.h5");
  c["task"] = "regression";
  c["train"]["epochs"] = 1;
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 4}};
  write(c);
  const TrainerRun r = run();
  REQUIRE_MESSAGE(r.code == 0, r.output);
  CHECK(r.says("1 value each"));
  CHECK(summary()["int8"]["codes_different"] == 0);
  CHECK(summary()["ptq"].contains("mae"));
}

TEST_CASE_FIXTURE(TaskFixture, "trainer: an autoencoder tells anomalies") {
  Json c = task_config("autoencoder", "digits.h5");
  c["anomaly"] = {{"normal", {"0"}}, {"quantile", 0.9}};
  c["train"]["epochs"] = 20;
  c["train"]["batch"] = 8;
  c["quant"]["batch"] = 8;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("task: autoencoder"));
  const Json s = summary();
  CHECK(s["task"] == "autoencoder");
  CHECK(s["data"]["train_images"] == 16);  // 20 zeros, a fifth of them held out
  CHECK(s["data"]["test_images"] == 50);
  CHECK(s["int8"]["auc"].get<double>() > 0.8);  // 0.5 by chance
  CHECK(s["float"]["auc"].get<double>() > 0.8);
  CHECK(s["int8"]["mse"].get<double>() > 0);
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["anomaly"]["threshold"].get<double>() > 0);
  CHECK(s["anomaly"]["threshold_from"] == "val");
  std::int64_t all = 0;
  for (const Json& row : s["confusion"]["matrix"])
    for (const Json& n : row) all += n.get<std::int64_t>();
  CHECK(all == 50);
  CHECK(s["confusion"]["classes"][1]["name"] == "anomaly");
  CHECK(report().find("threshold") != std::string::npos);
  CHECK(run({"--fail-below", "auc=0.8", "--fail-above", "10"}).code == 0);

  const TrainerRun evaluated = octet({"eval", "runs/tiny/model.tflite", "digits.h5", "--json"});
  REQUIRE_MESSAGE(evaluated.code == 0, evaluated.output);
  const Json e = Json::parse(evaluated.output);
  CHECK(e["auc"] == s["int8"]["auc"]);  // the file says what is normal
  CHECK(e["matrix"] == s["confusion"]["matrix"]);
  const TrainerRun other =
      octet({"eval", "runs/tiny/model.tflite", "digits.h5", "--json", "--normal", "7"});
  CHECK(Json::parse(other.output)["auc"].get<double>() < e["auc"].get<double>());
  write_png(Image{20, 20, 1, std::vector<std::uint8_t>(400, 255)}, dir / "white.png");
  const TrainerRun shown = octet({"run", "runs/tiny/model.tflite", "white.png"});
  CHECK(shown.says("anomaly"));
  CHECK(octet({"run", "runs/tiny/model.tflite", "white.png", "--masks", "m"})
            .says("is for autoencoder, which makes none"));

  Json wrong = c;
  wrong["anomaly"]["normal"] = {"0", "nine"};
  write(wrong);
  CHECK(run({"--overwrite"}).says("/anomaly/normal/1: 'nine' is no class of "));
}

TEST_CASE_FIXTURE(TaskFixture, "trainer: segmentation has a class for each pixel") {
  write_targets(strokes, {"paper", "ink"});
  Json c = task_config("unet");
  c["train"]["loss"] = {{"class_weights", "balanced"}};
  c["train"]["optimizer"]["lr"] = 0.01;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("task: segmentation"));
  CHECK(r.says("IoU"));
  const Json s = summary();
  CHECK(s["float"]["mean_iou"].get<double>() > 0.7);
  CHECK(s["int8"]["mean_iou"].get<double>() > 0.6);
  CHECK(s["int8"]["mean_iou"] == s["qat"]["mean_iou"]);
  CHECK(s["int8"]["codes_different"] == 0);
  CHECK(s["confusion"]["classes"][1]["name"] == "ink");
  CHECK(s["confusion"]["classes"][1]["iou"].get<double>() > 0.5);
  const Tensor masks = strokes(digits.test);
  std::int64_t counted = 0, pixels = 0;
  for (const std::int32_t k : masks.span<std::int32_t>()) counted += k != ignored_class;
  for (const Json& row : s["confusion"]["matrix"])
    for (const Json& n : row) pixels += n.get<std::int64_t>();
  CHECK(pixels == counted);
  CHECK(report().find("wrong") != std::string::npos);

  const TrainerRun evaluated = octet({"eval", "runs/tiny/model.tflite", "tasks.h5", "--json"});
  REQUIRE_MESSAGE(evaluated.code == 0, evaluated.output);
  CHECK(Json::parse(evaluated.output)["mean_iou"] == s["int8"]["mean_iou"]);
  const std::uint8_t* digit = digits.test.images.data<std::uint8_t>();
  write_png(Image{20, 20, 1, {digit, digit + 400}}, dir / "digit.png");
  const TrainerRun shown =
      octet({"run", "runs/tiny/model.tflite", "digit.png", "--masks", "found"});
  REQUIRE_MESSAGE(shown.code == 0, shown.output);
  CHECK(shown.says("paper "));
  const Image mask = read_class_mask(dir / "found" / "digit.png");
  std::int64_t right = 0;
  for (std::size_t p = 0; p < 400; ++p) right += mask.pixels[p] == masks.data<std::int32_t>()[p];
  CHECK(right > 250);
}

TEST_CASE_FIXTURE(TaskFixture, "trainer: what a task cannot be trained on is said") {
  write_targets(darkness);
  const auto refused = [&](const Json& c, const std::string& message) {
    write(c);
    const TrainerRun r = run();
    CHECK(r.code == 1);
    CHECK_MESSAGE(r.says(message), r.output);
  };
  Json c = task_config("lenet");
  c["task"] = "classification";
  refused(c, "/task: classification needs a class for each sample, but the targets of ");
  c["task"] = "auto";
  c["train"]["loss"] = {{"type", "cross_entropy"}};
  refused(c, "/train/loss/type: expected mse, mae or huber for regression, got cross_entropy");
  c["train"]["loss"] = {{"label_smoothing", 0.1}};
  refused(c, "/train/loss/label_smoothing: is for classes, but the task is regression");
  c["train"].erase("loss");
  c["model"]["classes"] = 3;
  refused(c, "/model/classes: expected the 2 numbers that a target of ");
  c["model"]["classes"] = 0;
  c["model"]["zoo"] = "unet";
  refused(c, "/model/zoo: unet returns numbers for each pixel, which regression is not trained on");
  c["model"]["zoo"] = "lenet";
  c["anomaly"] = {{"normal", {"0"}}};
  refused(c, "/anomaly/normal: is for autoencoders, but the task is regression");
}
