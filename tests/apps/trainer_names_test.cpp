// The trainer's files name the classes and say how pictures become inputs.
#include <doctest/doctest.h>

#include <cstring>

#include "apps/common/picture_input.h"
#include "base/mapped_file.h"
#include "data/readers.h"
#include "data/source.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/reader.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace {

ModelMetadata metadata_of(const std::filesystem::path& file) {
  return read_model_metadata(map_file(file).bytes).value_or(ModelMetadata{});
}

std::string text_of(const std::filesystem::path& file) {
  const std::vector<char> bytes = test::read_file(file);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE_FIXTURE(TrainerFixture, "trainer: model.tflite and labels.txt name the classes") {
  // More outputs than classes, and a name that is no line.
  Dataset train = open_dataset("hdf5", dir / "digits.h5", "train");
  Dataset test = open_dataset("hdf5", dir / "digits.h5", "test");
  train.class_names[3] = test.class_names[3] = "th\nree";
  write_hdf5(dir / "digits.h5", {{"train", train}, {"test", test}});
  Json c = config();
  c["train"]["epochs"] = 1;
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
  c["model"]["classes"] = 11;
  c["outputs"] = {{"fp16", true}};
  c["data"]["input"] = {{"h", 24}, {"w", 22}, {"resize", "area"}, {"keep_aspect", "pad"}};
  c["data"]["crop_h"] = c["data"]["crop_w"] = 20;
  write(c);
  const TrainerRun r = run();
  REQUIRE_MESSAGE(r.code == 0, r.output);
  const std::vector<std::string> names{"0", "1", "2", "th?ree", "4", "5", "6", "7", "8", "9", "10"};
  for (const char* file : {"model.tflite", "model_fp16.tflite"}) {
    CAPTURE(file);
    const ModelMetadata m = metadata_of(run_dir() / file);
    REQUIRE(m.inputs.size() == 1);
    CHECK(m.inputs[0].mean == std::vector<float>{128});
    CHECK(m.inputs[0].std == std::vector<float>{128});
    CHECK(m.inputs[0].color == ColorSpace::grey);
    CHECK(m.inputs[0].height == 20);
    CHECK(m.inputs[0].width == 20);
    REQUIRE(m.outputs.size() == 1);
    CHECK(m.outputs[0].labels == names);
    const auto size =
        parse_picture_input(read_tflite(run_dir() / file).metadata.at(picture_input_entry));
    REQUIRE(size);
    CHECK(size->h == 24);
    CHECK(size->w == 22);
    CHECK(size->resize == ResizeFilter::area);
    CHECK(size->keep_aspect == KeepAspect::pad);
  }
  const std::string labels = "0\n1\n2\nth?ree\n4\n5\n6\n7\n8\n9\n10\n";
  CHECK(text_of(run_dir() / "labels.txt") == labels);
  const Json s = summary();
  CHECK(s["files"]["labels"] == "labels.txt");
  CHECK(s["labels"] == Json(names));
  CHECK(s["int8"]["bytes"] == model().size());
  CHECK(s["int8"]["codes_different"] == 0);

  SUBCASE("a file of names that is lost or changed is made again") {
    const auto model_before = model();
    for (const char* damaged : {"", "0\n"}) {
      test::write_file(run_dir() / "labels.txt", {damaged, damaged + std::strlen(damaged)});
      CHECK(run().code == 0);
      CHECK(text_of(run_dir() / "labels.txt") == labels);
    }
    std::filesystem::remove(run_dir() / "labels.txt");
    CHECK(run().code == 0);
    CHECK(text_of(run_dir() / "labels.txt") == labels);
    CHECK(model() == model_before);
  }
}

TEST_CASE_FIXTURE(TrainerFixture, "trainer: data without names give files without") {
  Dataset train = open_dataset("hdf5", dir / "digits.h5", "train");
  Dataset test = open_dataset("hdf5", dir / "digits.h5", "test");
  train.class_names = test.class_names = {};
  write_hdf5(dir / "digits.h5", {{"train", train}, {"test", test}});
  Json c = config();
  c["train"]["epochs"] = 1;
  c["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 2}};
  write(c);
  const TrainerRun r = run();
  REQUIRE_MESSAGE(r.code == 0, r.output);
  CHECK_FALSE(std::filesystem::exists(run_dir() / "labels.txt"));
  CHECK_FALSE(summary()["files"].contains("labels"));
  const ModelMetadata m = metadata_of(run_dir() / "model.tflite");
  CHECK(m.inputs[0].mean == std::vector<float>{128});
  CHECK(m.outputs[0].labels.empty());
  CHECK(run().says("finished already"));
}
