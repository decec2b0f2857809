// Stopping and going on: the result is that of a run that was never stopped, byte for byte.
#include <doctest/doctest.h>

#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::Process;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace fs = std::filesystem;

namespace {

enum : std::int64_t { phase_train = 0, phase_quantize = 1 };

struct ResumeFixture : TrainerFixture {
  /// `reference` in its own folder, never stopped.
  void run_reference(Json c) {
    c["name"] = "reference";
    write(c);
    const TrainerRun r = run({}, "reference");
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
  }
  /// Waits until the checkpoint says that the run is in the middle of this epoch.
  bool reach(Process& process, std::int64_t phase, std::int64_t epoch) {
    return process.wait_until([&] {
      if (!fs::exists(run_dir() / "checkpoint.h5")) return false;
      const Checkpoint c = checkpoint();
      return c.integer("phase") == phase && c.integer("position/epoch") == epoch &&
             c.integer("position/batch") >= 2;
    });
  }
  void check_same_as_reference() {
    CHECK(model() == model("reference"));
    CHECK(metrics() == metrics("reference"));
    const Checkpoint a = checkpoint("reference"), b = checkpoint();
    REQUIRE(a.tensors.size() == b.tensors.size());
    for (const auto& entry : a.tensors) {
      const std::string& name = entry.first;
      const Tensor& t = entry.second;
      CAPTURE(name);
      const Tensor& u = b.tensor(name);
      REQUIRE(u.bytes() == t.bytes());
      CHECK(std::memcmp(u.raw(), t.raw(), t.bytes()) == 0);
    }
    CHECK(summary()["int8"] == summary("reference")["int8"]);
  }
};

}  // namespace

TEST_SUITE_BEGIN("runs");

TEST_CASE_FIXTURE(ResumeFixture, "trainer: killed in any phase and resumed") {
  Json c = config();
  c["train"]["batch"] = 8;  // 25 steps an epoch
  c["quant"]["batch"] = 8;
  c["checkpoint"] = {{"every_batches", 1}};
  run_reference(c);
  write(c);

  struct Stop {
    std::int64_t phase, epoch;
  };
  std::vector<std::string> arguments;
  int mid_epoch = 0;
  for (const Stop& stop : {Stop{phase_train, 0}, Stop{phase_train, 1}, Stop{phase_quantize, 0},
                           Stop{phase_quantize, 1}, Stop{phase_quantize, 2}}) {
    CAPTURE(stop.phase);
    CAPTURE(stop.epoch);
    const auto process = start(arguments);
    const bool reached = reach(*process, stop.phase, stop.epoch);
    process->signal(SIGKILL);
    CHECK(process->wait() == 128 + SIGKILL);
    CAPTURE(process->output());
    REQUIRE(reached);
    const Checkpoint left = checkpoint();
    mid_epoch += left.integer("position/batch") > 0;

    const TrainerRun unasked = run();
    CHECK(unasked.code == 1);
    CHECK(unasked.says("runs/tiny holds an unfinished run (in epoch "));
    CHECK(unasked.says("--resume"));
    arguments = {"--resume"};
  }
  CHECK(mid_epoch >= 4);  // one may have been at an epoch's end by then
  const TrainerRun last = run({"--resume"});
  CAPTURE(last.output);
  CHECK(last.code == 0);
  CHECK(last.says("runs/tiny: continuing in epoch 3 of quantization"));
  check_same_as_reference();
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(run_dir())) ++files;
  CHECK(files == 8);  // what the killed processes were writing is gone
}

TEST_CASE_FIXTURE(ResumeFixture, "trainer: interrupts save, say how to go on and exit 130") {
  Json c = config();
  c["train"]["epochs"] = 3;
  c["checkpoint"] = {{"every_batches", 0}, {"every_seconds", 0}};
  run_reference(c);
  write(c);
  for (int number : {SIGINT, SIGTERM}) {
    CAPTURE(number);
    const auto process = start({"--resume"});  // without a run to resume: starts one
    const std::string next = number == SIGINT ? "epoch 1/3 " : "epoch 1/3 train_bn";
    const bool reached =
        process->wait_until([&] { return process->output().find(next) != std::string::npos; });
    process->signal(number);
    const int code = process->wait();
    CAPTURE(process->output());
    REQUIRE(reached);
    CHECK(code == 130);
    CHECK(process->output().find("To go on:\n  ") != std::string::npos);
    CHECK(process->output().find(" --config tiny.json --resume\n") != std::string::npos);
    CHECK(fs::exists(run_dir() / "checkpoint.h5"));
    CHECK_FALSE(fs::exists(run_dir() / "model.tflite"));
  }
  CHECK(run({"--resume"}).code == 0);
  check_same_as_reference();
}

TEST_CASE_FIXTURE(ResumeFixture, "trainer: the same bits at one and at two threads") {
  run_reference(config());
  write(config());
  const TrainerRun r = run({"--threads", "2"});
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("with 2 threads"));
  check_same_as_reference();
}

TEST_CASE_FIXTURE(ResumeFixture, "trainer: a run goes on only under its own configuration") {
  Json c = config();
  c["train"]["epochs"] = 200;
  c["checkpoint"] = {{"every_batches", 1}};
  write(c);
  const auto process = start();
  REQUIRE(reach(*process, phase_train, 0));
  const TrainerRun second = run();
  CHECK(second.code == 1);
  CHECK(second.says("runs/tiny: another process is working on this run"));
  process->signal(SIGKILL);
  process->wait();

  const TrainerRun other = run({"--resume", "--set", "train.epochs=201"});
  CHECK(other.code == 1);
  CHECK(other.says("(/train/epochs was 200, is 201)"));

  auto bytes = test::read_file(run_dir() / "checkpoint.h5");
  bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 16);
  test::write_file(run_dir() / "checkpoint.h5", bytes);
  const TrainerRun damaged = run({"--resume"});
  CHECK(damaged.code == 1);
  CHECK(
      damaged.says("checkpoint.h5: damaged: its contents do not match their hash; start over "
                   "with --overwrite"));
  write(config());
  CHECK(run({"--overwrite"}).code == 0);
}

TEST_CASE_FIXTURE(ResumeFixture,
                  "trainer: dropout, averaged weights and accumulated gradients go on exactly") {
  Json c = config();
  c["model"] = {{"zoo", "mobilenet_v3_small"}, {"width", 0.125}};  // has a dropout
  c["train"]["epochs"] = 1;
  for (const char* phase : {"train", "quant"}) {
    c[phase]["batch"] = 8;
    c[phase]["accumulate_steps"] = 2;
    c[phase]["clip_grad_norm"] = 1;
    c[phase]["ema_decay"] = 0.9;
    c[phase]["loss"] = {{"label_smoothing", 0.1}};
  }
  c["quant"]["stages"] = {{"train_bn", 1}, {"frozen_bn", 0}, {"frozen_observers", 0}};
  c["checkpoint"] = {{"every_batches", 1}};
  run_reference(c);
  write(c);
  std::vector<std::string> arguments;
  for (const std::int64_t phase : {phase_train, phase_quantize}) {
    CAPTURE(phase);
    const auto process = start(arguments);
    const bool reached = reach(*process, phase, 0);
    process->signal(SIGKILL);
    process->wait();
    CAPTURE(process->output());
    REQUIRE(reached);
    CHECK(checkpoint().integer("position/batch") % 2 == 0);
    arguments = {"--resume"};
  }
  const TrainerRun last = run({"--resume"});
  CAPTURE(last.output);
  CHECK(last.code == 0);
  check_same_as_reference();
}

TEST_SUITE_END();
