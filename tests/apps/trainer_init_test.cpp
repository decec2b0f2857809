// Where a run starts from: weights of other programs and of networks with another head.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "tests/apps/trainer_fixture.h"
#include "tests/interop/weight_files.h"

using namespace octet;
using namespace octet::test;
namespace fs = std::filesystem;

namespace {

/// The state of a narrow LeNet, axes as PyTorch's, with `classes` outputs, in safetensors.
std::string lenet_file(int classes, std::uint64_t seed = 9) {
  const ModulePtr net =
      zoo::lenet({.classes = classes, .in_h = 20, .in_w = 20, .width = 0.25, .seed = seed});
  Json header = Json::object();
  std::string data;
  for (const NamedTensor& t : net->state()) {
    const Shape& s = t.value.shape();
    std::vector<float> values(t.value.span<real>().begin(), t.value.span<real>().end());
    std::vector<std::int64_t> shape(s.dims().begin(), s.dims().end());
    if (s.rank() == 4) {
      shape = {s[0], s[3], s[1], s[2]};
      std::size_t at = 0;
      for (std::int64_t o = 0; o < s[0]; ++o) {
        for (std::int64_t i = 0; i < s[3]; ++i) {
          for (std::int64_t k = 0; k < s[1] * s[2]; ++k) {
            values[at++] = t.value.r()[(o * s[1] * s[2] + k) * s[3] + i];
          }
        }
      }
    }
    const std::size_t begin = data.size();
    data += raw(values);
    header[t.name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
  }
  return safetensors(header.dump(), data);
}

struct InitFixture : TrainerFixture {
  /// One epoch of float training of "tiny", from `file` with these weights.
  Json importing(const std::string& file, const std::string& bytes) const {
    write_file(dir / file, {bytes.begin(), bytes.end()});
    Json c = config();
    c["train"]["epochs"] = 1;
    c.erase("quant");
    c["init"] = {{"import", file}};
    return c;
  }
};

}  // namespace

TEST_CASE_FIXTURE(InitFixture, "trainer: init.import starts from another program's weights") {
  Json c = importing("x.bin", lenet_file(10));
  c["train"]["optimizer"]["lr"] = 1e-30;  // weights stay, so that they can be seen
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("init.import x.bin: transferred 14 of 14 tensors\n"));
  CHECK(summary()["init"] == Json({{"tensors", 14},
                                   {"transferred", 14},
                                   {"new", Json::array()},
                                   {"unused", Json::array()}}));
  const ModulePtr expected =
      zoo::lenet({.classes = 10, .in_h = 20, .in_w = 20, .width = 0.25, .seed = 9});
  for (const NamedParameter& p : expected->named_parameters()) {
    if (p.name == "fc1.weight") continue;  // columns in PyTorch's order
    const Tensor got = checkpoint().tensor("model/" + p.name);
    const auto a = got.span<real>();
    const auto b = p.parameter->value.span<real>();
    const auto near = [](float x, float y) { return std::abs(x - y) < 1e-20f; };
    CHECK_MESSAGE(std::equal(a.begin(), a.end(), b.begin(), b.end(), near), p.name);
  }
}

TEST_CASE_FIXTURE(InitFixture, "trainer: a head of another number of classes is new") {
  write(importing("five.safetensors", lenet_file(5)));
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("init.import five.safetensors: transferred 12 of 14 tensors, new: fc2.*\n"));
  CHECK(r.says("of another shape: fc2.weight, expected [10, "));
  CHECK(summary()["init"]["new"] == Json({"fc2.weight", "fc2.bias"}));
  CHECK(summary()["config"]["init"]["import"] == "five.safetensors");

  SUBCASE("a run that has begun does not read the file again") {
    fs::remove(dir / "five.safetensors");
    CHECK(run().says("is finished already"));
    fs::remove(run_dir() / "summary.json");
    REQUIRE(run().code == 0);
    CHECK(summary()["init"]["transferred"] == 12);
  }
  SUBCASE("but not another one in its place") {
    const TrainerRun other = run({"--set", "init.import=six.safetensors"});
    CHECK(other.code == 1);
    CHECK(
        other.says("holds a run that started from five.safetensors, not from init.import "
                   "six.safetensors: choose another name"));
  }
  SUBCASE("from a checkpoint, too") {
    Json c = importing("five.safetensors", "");
    c["name"] = "next";
    c["init"] = {{"checkpoint", "runs/tiny/checkpoint.h5"}, {"skip", {"fc*"}}};
    write(c);
    const TrainerRun next = run({}, "next");
    CAPTURE(next.output);
    CHECK(next.code == 0);
    CHECK(next.says("transferred 10 of 14 tensors, new: fc1.*, fc2.*\n"));
  }
}

