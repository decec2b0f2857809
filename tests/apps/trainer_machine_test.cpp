// What the machine does to a run: signals, full disks, too little memory, another CPU.
#include <doctest/doctest.h>

#include "data/readers.h"
#include "tests/address_sanitizer.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::Process;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace fs = std::filesystem;

namespace {

struct MachineFixture : TrainerFixture {
  /// In its folder; TRAINER stands for the program.
  TrainerRun shell(const std::string& script) {
    Process process({"/bin/sh", "-c", "TRAINER='" OCTET_TRAINER "'; " + script}, dir.path());
    TrainerRun r;
    r.code = process.wait();
    r.output = process.output();
    return r;
  }
  /// A checkpoint of the float phase, after its first steps.
  void stop_early() {
    Json c = config();
    c["checkpoint"] = {{"every_batches", 1}};
    write(c);
    const auto process = start();
    const bool saved = process->wait_until([&] { return fs::exists(run_dir() / "checkpoint.h5"); });
    process->signal(SIGKILL);
    process->wait();
    REQUIRE(saved);
  }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
  }
};

}  // namespace

TEST_SUITE_BEGIN("runs");

TEST_CASE_FIXTURE(MachineFixture, "trainer: SIGHUP saves, as often as it comes") {
  Json c = config();
  c["train"]["epochs"] = 1000;
  c["checkpoint"] = {{"every_batches", 0}, {"every_seconds", 0}};
  write(c);
  const auto process = start();
  const bool begun = process->wait_until(
      [&] { return process->output().find("epoch 1/1000 ") != std::string::npos; });
  process->signal(SIGHUP);
  process->signal(SIGHUP);
  const int code = process->wait();
  CAPTURE(process->output());
  REQUIRE(begun);
  CHECK(code == 130);
  CHECK(checkpoint().integer("position/step") > 0);

  // Who ignores it for the program (nohup) is obeyed.
  c["train"]["epochs"] = 3;
  c["name"] = "nohup";
  write(c);
  const TrainerRun r = shell(
      "trap '' HUP; \"$TRAINER\" --config nohup.json & kill -HUP $!; "
      "sleep 0.3; kill -HUP $! 2>/dev/null; wait $!");
  CAPTURE(r.output);
  CHECK(r.code == 0);
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: going on elsewhere is said in one line") {
  stop_early();
  Checkpoint c = checkpoint();
  CHECK_FALSE(run({"--resume"}).says("warning"));

  struct Row {
    const char *key, *message;
  };
  for (const Row& row :
       {Row{"octet_version", "octet elsewhere"}, Row{"octet_revision", "revision elsewhere"},
        Row{"openblas_core", "OpenBLAS kernels for elsewhere"},
        Row{"simd", "SIMD level elsewhere"}}) {
    CAPTURE(row.key);
    Checkpoint moved = c;
    moved.texts[row.key] = "elsewhere";
    fs::remove_all(run_dir());
    fs::create_directories(run_dir());
    write_checkpoint(moved, run_dir() / "checkpoint.h5");
    const TrainerRun r = run({"--resume"});
    CAPTURE(r.output);
    CHECK(r.code == 0);
    CHECK(r.says(std::string("warning: this run was saved with ") + row.message + "; here it is "));
    CHECK(count(r.output, "warning") == 1);
  }
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: a checkpoint that cannot be written whole") {
  stop_early();
  const auto before = test::read_file(run_dir() / "checkpoint.h5");
  // Blocks of 512 bytes: the data fits, no checkpoint does.
  const TrainerRun r = shell("ulimit -f 100; \"$TRAINER\" --config tiny.json --resume");
  CAPTURE(r.output);
  CHECK(r.code == 1);
  CHECK(
      r.output.ends_with("error: cannot write runs/tiny/checkpoint.h5: File too large; what was "
                         "saved before is whole\n"));
  CHECK(test::read_file(run_dir() / "checkpoint.h5") == before);
  CHECK(run({"--resume"}).code == 0);
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: a full disk") {
  if (shell("unshare -rm sh -c 'mount -t tmpfs -o size=64k none \"$PWD\"'").code != 0) {
    MESSAGE("skipped: no file system may be mounted here (unshare -rm)");
    return;
  }
  stop_early();
  const auto before = test::read_file(run_dir() / "checkpoint.h5");
  // Room for one checkpoint and a part of the next, at several places of it.
  for (const std::size_t room : {10000, 100000, 300000}) {
    CAPTURE(room);
    const std::string size = std::to_string((before.size() + room) / 4096 * 4096);
    const TrainerRun r =
        shell("export TRAINER; unshare -rm sh -c 'mkdir full; mount -t tmpfs -o size=" + size +
              " none full; mkdir full/tiny; cp runs/tiny/checkpoint.h5 full/tiny; "
              "\"$TRAINER\" --config tiny.json --resume --out full; code=$?; "
              "cp full/tiny/checkpoint.h5 after.h5; ls -A full/tiny; exit $code'");
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(
        r.says("error: cannot write full/tiny/checkpoint.h5: No space left on device; what was "
               "saved before is whole\n"));
    CHECK(test::read_file(dir / "after.h5") == before);
    CHECK_FALSE(r.says(".tmp"));
  }
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: what cannot fit into memory is refused at the door") {
  if (test::address_sanitizer) {
    MESSAGE("skipped: memory cannot be limited under the address sanitizer");
    return;
  }
  Json c = config();
  c["data"] = {{"path", "large.h5"}};
  c["train"]["batch"] = 64;
  write(c);
  Dataset large;
  large.images = Tensor::zeros({64, 128, 128, 1}, ElementType::u8);
  large.labels = Tensor::zeros({64}, ElementType::i32);
  large.classes = 1;
  write_hdf5(dir / "large.h5", {{"train", large}, {"test", large}});
  struct Row {
    std::string zoo, sets, message;
  };
  const Row rows[] = {
      {"resnet50", "--set model.width=64",
       "error: --set model.width=64: /model/width: resnet50 of width 64 and 1 classes needs "},
      {"vgg11_bn", "--set model.width=64", "/model/width: vgg11_bn of width 64 and 1 classes "},
      {"resnet8", "--set model.width=64",
       "/model/width: resnet8 of width 64 and 1 classes needs at least "},
      {"resnet8", "--set model.width=16",
       "error: tiny.json: /train/batch: a step of 64 pictures needs at least "},
  };
  for (const Row& row : rows) {
    const TrainerRun r =
        shell("ulimit -v 4000000; \"$TRAINER\" --config tiny.json --set model.zoo=" + row.zoo +
              " " + row.sets);
    CAPTURE(row.zoo);
    CAPTURE(row.sets);
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says(row.message));
    CHECK(r.says(", but there are 4.1 GB"));
    CHECK(count(r.output, "\n") == 1);
    CHECK_FALSE(fs::exists(run_dir()));
  }
  const TrainerRun wide = run({"--set", "model.width=64", "--set", "model.zoo=vgg11_bn"});
  CAPTURE(wide.output);
  CHECK(wide.code == 1);
  CHECK(wide.says("/model/width: vgg11_bn"));
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: paths that are not UTF-8 are no reason to fail late") {
  Json c = config();
  c["train"]["epochs"] = 1;
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 1}};
  write(c);
  fs::copy_file(dir / "digits.h5", dir / "caf\xe9.h5");
  const TrainerRun r = run({"--set", "data.path=caf\xe9.h5", "--out", "runs\xe9"});
  CAPTURE(r.output);
  CHECK(r.code == 0);
  CHECK(r.says("runs?/tiny/model.tflite"));
}

TEST_CASE_FIXTURE(MachineFixture, "trainer: errors print no control characters") {
  write(config());
  for (const std::string& set :
       {std::string("\x1b[31mred=1"), std::string("train.\n=1"),
        std::string("data.path=\x1b]0;x\x07.h5"), std::string(R"(train={"\u009b1m": 1})"),
        std::string(R"(data={"path": "a\u0000b"})"), std::string("init.checkpoint=\r\n"),
        std::string("train.parameters=[{\"pattern\": \"\\u001b\"}]")}) {
    const TrainerRun r = run({"--set", set});
    CAPTURE(r.output);
    CHECK(r.code == 1);
    REQUIRE(r.output.ends_with("\n"));
    for (std::size_t i = 0; i + 1 < r.output.size(); ++i) {
      const auto byte = static_cast<unsigned char>(r.output[i]);
      CHECK(byte >= 0x20);
      CHECK(byte != 0x7f);
      CHECK_FALSE((byte == 0xc2 && static_cast<unsigned char>(r.output[i + 1]) < 0xa0));
    }
  }
}

TEST_SUITE_END();
