// octet deploy: the folders of a model and of a run; refusals.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/process.h"

namespace {

namespace fs = std::filesystem;
using octet::test::Process;
using octet::test::TempDir;

struct Result {
  int code;
  std::string output;
};

Result deploy(const TempDir& dir, std::vector<std::string> words) {
  words.insert(words.begin(), {OCTET_CLI, "deploy"});
  Process process(words, dir.path());
  const int code = process.wait();
  return {code, process.output()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string text(const fs::path& file) {
  const std::vector<char> bytes = octet::test::read_file(file);
  return {bytes.begin(), bytes.end()};
}

/// A classifier of grey 8x8 pictures into three classes: pixel - 128 are its codes.
std::string write_model(const TempDir& dir) {
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 8, 8, 1}, 1.0f / 255, -128);
  const int y = b.value("y", {1, 3}, 0.25f, 5);
  b.node(octet::int8::OpCode::fully_connected,
         {x, b.weights("w", {3, 64}, -1, 0.02f), b.bias("b", 3)}, {y},
         octet::int8::FullyConnectedAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  octet::write_tflite(b.graph, dir / "net.tflite");
  return "net.tflite";
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = text(entry.path());
  }
  return files;
}

TEST_CASE("octet deploy: the same folder twice, refused over another, replaced if asked") {
  const TempDir dir;
  const std::string model = write_model(dir);
  octet::test::write_file(dir / "labels.txt", {'a', '\n', 'b', '\n', 'c', '\n'});
  const std::vector<std::string> options = {model,    "--target", "linux", "--labels", "labels.txt",
                                            "--mean", "0",        "--std", "255",      "--out"};
  const auto to = [&](const char* out) {
    std::vector<std::string> words = options;
    words.push_back(out);
    return words;
  };
  const Result r = deploy(dir, to("one"));
  CHECK(r.code == 0);
  CHECK(has(r.output, "one: the golden samples' line is \"10 of 10 equal\""));
  CHECK(deploy(dir, to("two")).code == 0);
  const auto files = contents(dir / "one");
  CHECK(files == contents(dir / "two"));
  CHECK(files.at("golden/pixels.bin").size() == 640);
  CHECK(files.at("golden/outputs.bin").size() == 30);
  CHECK(files.at("labels.txt") == "a\nb\nc\n");
  CHECK(has(files.at("README.md"), "input = pixel - 128"));
  CHECK(std::count(files.at("README.md").begin(), files.at("README.md").end(), '\n') < 50);
  for (const auto& file : files) {
    CAPTURE(file.first);
    if (!file.first.ends_with(".bin") && !file.first.ends_with(".tflite"))
      CHECK_FALSE(has(file.second, "{{"));
  }

  const Result again = deploy(dir, to("one"));
  CHECK(again.code == 1);
  CHECK(has(again.output, "one: there is something already"));
  std::vector<std::string> overwrite = to("one");
  overwrite.push_back("--overwrite");
  CHECK(deploy(dir, overwrite).code == 0);
}

TEST_CASE("octet deploy: a folder for every target") {
  const TempDir dir;
  const std::string model = write_model(dir);
  const std::vector<std::vector<std::string>> targets = {{"--target", "tflite", "--for", "python"},
                                                         {"--target", "tflite", "--for", "web"},
                                                         {"--target", "litert", "--for", "android"},
                                                         {"--target", "litert"},
                                                         {"--target", "tflm"},
                                                         {"--target", "c"},
                                                         {"--target", "linux"},
                                                         {"--target", "onnxruntime"},
                                                         {"--target", "openvino"},
                                                         {"--target", "mnn"}};
  int number = 0;
  for (const std::vector<std::string>& target : targets) {
    CAPTURE(target[1]);
    for (const bool picture : {false, true}) {
      std::vector<std::string> words = {model, "--out", std::to_string(number++)};
      words.insert(words.end(), target.begin(), target.end());
      if (picture) words.insert(words.end(), {"--mean", "100", "--std", "50"});
      const Result r = deploy(dir, words);
      CHECK_MESSAGE(r.code == 0, r.output);
      CHECK(fs::exists(dir / words[2] / "README.md"));
    }
  }
}

/// A convolution of pictures [1, 4, 4, 3], zero points 0: for every target.
std::string write_symmetric(const TempDir& dir) {
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 3}, 0.02f, 0), y = b.value("y", {1, 4, 4, 2}, 0.05f, 0);
  b.node(octet::int8::OpCode::conv_2d, {x, b.weights("w", {2, 1, 1, 3}, 0, 0.02f), b.bias("b", 2)},
         {y}, octet::int8::ConvAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  b.graph.rounding = octet::int8::Rounding::single_rounding;
  octet::write_tflite(b.graph, dir / "symmetric.tflite");
  return "symmetric.tflite";
}

