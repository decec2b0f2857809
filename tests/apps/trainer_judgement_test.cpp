// What a run says of its model, and the files it says it in.
#include "tests/apps/trainer_fixture.h"
#include "tests/support.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;
namespace fs = std::filesystem;

namespace {

std::string text_of_file(const fs::path& file) {
  const std::vector<char> bytes = test::read_file(file);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE_FIXTURE(TrainerFixture, "trainer: a run judges its model") {
  write(config());
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  const Json s = summary();
  std::int64_t images = 0, right = 0;
  const Json& matrix = s["confusion"]["matrix"];
  REQUIRE(matrix.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t k = 0; k < 10; ++k) {
      images += matrix[i][k].get<std::int64_t>();
      if (i == k) right += matrix[i][k].get<std::int64_t>();
    }
  }
  CHECK(images == 50);
  CHECK(static_cast<double>(right) / 50 == s["int8"]["accuracy"]);  // of the file that ships
  CHECK(s["worst"].size() == 20);
  CHECK(s["worst"][0]["loss"] >= s["worst"][19]["loss"]);
  CHECK(s["layers"].size() == 5);  // input, two convolutions, two linear layers
  for (const Json& layer : s["layers"]) CHECK(layer["scale"].get<double>() > 0);
  CHECK(r.says("true \\ predicted"));

  const std::string page = text_of_file(run_dir() / "report.html");
  CHECK(page.find("<!DOCTYPE html>") == 0);
  CHECK(page.find("model.tflite") != page.npos);
  CHECK(page.find("data:image/png;base64,") != page.npos);
  const std::string curves = text_of_file(run_dir() / "curves.csv");
  CHECK(std::count(curves.begin(), curves.end(), '\n') == 1 + 2 + 3);
  CHECK(fs::file_size(run_dir() / "events.out.tfevents.octet") > 100);

  fs::remove(run_dir() / "report.html");
  CHECK(run().code == 0);
  CHECK(text_of_file(run_dir() / "report.html") == page);

  const TrainerRun good = run({"--fail-below", "0.1"}), bad = run({"--fail-below", "0.999"});
  CHECK(good.code == 0);
  CHECK(bad.code == 1);
  CHECK(bad.says("error: int8 accuracy "));
  CHECK(bad.says("is below --fail-below 0.999"));
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: where int8 is bad, the run says what to change") {
  Json c = config();
  c["train"]["epochs"] = 6;
  c["quant"]["optimizer"]["lr"] = 0.5;
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("warning: int8 has "));
  const Json s = summary();
  REQUIRE(s.contains("advice"));
  CHECK(s["advice"][0].get<std::string>().find("right after calibration") != std::string::npos);
  CHECK(r.says(s["advice"][0].get<std::string>()));
  CHECK(text_of_file(run_dir() / "report.html").find("right after calibration") !=
        std::string::npos);
}
