// outputs.fp16, outputs.onnx, outputs.onnx_fp16: files of the float network, beside the others.
#include "interop/onnx/import_onnx.h"
#include "interop/tflite_import/import_tflite.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace fs = std::filesystem;

namespace {

std::vector<char> fp16_file(const TrainerFixture& run) {
  return test::read_file(run.run_dir() / "model_fp16.tflite");
}

void check_fp16(const TrainerFixture& run, const TrainerRun& r) {
  const Json s = run.summary();
  REQUIRE(s.contains("fp16"));
  CHECK(s["files"]["fp16"] == "model_fp16.tflite");
  CHECK(s["fp16"]["bytes"] == fp16_file(run).size());
  CHECK(s["fp16"]["hash"].get<std::string>().size() == 16);
  // Of 50 pictures rounding moves few.
  CHECK(std::abs(s["fp16"]["accuracy"].get<double>() - s["float"]["accuracy"].get<double>()) <=
        0.04);
  CHECK(s["fp16"]["bytes"].get<double>() < 0.55 * s["float"]["bytes"].get<double>() + 4000);
  CHECK(r.says("fp16 model_fp16.tflite"));
  const TfliteNetwork read = import_tflite((run.run_dir() / "model_fp16.tflite").string());
  CHECK(read.graph->parameter_count() < s["float"]["parameters"].get<std::int64_t>());
}

}  // namespace

TEST_CASE_FIXTURE(TrainerFixture, "fp16: beside int8, and made again from the checkpoint") {
  write(config());
  REQUIRE(run().code == 0);
  CHECK_FALSE(fs::exists(run_dir() / "model_fp16.tflite"));
  CHECK_FALSE(summary().contains("fp16"));
  const Json before = summary();

  // The finished run lacks it.
  const TrainerRun made = run({"--set", "outputs.fp16=true"});
  CAPTURE(made.output);
  REQUIRE(made.code == 0);
  CHECK(made.says("making them again"));
  check_fp16(*this, made);
  CHECK(summary()["int8"] == before["int8"]);
  const auto bytes = fp16_file(*this);

  Json c = config();
  c["outputs"] = {{"fp16", true}};
  write(c);
  SUBCASE("a finished run that has it stays as it is") {
    const TrainerRun again = run();
    CHECK(again.code == 0);
    CHECK(again.says("is finished already"));
    CHECK(again.says("fp16 model_fp16.tflite"));
  }
  SUBCASE("a damaged one is made again, the same") {
    test::write_file(run_dir() / "model_fp16.tflite", {'x'});
    CHECK(run().code == 0);
    CHECK(fp16_file(*this) == bytes);
  }
  SUBCASE("from the start, the same") {
    CHECK(run({"--overwrite"}).code == 0);
    CHECK(fp16_file(*this) == bytes);
    int files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(run_dir())) ++files;
    CHECK(files == 9);
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "fp16: of a run in float alone") {
  Json c = config();
  c.erase("quant");
  c["outputs"] = {{"fp16", true}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  check_fp16(*this, r);
  CHECK_FALSE(fs::exists(run_dir() / "model.tflite"));
}

TEST_CASE_FIXTURE(TrainerFixture, "onnx: the float network in float32 and in float16") {
  Json c = config();
  c.erase("quant");
  c["outputs"] = {{"onnx", true}, {"onnx_fp16", true}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  CHECK(s["files"]["onnx"] == "model.onnx");
  CHECK(s["files"]["onnx_fp16"] == "model_fp16.onnx");
  CHECK(s["onnx"]["accuracy"] == s["float"]["accuracy"]);
  CHECK(std::abs(s["onnx_fp16"]["accuracy"].get<double>() - s["float"]["accuracy"].get<double>()) <=
        0.04);
  CHECK(s["onnx_fp16"]["bytes"].get<double>() < 0.6 * s["onnx"]["bytes"].get<double>() + 4000);
  CHECK(r.says("float model.onnx"));
  CHECK(r.says("fp16 model_fp16.onnx"));
  CHECK(import_onnx((run_dir() / "model.onnx").string()).opset == 13);

  // A damaged file is made again, the same.
  const auto bytes = test::read_file(run_dir() / "model.onnx");
  test::write_file(run_dir() / "model.onnx", {'x'});
  CHECK(run().code == 0);
  CHECK(test::read_file(run_dir() / "model.onnx") == bytes);
}
