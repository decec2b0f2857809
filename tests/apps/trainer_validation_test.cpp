// A validation split, the epoch that is kept, and the run that is only looked at.
#include <algorithm>
#include <fstream>

#include "tests/apps/trainer_fixture.h"
#include "tests/support.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;
namespace fs = std::filesystem;

namespace {

struct ValidationFixture : TrainerFixture {
  std::vector<Json> metric_lines() const {
    std::ifstream in(run_dir() / "metrics.jsonl");
    std::vector<Json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  Json held_out() const {
    Json c = config();
    c["data"]["val_fraction"] = 0.2;
    c["train"]["epochs"] = 4;
    return c;
  }
};

double best_of(const std::vector<Json>& lines, const std::string& phase, const std::string& key) {
  double best = -1;
  for (const Json& line : lines) {
    if (line["phase"] == phase) best = std::max(best, line.at(key).get<double>());
  }
  return best;
}

}  // namespace

TEST_CASE_FIXTURE(ValidationFixture, "trainer: the best epoch on the validation split is kept") {
  write(held_out());
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["data"]["val_images"] == 40);
  CHECK(s["data"]["train_images"] == 160);
  const std::vector<Json> lines = metric_lines();
  CHECK(s["float"]["val_accuracy"] == best_of(lines, "float", "val_accuracy"));
  const double calibrated = best_of(lines, "calibrate", "int8_val_accuracy");
  CHECK(s["int8"]["val_accuracy"] ==
        std::max(calibrated, best_of(lines, "qat", "int8_val_accuracy")));
  CHECK(s["int8"]["calibrated_val_accuracy"] == calibrated);
  CHECK(s["int8"]["codes_different"] == 0);
  // The test split is for the end: no epoch looks at it.
  for (const Json& line : lines) {
    CAPTURE(line.dump());
    if (line["phase"] == "finish") continue;
    CHECK_FALSE(line.contains("test_accuracy"));
    CHECK_FALSE(line.contains("int8_test_accuracy"));
  }
  CHECK(r.says("keeping "));
  CHECK(r.says("after calibration: int8 val "));
  CHECK(r.says("best epochs           float "));

  SUBCASE("what is kept is what the checkpoint starts others with") {
    Json next = config();
    next["name"] = "next";
    next["data"]["val_fraction"] = 0.2;
    next["init"] = {{"checkpoint", "runs/tiny/checkpoint.h5"}};
    next.erase("train");
    write(next);
    const TrainerRun n = run({}, "next");
    CAPTURE(n.output);
    REQUIRE(n.code == 0);
    CHECK(summary("next")["float"]["accuracy"] == s["float"]["accuracy"]);
  }
  SUBCASE("the same bytes after a kill in the middle") {
    const auto bytes = model();
    fs::remove_all(run_dir());
    CHECK(run({"--set", "checkpoint.every_batches=1"}).code == 0);
    CHECK(model() == bytes);
  }
}

TEST_CASE_FIXTURE(ValidationFixture, "trainer: an epoch that makes it worse is not shipped") {
  Json c = held_out();
  c["quant"]["optimizer"]["lr"] = 0.3;  // ruins whatever was learned
  c["train"]["epochs"] = 6;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["int8"]["best_epoch"] == 0);
  CHECK(s["int8"]["val_accuracy"] == s["int8"]["calibrated_val_accuracy"]);
  CHECK(r.says("keeping the weights before training: int8 val "));
  CHECK(s["int8"]["codes_different"] == 0);

  c["name"] = "last";
  c["quant"]["keep"] = "last";
  write(c);
  REQUIRE(run({}, "last").code == 0);
  CHECK_FALSE(summary("last")["int8"].contains("best_epoch"));
  CHECK(summary("last")["int8"]["accuracy"].get<double>() < s["int8"]["accuracy"].get<double>());
}

TEST_CASE_FIXTURE(ValidationFixture, "trainer: patience ends training") {
  Json c = held_out();
  c["train"]["epochs"] = 30;
  c["train"]["patience"] = 2;
  c["train"]["optimizer"]["lr"] = 1e-12;  // nothing changes
  c.erase("quant");
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("no better epoch in 2: training ends"));
  CHECK(metric_lines().size() == 3 + 1);
  CHECK(summary()["float"]["best_epoch"] == 1);
}

TEST_CASE_FIXTURE(ValidationFixture, "trainer: without a validation split the last epoch is kept") {
  write(config());
  const TrainerRun r = run();
  REQUIRE(r.code == 0);
  CHECK(r.says("no validation split (data.val_fraction): the last epoch is kept"));
  CHECK_FALSE(summary()["float"].contains("best_epoch"));

  const TrainerRun patient = run({"--set", "train.patience=3", "--overwrite"});
  CHECK(patient.code == 1);
  CHECK(patient.says("--set train.patience=3: /train/patience: needs a validation split"));
}

TEST_CASE_FIXTURE(ValidationFixture, "trainer: --dry-run shows the run and writes nothing") {
  Json c = held_out();
  c["model"] = {{"zoo", "resnet8"}, {"width", 0.5}};
  c["train"]["epochs"] = 1;
  write(c);
  const TrainerRun r = run({"--dry-run"});
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK_FALSE(fs::exists(dir / "runs"));
  CHECK(r.says("160 to train on, 40 to validate, 50 to test; 10 classes"));
  CHECK(r.says("CONV_2D"));
  CHECK(r.says("time     about "));
  const TrainerRun trained = run();
  REQUIRE(trained.code == 0);
  std::string bytes = std::to_string(model().size());
  if (bytes.size() > 3) bytes.insert(bytes.size() - 3, ",");
  CAPTURE(bytes);
  CHECK(r.says("int8     " + bytes + " bytes of TFLite file"));
  CHECK(run_raw({"tiny.json", "--dry-run"}).code == 0);  // the configuration without --config
  // The steps that are timed are no training: they cannot diverge.
  CHECK(run({"--dry-run", "--set", "quant.optimizer.type=sgd", "--set", "quant.optimizer.lr=1000"})
            .code == 0);

  Json floats = config();
  floats.erase("quant");
  floats["name"] = "floats";
  write(floats);
  CHECK(run({"--dry-run"}, "floats").says("float    "));
}
