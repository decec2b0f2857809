// octet-bench step: what it times, how it checks it, and its errors.
#include <chrono>
#include <limits>

#include "apps/bench/gradient_error.h"
#include "tests/apps/trainer_fixture.h"
#include "tests/interop/onnx_builder.h"

using namespace octet;
using octet::test::Json;
using octet::test::OnnxBuilder;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace {

struct BenchFixture : TrainerFixture {
  TrainerRun bench(std::vector<std::string> words) const {
    words.insert(words.begin(), {OCTET_BENCH, "step"});
    test::Process process(words, dir.path());
    TrainerRun r;
    r.code = process.wait();
    r.output = process.output();
    return r;
  }
  Json json(std::vector<std::string> words) const {
    words.insert(words.end(), {"--seconds", "0", "--json", "-"});
    const TrainerRun r = bench(words);
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
    return Json::parse(r.output);
  }
};

/// Multiply-adds of a forward of the LeNet of width 0.25 on 20 x 20 pictures.
constexpr double lenet_macs =
    25 * 20 * 20 * 8 + 25 * 8 * 10 * 10 * 16 + 5 * 5 * 16 * 128 + 128 * 10;

}  // namespace

TEST_CASE_FIXTURE(BenchFixture, "octet-bench step: a network that reconstructs its input") {
  for (const char* mode : {"float", "qat", "qat-frozen"}) {
    CAPTURE(mode);
    const Json j = json({"--net", "autoencoder", "--mode", mode, "--batch", "4"});
    CHECK(j["check"]["gradient_error"].get<double>() < 0.02);
    CHECK(j["macs"] > 0);
  }
}

TEST_CASE(
    "octet-bench step: a wrong gradient in a small layer is an error, rounding of zero is none") {
  const std::vector<double> large(10000, 1.0), small(4, 0.01), zero(4, 0.0);
  std::vector<float> got_large(10000, 1.0f), got_small(4, 0.01f), got_zero(4, 1e-7f);
  const double all = bench::length(large);
  const auto error = [&] {
    return bench::largest_error(
        {{"large", got_large, large}, {"small", got_small, small}, {"zero", got_zero, zero}}, all);
  };
  CHECK(error().error < 1e-4);
  got_small[2] = 0.012f;
  CHECK(error().name == "small");
  CHECK(error().error == doctest::Approx(0.1).epsilon(1e-3));
  got_large[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error().name == "large");
  CHECK_FALSE(error().error <= 0.1);
}

TEST_CASE_FIXTURE(BenchFixture,
                  "octet-bench step: gradients on codes are checked in double precision") {
  for (const char* mode : {"qat", "qat-frozen"}) {
    const Json check = json({"--net", "resnet8", "--mode", mode, "--batch", "2"})["check"];
    CHECK(check["against"] == "portable kernels, double precision");
    CHECK(check["worst_parameter"].get<std::string>() != "");
    CHECK(check["gradient_error"].get<double>() > 0);
    CHECK(check["gradient_error"].get<double>() < 1e-3);
  }
}