TEST_CASE("octet deploy: folders with ONNX have images NCHW, and the user's command") {
  const TempDir dir;
  const std::string model = write_symmetric(dir);
  const struct {
    const char *target, *command;
    std::vector<std::string> more;
  } rows[] = {
      {"onnxruntime", "python3 check.py", {"deployed_model.py", "check.py", "agreement.py"}},
      {"openvino", "ovc model.onnx", {"deployed_model.py", "check.py", "agreement.py"}},
      {"tensorrt", "--minShapes=x:1x3x4x4 --optShapes=x:1x3x4x4 --maxShapes=x:10x3x4x4", {}},
      {"mnn",
       "MNNConvert -f ONNX --modelFile model.onnx",
       {"deployed_model.py", "check.py", "agreement.py", "convert.py", "compression.bin"}}};
  for (const auto& row : rows) {
    CAPTURE(row.target);
    const Result r = deploy(dir, {model, "--target", row.target, "--out", row.target});
    REQUIRE_MESSAGE(r.code == 0, r.output);
    const auto files = contents(dir / row.target);
    CHECK(files.size() == 4 + row.more.size());  // model.onnx, README.md and the samples
    for (const std::string& name : row.more) CHECK(files.contains(name));
    CHECK(has(files.at("README.md"), row.command));
    CHECK(has(files.at("README.md"), "float32 [1, 3, 4, 4]"));
    CHECK(files.at("golden/inputs.bin").size() == 10 * 4 * 48);
    CHECK(files.at("golden/outputs.bin").size() == 10 * 4 * 32);
    for (const auto& file : files) {
      CAPTURE(file.first);
      if (!file.first.ends_with(".bin") && !file.first.ends_with(".onnx"))
        CHECK_FALSE(has(file.second, "{{"));
    }
  }
  const auto python = contents(dir / "onnxruntime").at("deployed_model.py");
  CHECK(has(python, R"({"name": "x", "dtype": "float32", "shape": [1, 3, 4, 4]},)"));
  CHECK(has(contents(dir / "mnn").at("README.md"), "tries to send usage data"));
  // Samples that the user gives are as the deployed model takes them.
  std::vector<char> samples(10 * 4 * 48);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 4 == 3 ? 0x3c : char(i % 97);
  octet::test::write_file(dir / "ten", samples);
  const Result r =
      deploy(dir, {model, "--target", "onnxruntime", "--samples", "ten", "--out", "given"});
  REQUIRE_MESSAGE(r.code == 0, r.output);
  CHECK(text(dir / "given/golden/inputs.bin") == text(dir / "ten"));
}

TEST_CASE("octet deploy: what TensorRT does not take is refused, with the way out") {
  const TempDir dir;
  const Result r = deploy(dir, {write_model(dir), "--target", "tensorrt", "--out", "out"});
  CHECK(r.code == 1);
  CHECK_MESSAGE(has(r.output, "zero point -128, expected 0; fix: train with quant.target tensorrt"),
                r.output);
  CHECK_FALSE(fs::exists(dir / "out"));
}

