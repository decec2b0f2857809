// octet deploy of a run's folder: ten of its test images, its normalization and class names.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/fnv1a.h"
#include "data/readers.h"
#include "data/source.h"
#include "tests/process.h"

namespace {

namespace fs = std::filesystem;
using octet::test::Process;
using octet::test::TempDir;

std::string text(const fs::path& file) {
  const std::vector<char> bytes = octet::test::read_file(file);
  return {bytes.begin(), bytes.end()};
}

/// What the trainer writes, as far as it is read.
void write_run(const fs::path& run, const std::string& data, const std::string& hash) {
  fs::create_directory(run);
  fs::copy_file(octet::test::source_dir() / "pretrained/digits_resnet8.tflite",
                run / "model.tflite");
  const std::string summary =
      R"({"name": "digits", "data": {"path": ")" + data + R"(", "test_hash": ")" + hash +
      R"("}, "files": {"model": "model.tflite"}, "config": {"data": {"format": "hdf5",
      "path": "../of/the/configuration.h5", "normalize": {"mean": [0], "std": [255]}}}})";
  octet::test::write_file(run / "summary.json", {summary.begin(), summary.end()});
}

TEST_CASE("octet deploy RUN") {
  const TempDir dir;
  const fs::path digits = octet::test::source_dir() / "data/digits.h5";
  const octet::Dataset test = octet::open_data_source(octet::DataFormat::hdf5, digits).test;
  const std::string hash = octet::hash_text(octet::content_hash(test));
  const auto deploy = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {OCTET_CLI, "deploy"});
    Process process(words, dir.path());
    const int code = process.wait();
    return std::pair(code, process.output());
  };

  write_run(dir / "run", "../data/digits.h5", hash);
  const auto lost = deploy({"run", "--target", "linux"});
  CHECK(lost.first == 1);
  CHECK(lost.second.find("say with --data where it is") != std::string::npos);

  const auto good = deploy({"run", "--target", "linux", "--data", digits.string()});
  CHECK_MESSAGE(good.first == 0, good.second);
  const std::string pixels = text(dir / "digits-linux" / "golden/pixels.bin");
  const std::size_t size = 20 * 20;
  REQUIRE(pixels.size() == 10 * size);
  const auto* images = reinterpret_cast<const char*>(test.images.data<std::uint8_t>());
  const std::size_t last = static_cast<std::size_t>(9 * test.size() / 10);
  CHECK(pixels.substr(9 * size) == std::string(images + last * size, size));
  const std::string readme = text(dir / "digits-linux" / "README.md");
  CHECK(readme.find("ten test images of the run's data set") != std::string::npos);
  CHECK(readme.find("made from the run `digits`") != std::string::npos);

  // The same as numbers: no picture's preprocessing, the same inputs.
  octet::Tensor reals = octet::Tensor::empty(test.images.shape());
  std::ranges::copy(test.images.span<std::uint8_t>(), reals.r());
  const octet::Dataset numbers = octet::make_dataset(reals, test.labels, {}, "reals");
  octet::write_hdf5(dir / "reals.h5", {{"train", numbers}, {"test", numbers}});
  const octet::Dataset read =
      octet::open_data_source(octet::DataFormat::hdf5, dir / "reals.h5").test;
  write_run(dir / "of_numbers", (dir / "reals.h5").string(),
            octet::hash_text(octet::content_hash(read)));
  const auto arrays = deploy({"of_numbers", "--target", "linux", "--out", "arrays"});
  REQUIRE_MESSAGE(arrays.first == 0, arrays.second);
  CHECK(text(dir / "arrays/golden/inputs.bin") == text(dir / "digits-linux/golden/inputs.bin"));
  CHECK_FALSE(fs::exists(dir / "arrays/golden/pixels.bin"));
  CHECK_FALSE(fs::exists(dir / "arrays/preprocess.h"));
  CHECK(text(dir / "arrays/README.md").find("real = (number - 0) / 255; code = ") !=
        std::string::npos);

  write_run(dir / "other", digits.string(), "0123456789abcdef");
  const auto wrong = deploy({"other", "--target", "linux", "--out", "x"});
  CHECK(wrong.first == 1);
  CHECK(wrong.second.find("not the test images of the run") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "x"));
}

}  // namespace
