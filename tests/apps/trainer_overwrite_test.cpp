// Nothing of an earlier run is lost before a new one is finished, and what a finished run says is
// about the files that are there.
#include <doctest/doctest.h>

#include <map>

#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::read_file;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;
using octet::test::write_file;

namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::vector<char>>;

/// Contents by name.
Files files_in(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

struct OverwriteFixture : TrainerFixture {
  /// A finished run "tiny" of one epoch each.
  OverwriteFixture() {
    Json c = config();
    c["train"]["epochs"] = 1;
    c["quant"]["stages"] = {{"train_bn", 1}, {"frozen_bn", 0}, {"frozen_observers", 0}};
    write(c);
    REQUIRE(run().code == 0);
    finished = files_in(run_dir());
    REQUIRE(finished.size() == 8);
  }
  fs::path aside() const { return run_dir() / "overwritten"; }
  Files finished;
};

}  // namespace

TEST_SUITE_BEGIN("runs");

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: --overwrite that cannot start changes nothing") {
  fs::copy_file(run_dir() / "checkpoint.h5", dir / "tiny.h5");
  const std::vector<std::string> starts_that_fail[] = {
      {"init.checkpoint=none.h5"}, {"init.checkpoint=digits.h5"},
      {"init.config=none.json"},   {"init.checkpoint=tiny.h5", "model.width=0.5"},  // other shapes
      {"data.path=none.h5"},       {"train.batch=500"},
  };
  for (const auto& sets : starts_that_fail) {
    std::vector<std::string> arguments{"--overwrite"};
    for (const std::string& set : sets) arguments.insert(arguments.end(), {"--set", set});
    const TrainerRun r = run(arguments);
    CAPTURE(sets.front());
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(files_in(run_dir()) == finished);
  }
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: --overwrite from the run's own checkpoint") {
  const std::vector<std::string> own = {"--set", "init.checkpoint=runs/tiny/checkpoint.h5", "--set",
                                        "train.optimizer.lr=1e-4"};
  std::vector<std::string> arguments = own;
  arguments.emplace_back("--overwrite");
  const TrainerRun r = run(arguments);
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("an earlier run is kept in runs/tiny/overwritten until this one is finished"));
  CHECK_FALSE(fs::exists(aside()));
  CHECK(run(own).says("is finished already"));
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: killed after --overwrite, both runs can go on") {
  const std::vector<std::string> other = {"--set", "train.epochs=100", "--set",
                                          "checkpoint.every_batches=1"};
  std::vector<std::string> arguments = other;
  arguments.emplace_back("--overwrite");
  const auto process = start(arguments);
  const bool begun = process->wait_until([&] {
    // In this order: once the old checkpoint is aside, the other one is the new run's.
    return fs::exists(aside() / "checkpoint.h5") && fs::exists(run_dir() / "checkpoint.h5");
  });
  process->signal(SIGKILL);
  process->wait();
  CAPTURE(process->output());
  REQUIRE(begun);
  CHECK(files_in(aside()) == finished);
  // It is a run like any other.
  CHECK(run({"--out", "runs/tiny", "--set", "name=overwritten"}).says("is finished already"));

  SUBCASE("the new one goes on") {
    arguments = {"--resume"};
    arguments.insert(arguments.end(), other.begin(), other.end());
    CHECK(run(arguments).code == 0);
    CHECK_FALSE(fs::exists(aside()));
  }
  SUBCASE("another one is put beside the first") {
    fs::remove(dir / "digits.h5");
    CHECK(run({"--overwrite"}).code == 1);
    CHECK_FALSE(fs::exists(run_dir() / "overwritten-2"));
    fs::copy_file(test::source_dir() / "data" / "digits.h5", dir / "digits.h5");
    const auto second = start({"--overwrite", "--set", "train.epochs=100"});
    const bool aside_too = second->wait_until(
        [&] { return fs::exists(run_dir() / "overwritten-2" / "checkpoint.h5"); });
    second->signal(SIGKILL);
    second->wait();
    CHECK(aside_too);
    CHECK(files_in(aside()) == finished);
  }
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: killed while the earlier run is put aside") {
  const char* const order[] = {
      "model.tflite", "labels.txt",    "report.html",  "curves.csv", "events.out.tfevents.octet",
      "summary.json", "metrics.jsonl", "checkpoint.h5"};
  constexpr std::size_t all = std::size(order);
  for (const std::size_t moved :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, all - 2, all - 1, all}) {
    CAPTURE(moved);
    fs::create_directory(aside());
    for (std::size_t i = 0; i < moved; ++i) fs::rename(run_dir() / order[i], aside() / order[i]);
    if (moved < all) {
      CHECK(run().code == 0);  // what is missing is made from the checkpoint
      CHECK(model() == finished["model.tflite"]);
      CHECK(read_file(run_dir() / "metrics.jsonl") == finished["metrics.jsonl"]);
    } else {
      CHECK(run({"--out", "runs/tiny", "--set", "name=overwritten"}).says("is finished already"));
    }
    CHECK(run({"--overwrite"}).code == 0);
    CHECK(model() == finished["model.tflite"]);
    CHECK(files_in(run_dir()).size() == all);
    finished = files_in(run_dir());
  }
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: outputs without their checkpoint are left alone") {
  fs::remove(run_dir() / "checkpoint.h5");
  write_file(run_dir() / ".notes.tmp", {'n'});
  write_file(run_dir() / ".model.tflite.1.0.tmp", {'m'});
  const Files before = files_in(run_dir());
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--resume"}}) {
    const TrainerRun r = run(arguments);
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(
        r.says("error: runs/tiny holds model.tflite without the checkpoint of its run: choose "
               "another name or --out, or start over with --overwrite"));
    CHECK(files_in(run_dir()) == before);
  }
  CHECK(run({"--overwrite"}).code == 0);
  CHECK(fs::exists(run_dir() / ".notes.tmp"));
  CHECK_FALSE(fs::exists(run_dir() / ".model.tflite.1.0.tmp"));
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: a finished run's changed files are made again") {
  const auto change = [&](const std::string& name, auto f) {
    std::vector<char> bytes = finished[name];
    f(bytes);
    REQUIRE(bytes != finished[name]);
    write_file(run_dir() / name, bytes);
    const TrainerRun r = run();
    CAPTURE(name);
    CAPTURE(r.output);
    CHECK(r.code == 0);
    CHECK_FALSE(r.says("is finished already"));
    CHECK(r.says("runs/tiny: files of the finished run are missing or changed"));
    CHECK(model() == finished["model.tflite"]);
    CHECK(read_file(run_dir() / "metrics.jsonl") == finished["metrics.jsonl"]);
    CHECK(run().says("is finished already"));
    finished = files_in(run_dir());
  };
  change("model.tflite", [](auto& b) { b.resize(100); });
  change("model.tflite", [](auto& b) { b[b.size() / 2] = char(b[b.size() / 2] ^ 1); });
  change("model.tflite", [](auto& b) { b.push_back('\0'); });
  change("summary.json", [](auto& b) { *std::find(b.begin(), b.end(), '0') = '1'; });
  change("metrics.jsonl", [](auto& b) { b.resize(b.size() / 2); });
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: only what --overwrite put aside is removed") {
  const fs::path kept = run_dir() / "overwritten-keep", elsewhere = dir / "elsewhere";
  for (const fs::path& folder : {kept, elsewhere}) {
    fs::create_directory(folder);
    for (const auto& [name, bytes] : finished) write_file(folder / name, bytes);
  }
  fs::create_directory_symlink(elsewhere, aside());
  CHECK(run().says("is finished already"));
  CHECK(files_in(kept) == finished);
  CHECK(files_in(elsewhere) == finished);
}

TEST_CASE_FIXTURE(OverwriteFixture, "trainer: a run that replaces the one it starts from, killed") {
  // As --overwrite leaves it before the first save.
  fs::create_directory(aside());
  for (const auto& [name, bytes] : finished) fs::rename(run_dir() / name, aside() / name);
  const TrainerRun own = run();
  CAPTURE(own.output);
  CHECK(own.code == 1);
  CHECK(own.says("runs/tiny/overwritten holds the finished run of this configuration"));
  CHECK(files_in(aside()) == finished);
  const TrainerRun again =
      run({"--set", "init.checkpoint=runs/tiny/checkpoint.h5", "--set", "train.epochs=2"});
  CAPTURE(again.output);
  CHECK(again.code == 0);
  CHECK_FALSE(fs::exists(aside()));
}

TEST_SUITE_END();