/// Compiles and runs the test of a C folder: what it says; empty without a compiler.
std::string said_by_c(const fs::path& folder) {
  const std::string sources = "cc -std=c99 -Wall -Wextra -Werror -pedantic -O1 *.c -o check -lm";
  Process process(
      {"/bin/sh", "-c", "command -v cc >/dev/null || exit 0; " + sources + " && ./check"}, folder);
  process.wait();
  return process.output();
}

TEST_CASE("octet deploy --target c: samples as they are, pixels, and labels of any kind") {
  const TempDir dir;
  const std::string model = write_model(dir), labels = "a\"b\n\\n\nc?\?/\n";
  octet::test::write_file(dir / "labels.txt", {labels.begin(), labels.end()});
  octet::test::write_file(dir / "ten", std::vector<char>(640, 'x'));
  for (const char* samples : {"--samples", "--pixels"}) {
    CAPTURE(samples);
    const Result r =
        deploy(dir, {model, "--target", "c", "--labels", "labels.txt", "--mean", "0", "--std",
                     "255", samples, "ten", "--name", "x*/ ?\?/ \\u000a", "--out", samples + 2});
    REQUIRE_MESSAGE(r.code == 0, r.output);
    CHECK(fs::exists(dir / (samples + 2) / "golden/pixels.bin") == (samples[2] == 'p'));
    const std::string said = said_by_c(dir / (samples + 2));
    if (!said.empty()) CHECK_MESSAGE(said.ends_with("\n10 of 10 equal\n"), said);
  }
}

/// Codes [1, 3] and the same as `type`: the second is not aligned in the golden outputs.
std::string write_two_outputs(const TempDir& dir, octet::int8::DType type) {
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 3}, 0.5f, 0);
  const int y = b.value("y", {1, 3}, 0.5f, 0), z = b.value("z", {1, 3}, 0.5f, 0);
  b.node(octet::int8::OpCode::add, {x, x}, {y}, octet::int8::ElementwiseAttributes{});
  const bool real = type == octet::int8::DType::f32;
  b.graph.tensors[static_cast<std::size_t>(z)].type = type;
  if (real) b.graph.tensors[static_cast<std::size_t>(z)].quantization = {};
  b.node(real ? octet::int8::OpCode::dequantize : octet::int8::OpCode::quantize, {x}, {z});
  b.graph.inputs = {x};
  b.graph.outputs = {y, z};
  octet::write_tflite(b.graph, dir / "two.tflite");
  return "two.tflite";
}

TEST_CASE("octet deploy: outputs of several types") {
  const TempDir dir;
  const Result c =
      deploy(dir, {write_two_outputs(dir, octet::int8::DType::f32), "--target", "c", "--out", "c"});
  REQUIRE_MESSAGE(c.code == 0, c.output);
  const std::string said = said_by_c(dir / "c");
  if (!said.empty()) CHECK(said == "10 of 10 equal\n");
  const Result web = deploy(dir, {write_two_outputs(dir, octet::int8::DType::i16), "--target",
                                  "tflite", "--for", "web", "--out", "web"});
  CHECK(web.code == 1);
  CHECK_MESSAGE(has(web.output, "expected float32, int32 or uint8, got i16"), web.output);
}

TEST_CASE("octet deploy: a file's own normalization of an input that is no picture is of numbers") {
  const TempDir dir;
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 3}, 0.5f, 0), y = b.value("y", {1, 3}, 0.5f, 0);
  b.node(octet::int8::OpCode::add, {x, x}, {y}, octet::int8::ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  octet::ModelMetadata metadata;
  metadata.inputs = {{.mean = {0}, .std = {255}, .labels = {}}};
  metadata.outputs.resize(1);
  octet::write_tflite(b.graph, dir / "net.tflite", {.metadata = metadata});
  const Result r = deploy(dir, {"net.tflite", "--target", "c", "--out", "c"});
  CHECK(r.code == 0);
  CHECK(has(text(dir / "c" / "README.md"), "real = (number - 0) / 255"));
  const Result given =
      deploy(dir, {"net.tflite", "--target", "c", "--out", "given", "--mean", "0", "--std", "255"});
  CHECK(given.code == 1);
}