TEST_CASE_FIXTURE(BenchFixture, "octet-bench step: --config is the trainer's network and step") {
  Json c = config();
  c["train"]["batch"] = 24;
  c["quant"]["batch"] = 12;
  c["train"]["loss"] = {{"label_smoothing", 0.1},
                        {"class_weights", {1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5}}};
  c["quant"]["parameters"] = {{{"pattern", "conv*"}, {"freeze", true}}};
  write(c);
  const Json real = json({"--config", "tiny.json", "--mode", "float", "--profile"});
  CHECK(real["batch"] == 24);
  CHECK(real["macs"] == 24 * lenet_macs);
  CHECK(real["check"]["gradient_error"].get<double>() < 0.02);
  // Both gradients of each layer, but none for the pictures.
  CHECK(real["backward_macs"] == 24 * (2 * lenet_macs - 25 * 20 * 20 * 8));
  const Json frozen = json({"--config", "tiny.json", "--mode", "qat", "--batch", "8", "--profile"});
  CHECK(frozen["batch"] == 8);
  // Frozen convolutions have no weight gradient; batch norm still trains, so the gradient of
  // conv2's input is computed.
  CHECK(frozen["backward_macs"] == 8 * (2 * (5 * 5 * 16 * 128 + 128 * 10) + 25 * 8 * 10 * 10 * 16));
  for (const Json& op : frozen["profile"]["ops"]) {
    CHECK(op["forward_share_of_ceiling"] < 1);
    CHECK(op["backward_share_of_ceiling"] < 1.1);
  }

  c["data"]["path"] = "none.h5";
  write(c);
  CHECK(bench({"--config", "tiny.json"}).says("octet-bench: tiny.json: /data: "));
  c = config();
  c["quant"]["loss"] = {{"class_weights", {1, 2}}};
  write(c);
  CHECK(bench({"--config", "tiny.json", "--mode", "qat"})
            .says("tiny.json: /quant/loss/class_weights: expected 1 or 10 numbers, got 2"));
  c.erase("quant");
  write(c);
  CHECK(bench({"--config", "tiny.json", "--mode", "qat"})
            .says("tiny.json: /quant/mode: expected qat for --mode qat"));
}

TEST_CASE_FIXTURE(BenchFixture, "octet-bench step: --config of an imported network") {
  OnnxBuilder b;
  b.input("image", {0, 1, 20, 20})
      .floats("conv.weight", {8, 1, 3, 3}, test::numbers(72))
      .floats("fc.weight", {5, 8}, test::numbers(40))
      .node("Conv", {"image", "conv.weight"}, {"c"})
      .node("Relu", {"c"}, {"r"})
      .node("GlobalAveragePool", {"r"}, {"p"})
      .node("Flatten", {"p"}, {"f"})
      .node("Gemm", {"f", "fc.weight"}, {"y"})
      .with("transB", 1)
      .output("y");
  const std::string bytes = b.bytes();
  test::write_file(dir / "net.onnx", {bytes.begin(), bytes.end()});
  Json c = config();
  c["model"] = {{"import", "net.onnx"}};
  write(c);
  for (const char* mode : {"float", "qat", "qat-frozen"}) {
    CAPTURE(mode);
    const Json j = json({"--config", "tiny.json", "--mode", mode, "--batch", "4"});
    CHECK(j["macs"] == 4 * (18 * 18 * 9 * 8 + 80));
    CHECK(j["check"]["against"] == "portable kernels");
    CHECK(j["check"]["gradient_error"].get<double>() < 5e-3);
  }
}

TEST_CASE_FIXTURE(BenchFixture, "octet-bench step: ceilings hold on every instruction set") {
  const Json best = json({"--net", "ds_cnn", "--mode", "qat", "--batch", "2", "--profile"});
  ::setenv("OCTET_MAX_ISA", "portable", 1);
  const Json portable = json({"--net", "ds_cnn", "--mode", "qat", "--batch", "2", "--profile"});
  ::unsetenv("OCTET_MAX_ISA");
  for (const Json& j : {best, portable}) {
    CAPTURE(j["isa"].get<std::string>());
    CHECK(j["ceiling_gflops_per_core"] > 1);
    CHECK(j["ceiling_gflops_per_core"] < 2000);
    CHECK(j["gflops"] < j["ceiling_gflops_per_core"]);
    for (const Json& op : j["profile"]["ops"]) {
      CHECK(op["forward_share_of_ceiling"] < 1.1);
      CHECK(op["backward_share_of_ceiling"] < 1.1);
    }
  }
  CHECK(portable["int8_ceiling_gflops_per_core"] == 0);
}

TEST_CASE_FIXTURE(BenchFixture, "octet-bench step: errors come before the measurement") {
  CHECK(bench({}).code == 2);
  CHECK(bench({"--net", "lenet", "--config", "tiny.json"}).code == 2);
  CHECK(bench({"--net", "lenett"}).code == 2);
  const auto start = std::chrono::steady_clock::now();
  const TrainerRun r = bench({"--net", "lenet", "--seconds", "60", "--json", "none/j.json"});
  CHECK(r.code == 1);
  CHECK(r.says("octet-bench: cannot write none/j.json"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}
