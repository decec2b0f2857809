// The trainer: what quant.target makes of a network.
#include <doctest/doctest.h>

#include <algorithm>

#include "interop/tflite/reader.h"
#include "tests/apps/trainer_fixture.h"

namespace {

using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;
namespace int8 = octet::int8;

int8::Graph graph_of(const TrainerFixture& f) {
  return octet::read_tflite((f.run_dir() / "model.tflite").string());
}

/// The largest magnitude of a code of the weights.
int largest_weight(const int8::Graph& graph) {
  int most = 0;
  for (const int8::TensorDef& t : graph.tensors) {
    if (t.type != int8::DType::i8 || !t.constant) continue;
    for (std::size_t i = 0; i < t.constant.size; ++i)
      most =
          std::max(most, std::abs(static_cast<int>(static_cast<std::int8_t>(t.constant.data[i]))));
  }
  return most;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++n;
  return n;
}

}  // namespace

TEST_CASE_FIXTURE(TrainerFixture, "trainer: for TensorRT zero points are 0") {
  for (const char* mode : {"qat", "ptq"}) {
    CAPTURE(mode);
    Json c = config();
    if (mode == std::string("ptq")) c["quant"] = {{"mode", mode}};
    c["quant"]["target"] = "tensorrt";
    c["name"] = mode;
    write(c);
    const TrainerRun r = run({}, mode);
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
    CHECK(summary(mode)["int8"]["codes_different"] == 0);
    CHECK(summary(mode)["int8"]["accuracy"].get<double>() > 0.3);
    const int8::Graph graph = octet::read_tflite((run_dir(mode) / "model.tflite").string());
    for (const int8::TensorDef& t : graph.tensors) {
      CAPTURE(t.name);
      for (const std::int32_t z : t.quantization.zero_point) CHECK(z == 0);
    }
    CHECK(largest_weight(graph) == 127);
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: for MNN weights have 7 bits, or what is said") {
  Json c = config();
  c["quant"]["target"] = "mnn";
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(summary()["int8"]["codes_different"] == 0);
  CHECK(summary()["int8"]["accuracy"] == summary()["qat"]["accuracy"]);
  CHECK(largest_weight(graph_of(*this)) == 63);
  CHECK_FALSE(r.says("(rule weight_bits)"));
  const TrainerRun other = run({"--set", "quant.weight_bits=4"});
  CHECK(other.code == 1);
  CHECK_MESSAGE(other.says("(/quant/weight_bits"), other.output);
  CHECK(run({"--set", "quant.weight_bits=0"}).says("finished already"));  // which it was
  CHECK(run({"--overwrite", "--set", "quant.weight_bits=4"}).code == 0);
  CHECK(largest_weight(graph_of(*this)) == 7);
}

TEST_CASE_FIXTURE(TrainerFixture,
                  "trainer: a warning of the target is said once, before training") {
  Json c = config();
  c["quant"]["target"] = "mnn";
  c["quant"]["weight_bits"] = 8;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const std::string warning =
      "warning: mnn: operator 0 (CONV_2D) \"conv1\" and 1 more: weight codes";
  CHECK(count(r.output, warning) == 1);
  CHECK(r.output.find(warning) < r.output.find("starting lenet"));
  CHECK(r.says("fix: quant.weight_bits: 7, which quant.target takes by itself (rule weight_bits)"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: what ONNX Runtime computes in floats, a line a kind") {
  Json c = config();
  c["model"]["zoo"] = "mobilenet_v3_small";
  c["train"]["epochs"] = 1;
  c["quant"] = {{"mode", "ptq"}, {"target", "onnxruntime"}, {"calibrate_batches", 2}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(summary()["int8"]["rounding"] == "float");
  CHECK(count(r.output, "(HARD_SWISH)") == 1);
  CHECK(r.says(" more: runs in floats between quantizers"));
  CHECK(r.says("fix: silu, relu6 or leaky_relu in its place (rule float_operators)"));
}