TEST_CASE("octet deploy: a name is no path") {
  const TempDir dir;
  const Result r = deploy(dir, {write_model(dir), "--target", "c", "--name", "a/../../b"});
  CHECK(r.code == 1);
  CHECK_MESSAGE(has(r.output, "expected one without '/', or --out"), r.output);
}

TEST_CASE("octet deploy: README says what is noted, and what the line holds for") {
  const TempDir dir;
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 3, 1}, 0.5f, 3), y = b.value("y", {3, 2, 1}, 0.5f, 3);
  b.node(octet::int8::OpCode::space_to_batch_nd,
         {x, b.ints("block", {3}), b.ints("pads", {0, 3}, {1, 2})}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  octet::write_tflite(b.graph, dir / "padded.tflite");
  const std::string model = write_model(dir);
  const auto readme = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--out", "out", "--overwrite"});
    const Result r = deploy(dir, words);
    CHECK_MESSAGE(r.code == 0, r.output);
    return text(dir / "out/README.md");
  };
  const std::string padded = readme({"padded.tflite", "--target", "tflm"});
  CHECK(has(padded, "**Notes.**\n\n- "));
  CHECK(has(padded, "TFLite Micro does not pad it with the zero point"));
  CHECK(has(padded, "`10 of 10 equal` if the runtime computes as octet does, which it may not"));
  const std::string plain = readme({model, "--target", "litert"});
  CHECK_FALSE(has(readme({model, "--target", "c"}), "Notes"));
  CHECK(has(plain, "It computes in float rounding."));
  CHECK(has(plain, "The last line is `10 of 10 equal`.\n"));
  const std::string single = readme({model, "--target", "tflite"});
  CHECK(has(single, "It is made for single rounding; LiteRT computes in float rounding."));
  CHECK(has(single, "` on x86-64 (the golden outputs are of single rounding"));
}

TEST_CASE("octet deploy: what does not fit together") {
  const TempDir dir;
  const std::string model = write_model(dir);
  const auto refused = [&](std::vector<std::string> words, const char* why) {
    CAPTURE(why);
    words.insert(words.end(), {"--out", "out"});
    const Result r = deploy(dir, words);
    CHECK(r.code == 1);
    CHECK_MESSAGE(has(r.output, why), r.output);
    CHECK_FALSE(fs::exists(dir / "out"));
  };
  refused({model, "--target", "tflit"}, "did you mean 'tflite'");
  refused({model, "--target", "tflm", "--for", "web"}, "--for web: is for targets");
  refused({model, "--target", "tflm", "--mean", "0"}, "--mean and --std: expected both or neither");
  refused({model, "--target", "tflm", "--mean", "0", "1", "--std", "255"}, "expected 1 value or 1");
  refused({model, "--target", "tflm", "--data", "x"}, "--data: is for a run");
  octet::test::write_file(dir / "two.txt", {'a', '\n', 'b'});
  refused({model, "--target", "tflm", "--labels", "two.txt"}, "labels: expected 3");
  refused({model, "--target", "tflm", "--samples", "two.txt"}, "samples: expected 10 of 64 bytes");
  refused({model, "--target", "tflm", "--pixels", "two.txt"},
          "--pixels: expected --mean and --std");
  fs::create_directory(dir / "run");
  refused({"run", "--target", "tflm"}, OCTET_HAS_TRAINING
                                           ? "expected the folder of a finished run"
                                           : "deploy: a run's data need the training libraries");
  refused({"run", "--target", "tflm", "--labels", "two.txt"}, "a run has its own");
}

}  // namespace
