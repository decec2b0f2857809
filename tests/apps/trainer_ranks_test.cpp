// Several ranks: the bytes of one, whatever befalls them.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::Process;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace fs = std::filesystem;

namespace {

struct RanksFixture : TrainerFixture {
  /// In 4 shards, with a last batch that leaves some of them empty.
  Json sharded(const std::string& name) const {
    Json c = config();
    c["name"] = name;
    c["dist"] = {{"shards", 4}, {"timeout", 60}};
    c["train"]["batch"] = c["quant"]["batch"] = 18;
    c["train"]["drop_last"] = c["quant"]["drop_last"] = false;
    return c;
  }
  /// The run of `c` by so many ranks, 0: without --ranks.
  void run_by(int ranks, const Json& c, std::vector<std::string> arguments = {}) {
    write(c);
    if (ranks > 0) {
      arguments.push_back("--ranks");
      arguments.push_back(std::to_string(ranks));
    }
    const TrainerRun r = run(arguments, c.at("name"));
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
  }
  void check_same(const std::string& one, const std::string& other) {
    CAPTURE(other);
    if (fs::exists(run_dir(one) / "model.tflite")) CHECK(model(one) == model(other));
    CHECK(metrics(one) == metrics(other));
    const Checkpoint a = checkpoint(one), b = checkpoint(other);
    REQUIRE(a.tensors.size() == b.tensors.size());
    for (const auto& entry : a.tensors) {
      const Tensor &t = entry.second, &u = b.tensor(entry.first);
      CAPTURE(entry.first);
      REQUIRE(u.bytes() == t.bytes());
      CHECK(std::memcmp(u.raw(), t.raw(), t.bytes()) == 0);
    }
  }

  /// Waits for a checkpoint inside an epoch of this phase.
  bool reach(Process& process, std::int64_t phase) {
    return process.wait_until([&] {
      if (!fs::exists(run_dir("two") / "checkpoint.h5")) return false;
      const Checkpoint c = checkpoint("two");
      return c.integer("phase") == phase && c.integer("position/batch") >= 2;
    });
  }
};

/// The processes of this program that were started here or by one that was.
std::vector<int> trainers() {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::error_code ignored;
    const fs::path program = fs::read_symlink(entry.path() / "exe", ignored);
    if (program != fs::path(OCTET_TRAINER)) continue;
    std::ifstream in(entry.path() / "environ");
    const std::string environment{std::istreambuf_iterator<char>(in), {}};
    if (environment.find("OCTET_TEST_JOB=" + std::to_string(getpid())) != environment.npos) {
      found.push_back(std::stoi(entry.path().filename()));
    }
  }
  return found;
}

/// Of mpirun and all ranks, which may outlive it by a moment; at most a little more than 10.
double seconds_until_end(Process& process) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  process.wait();
  while (!trainers().empty() && seconds() < 10)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return seconds();
}

}  // namespace

TEST_CASE_FIXTURE(RanksFixture, "ranks: 1 and 2 end with the same bytes, LeNet, float and QAT") {
  run_by(0, sharded("one"));
  run_by(2, sharded("two"));
  check_same("one", "two");
  CHECK(summary("two")["speed"]["ranks"] == 2);
  CHECK(summary("two")["speed"]["shards"] == 4);
  CHECK(summary("one")["int8"] == summary("two")["int8"]);

  // Finished already, on whatever number of ranks.
  write(sharded("two"));
  const TrainerRun again = run({}, "two");
  CHECK(again.code == 0);
  CHECK(again.says("is finished already"));
}

TEST_CASE_FIXTURE(RanksFixture, "ranks: without shards as many as ranks; refusals come once") {
  Json c = config();
  c["dist"] = {{"shards", 1}};
  write(c);
  const TrainerRun few = run({"--ranks", "2"});
  CHECK(few.code != 0);
  CHECK(few.says("expected 2 shards, twice as many ... for 2 ranks, got 1"));
  CHECK(few.output.find("expected 2 shards") == few.output.rfind("expected 2 shards"));

  c.erase("dist");
  c.erase("quant");
  run_by(2, c);
  CHECK(summary()["speed"]["shards"] == 2);
}

TEST_SUITE("slow") {
  TEST_CASE_FIXTURE(RanksFixture, "ranks: 1, 2 and 4, LeNet and ResNet-8") {
    for (const char* zoo : {"lenet", "resnet8"}) {
      CAPTURE(zoo);
      for (const int ranks : {0, 2, 4}) {
        Json c = sharded(std::string(zoo) + std::to_string(ranks));
        c["model"]["zoo"] = zoo;
        run_by(ranks, c);
      }
      check_same(std::string(zoo) + "0", std::string(zoo) + "2");
      check_same(std::string(zoo) + "0", std::string(zoo) + "4");
    }
  }

  TEST_CASE_FIXTURE(RanksFixture, "ranks: one that is killed or hangs ends the job; resume") {
    run_by(0, sharded("one"));
    Json c = sharded("two");
    c["checkpoint"] = {{"every_batches", 1}};
    c["dist"]["timeout"] = 3;
    write(c);
    setenv("OCTET_TEST_JOB", std::to_string(getpid()).c_str(), 1);
    std::vector<std::string> arguments{"--ranks", "2"};
    struct Blow {
      int signal;
      std::int64_t phase;
      const char* text;
    };
    for (const Blow& blow :
         {Blow{SIGKILL, 0, " has died"}, Blow{SIGSTOP, 1, " has not answered for 3 s"}}) {
      CAPTURE(blow.text);
      const auto process = start(arguments, "two");
      REQUIRE(reach(*process, blow.phase));
      const std::vector<int> ranks = trainers();
      REQUIRE(ranks.size() >= 2);
      ::kill(*std::ranges::max_element(ranks), blow.signal);
      CHECK(seconds_until_end(*process) < 10);
      const std::string output = process->output();
      CAPTURE(output);
      CHECK(process->wait() != 0);
      // MPICH's mpiexec ends the others before they can say anything.
      if (blow.signal != SIGKILL || output.find("BAD TERMINATION") == output.npos) {
        CHECK(output.find("error: rank ") != output.npos);
        CHECK(output.find(", step ") != output.npos);
        CHECK(output.find(blow.text) != output.npos);
      }
      CHECK(trainers().empty());
      arguments = {"--ranks", "4", "--resume"};  // on another number
    }
    run_by(0, c, {"--resume"});
    check_same("one", "two");
  }
}
