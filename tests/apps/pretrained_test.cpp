// The networks in pretrained/: what their README says of each file, and their accuracy.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/fnv1a.h"
#include "data/source.h"
#include "eval/evaluate.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/weights/read_weights.h"
#include "interop/weights/transfer.h"
#include "layers/zoo/zoo.h"
#include "tests/support.h"

using namespace octet;
namespace fs = std::filesystem;

namespace {

const fs::path folder = test::source_dir() / "pretrained";

std::string readme() {
  const auto bytes = test::read_file(folder / "README.md");
  return {bytes.begin(), bytes.end()};
}

/// The row of the README's table of files.
std::string row_of(const fs::path& file) {
  std::istringstream lines(readme());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `" + file.filename().string() + "` |")) return line;
  }
  return "no row of " + file.filename().string();
}

std::string with_commas(std::uintmax_t n) {
  std::string s = std::to_string(n);
  for (std::size_t at = s.size(); at > 3;) s.insert(at -= 3, 1, ',');
  return s;
}

Loader test_split(DataFormat format, const fs::path& path) {
  LoaderOptions options{.batch = 100};
  options.transform.normalize = {.mean = {128}, .std = {128}};
  return Loader(open_data_source(format, path).test, options);
}

/// The weights of a file in the zoo's network, every one of them.
ModulePtr with_weights(const ModulePtr& net, const Shape& input, const char* file) {
  const auto graph = trace(net, Tensor::zeros(input));
  const Transfer t = transfer_weights(read_weights(folder / file), *graph);
  CHECK(t.fresh.empty());
  CHECK(t.unused.empty());
  return net;
}

}  // namespace

TEST_CASE("pretrained: files are those that the README describes") {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() == "README.md") continue;
    const auto bytes = test::read_file(entry.path());
    const std::string row = row_of(entry.path());
    CAPTURE(row);
    CHECK(bytes.size() < 400'000);
    CHECK(row.find("| " + with_commas(bytes.size()) + " |") != row.npos);
    const std::string hash = hash_text(Fnv1a().add(std::as_bytes(std::span(bytes))).value());
    CHECK_MESSAGE(row.find("| `" + hash + "` |") != row.npos, hash);
    ++files;
  }
  CHECK(files == 4);
}

TEST_CASE("pretrained: the digits' network has the accuracy that is said") {
  Context ctx;
  Loader test = test_split(DataFormat::hdf5, test::source_dir() / "data" / "digits.h5");
  const auto net = with_weights(zoo::resnet8({.classes = 10, .in_h = 20, .in_w = 20, .in_c = 1}),
                                {1, 20, 20, 1}, "digits_resnet8.safetensors");
  const std::int64_t correct = evaluate(*net, test, ctx).correct;
  CHECK(std::abs(correct - 981) <= 2);  // float sums differ by CPU
  const int8::Model model(read_tflite(folder / "digits_resnet8.tflite"));
  CHECK(evaluate(model, test, ctx).correct == 982);  // integers do not
}

TEST_SUITE("shared") {
  TEST_CASE("pretrained: Fashion-MNIST's network has the accuracy that is said") {
    Context ctx;
    Loader test = test_split(DataFormat::idx, *test::shared_dir() / "data" / "fashion-mnist");
    const auto net =
        with_weights(zoo::lenet({.classes = 10, .in_h = 28, .in_w = 28, .in_c = 1, .width = 0.2}),
                     {1, 28, 28, 1}, "fashion_mnist_lenet.safetensors");
    const std::int64_t correct = evaluate(*net, test, ctx).correct;
    CHECK(std::abs(correct - 9223) <= 3);
    const int8::Model model(read_tflite(folder / "fashion_mnist_lenet.tflite"));
    CHECK(evaluate(model, test, ctx).correct == 9220);
  }
}