TEST_CASE_FIXTURE(InitFixture, "trainer: an interrupted run goes on without its init file") {
  Json c = importing("x.safetensors", lenet_file(10));
  c["train"]["epochs"] = 2;
  c["checkpoint"] = {{"every_batches", 1}};
  write(c);
  REQUIRE(run().code == 0);
  const Json whole = summary();
  fs::remove_all(run_dir());
  {
    const auto process = start();
    REQUIRE(process->wait_until([&] { return fs::exists(run_dir() / "checkpoint.h5"); }));
  }
  fs::remove(dir / "x.safetensors");
  const TrainerRun r = run({"--resume"});
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(summary()["float"] == whole["float"]);
  CHECK(summary()["init"] == whole["init"]);
}

TEST_CASE_FIXTURE(InitFixture, "trainer: weights that cannot be had or do not fit are refused") {
  const Json base = importing("x.safetensors", lenet_file(10));
  struct Row {
    Json init;
    const char* message;
  };
  const Row rows[] = {
      {{{"import", "none.npz"}},
       "error: tiny.json: /init/import: cannot read none.npz: No such file"},
      {{{"import", "digits.h5"}},
       "error: tiny.json: /init: the weights do not fit this network, "
       "none of digits.h5 was transferred"},
      {{{"import", "tiny.json"}}, "tiny.json: expected weights as safetensors"},
      {{{"import", "x.safetensors"}, {"skip", {"fd2*"}}},
       "error: tiny.json: /init: skip: nothing in the network matches 'fd2*'"},
      {{{"import", "x.safetensors"}, {"rename", Json::array({Json::array({"a", "*"})})}},
       "error: tiny.json: /init: '*' has more stars than 'a'"},
      {{{"import", "x.safetensors"}, {"rename", Json::array({Json::array({"a", "b"})})}},
       "error: tiny.json: /init: x.safetensors: rename: no tensor of it matches 'a' first"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.message));
    Json c = base;
    c["init"] = row.init;
    write(c);
    const TrainerRun r = run();
    CAPTURE(r.output);
    CHECK(r.code == 1);
    CHECK(r.says(row.message));
    CHECK_FALSE(fs::exists(run_dir() / "checkpoint.h5"));
  }
}

TEST_CASE_FIXTURE(InitFixture, "trainer: --weights hands on the trained float network") {
  Json c = importing("x.safetensors", lenet_file(10));
  write(c);
  CHECK(run({"--weights", "none/w.safetensors"}).says("error: cannot write none/w.safetensors"));
  CHECK_FALSE(fs::exists(run_dir()));
  const TrainerRun r = run({"--weights", "w.safetensors"});
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("weights of the float network: w.safetensors\n"));
  const auto bytes = read_file(dir / "w.safetensors");
  CHECK(run({"--weights", "again.safetensors"}).says("is finished already"));
  CHECK(read_file(dir / "again.safetensors") == bytes);

  c["name"] = "next";
  c["init"] = {{"import", "w.safetensors"}};
  c.erase("train");
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}, {"batch", 16}};
  write(c);
  REQUIRE(run({}, "next").code == 0);
  CHECK(summary("next")["float"] == summary()["float"]);
}

TEST_CASE_FIXTURE(InitFixture, "trainer: what is new needs training") {
  Json c = importing("five.safetensors", lenet_file(5));
  c.erase("train");
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 1);
  CHECK(
      r.says("error: tiny.json: /init: transferred 12 of 14 tensors, new: fc2.*; but mode ptq "
             "trains nothing: expected all of them"));
  write(importing("ten.safetensors", lenet_file(10)));
  c["init"]["import"] = "ten.safetensors";
  write(c);
  CHECK(run().code == 0);
}
