// octet import: the report, --check, what it takes for a large file; cases of other exporters.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/address_sanitizer.h"
#include "tests/int8/graphs.h"
#include "tests/interop/onnx_builder.h"
#include "tests/process.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using octet::test::numbers;
using octet::test::OnnxBuilder;
using octet::test::Process;
using octet::test::TempDir;

struct Result {
  int code;
  std::string output;
};

Result import(const TempDir& dir, std::vector<std::string> words) {
  words.insert(words.begin(), {OCTET_CLI, "import"});
  Process process(words, dir.path());
  const int code = process.wait();
  return {code, process.output()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string write(const fs::path& path, const std::string& bytes) {
  octet::test::write_file(path, {bytes.begin(), bytes.end()});
  return path.string();
}
std::string write_floats(const fs::path& path, const std::vector<float>& values) {
  return write(path, std::string(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float)));
}

TEST_CASE("octet import: the report") {
  const TempDir dir;
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).floats("c.weight", {3, 2, 3, 3}, numbers(54));
  b.floats("t", {3, 1, 1}, {1, 2, 3}).node("Conv", {"x", "c.weight"}, {"c"});
  b.node("Add", {"c", "t"}, {"a"}).node("Softplus", {"a"}, {"y"}, "/soft").output("y");
  const Result r = import(dir, {write(dir / "net.onnx", b.bytes())});
  CHECK(r.code == 0);
  CHECK(has(r.output, "operator set 17"));
  CHECK(has(r.output, "input   'x'  [N, 2, 4, 4], here [N, 4, 4, 2]"));
  CHECK(has(r.output, "params   57"));
  CHECK(has(r.output, "folded   Add 'a' is the bias of c"));
  CHECK(has(r.output, "no int8 form: soft (op softplus)"));
}

TEST_CASE("octet import --check") {
  const TempDir dir;
  OnnxBuilder b;
  b.input("x", {0, 3}).input("z", {0, 1}).node("Add", {"x", "z"}, {"s"});
  b.node("Relu", {"s"}, {"y"}).output("y").output("s");
  const std::string net = write(dir / "net.onnx", b.bytes());
  const std::string x = write_floats(dir / "x.f32", {1, -2, 3, -4, 5, -6});
  const std::string z = write_floats(dir / "z.f32", {10, 0});
  const std::string y = write_floats(dir / "y.f32", {11, 8, 13, 0, 5, 0});
  const std::string s = write_floats(dir / "s.f32", {11, 8, 13, -4, 5, -6});
  CHECK(import(dir, {net, "--check", x, z, y, s}).code == 0);

  const std::string off = write_floats(dir / "off.f32", {11, 8, 13, -4, 5, -6.05f});
  const Result wrong = import(dir, {net, "--check", x, z, y, off});
  CHECK(wrong.code == 1);
  CHECK(has(wrong.output, "check    'y': error 0 of"));
  CHECK(has(wrong.output, "expected at most 0.0001"));
  CHECK(import(dir, {net, "--check", x, z, y, off, "--tolerance", "0.01"}).code == 0);

  const Result count = import(dir, {net, "--check", x, z, y});
  CHECK(count.code == 1);
  CHECK(has(count.output, "expected 2 files of inputs and 2 of outputs, got 3"));
  CHECK(has(import(dir, {net, "--check", x, x, y, s}).output, "6 samples, expected 2"));
  CHECK(has(import(dir, {net, "--check", z, z, y, s}).output, "expected a multiple of 3"));
  CHECK(has(import(dir, {net, "--check", x, z, y, x, "--tolerance", "9"}).output, "check"));
  CHECK(has(import(dir, {net, "--check", x, z, z, s}).output, "2 values, expected 6"));
}

/// x [N, 2] times weights, quantized with powers of two: every sum is a code, or beyond.
OnnxBuilder quantized_net() {
  OnnxBuilder b;
  b.input("x", {0, 2}).quantize("x", 0.5f, 120);
  b.codes("w_quantized", onnx::TensorProto::INT8, {2, 3}, {1, 4, -5, -2, 3, 100});
  b.floats("s", {3}, {0.5f, 0.25f, 2}).codes("z", onnx::TensorProto::INT8, {3}, {0, 0, 0});
  b.node("DequantizeLinear", {"w_quantized", "s", "z"}, {"w"}).with("axis", 1);
  b.node("MatMul", {"x_dq", "w"}, {"y"}).quantize("y", 0.125f, 100);
  return b;
}

TEST_CASE("octet import --int8: the integer model that a quantized file is") {
  const TempDir dir;
  OnnxBuilder b = quantized_net();
  const std::string net = write(dir / "net.onnx", b.output("y_dq").bytes());
  const std::string out = (dir / "net.tflite").string();
  const Result r = import(dir, {net, "--int8", out, "--rounding", "double"});
  CHECK(r.code == 0);
  CHECK(has(r.output, "int8     "));
  const Result same = import(dir, {net, "--int8", (dir / "." / "net.onnx").string()});
  CHECK(same.code == 1);
  CHECK(has(same.output, "is the file that is read"));
  CHECK(has(r.output, " bytes, rounding double"));
  CHECK(has(r.output, "stored   scales of 2 values and 1 weights"));
  // Real x is 0.5 (code + 8), a code of y is 8 y - 28.
  const std::string x = write(dir / "x.i8", {2, -2, char(-128), 127});
  Process run({OCTET_CLI, "run", out, "--input", x, "--output", (dir / "y.i8").string()},
              dir.path());
  CHECK(run.wait() == 0);
  const auto expected = [](int p, int q) {
    const double u = 0.5 * (p + 8), v = 0.5 * (q + 8);
    std::string codes;
    for (const double y : {0.5 * (u - 2 * v), 0.25 * (4 * u + 3 * v), 2 * (-5 * u + 100 * v)})
      codes += static_cast<char>(std::clamp(8 * y - 28, -128.0, 127.0));
    return codes;
  };
  const std::vector<char> y = octet::test::read_file(dir / "y.i8");
  CHECK(std::string(y.begin(), y.end()) == expected(2, -2) + expected(-128, 127));

  fs::remove(out);
  OnnxBuilder open;
  open.input("x", {0, 2}).quantize("x", 0.5f, 120).floats("w", {2, 3}, numbers(6));
  open.node("MatMul", {"x_dq", "w"}, {"y"}).node("Abs", {"y"}, {"a"}).output("a");
  const Result missing = import(dir, {write(dir / "open.onnx", open.bytes()), "--int8", out});
  CHECK(missing.code == 1);
  CHECK(has(missing.output,
            "open.onnx: --int8: the file has no params that an integer model can "
            "keep for the result of y, the result of a, the weights of y; "));
  OnnxBuilder plain;
  plain.input("x", {0, 3}).node("Relu", {"x"}, {"y"}).output("y");
  const Result floats = import(dir, {write(dir / "f.onnx", plain.bytes()), "--int8", out});
  CHECK(floats.code == 1);
  CHECK(has(floats.output, "f.onnx: --int8: the network is not quantized"));
  CHECK(!fs::exists(out));
  CHECK(import(dir, {net, "--int8", (dir / "no/net.tflite").string()}).code == 1);
  CHECK(import(dir, {net, "--int8", out, "--rounding", "up"}).code == 2);
}

TEST_CASE("octet import: usage and errors") {
  const TempDir dir;
  CHECK(import(dir, {}).code == 2);
  CHECK(import(dir, {"no.onnx"}).code == 1);
  OnnxBuilder b;
  b.input("img", {0, 3, 0, 0}).node("Relu", {"img"}, {"y"}).output("y");
  const std::string net = write(dir / "net.onnx", b.bytes());
  const Result open = import(dir, {net});
  CHECK(open.code == 1);
  CHECK(has(open.output, "give the input's shape"));
  CHECK(import(dir, {net, "--shape", "img=1,3,8,8"}).code == 0);
  const std::string square = write_floats(dir / "s.f32", std::vector<float>(3 * 64, 1));
  const Result checked = import(dir, {net, "--check", square, square});
  CHECK(checked.code == 0);
  CHECK(has(checked.output, "[N, 3, 8, 8]"));
  CHECK(import(dir, {net, "--shape", "img:1,3"}).code == 2);
  CHECK(import(dir, {net, "--shape", "img=1,,3"}).code == 2);
}

TEST_CASE("octet import: a TFLite file") {
  const TempDir dir;
  const fs::path net = dir / "net.bin", again = dir / "again.tflite";  // known by what it is
  octet::write_tflite(octet::test::small_graph(), net);
  const Result r = import(dir, {net.string(), "--int8", again.string()});
  INFO(r.output);
  CHECK(r.code == 0);
  CHECK(has(r.output, "TFLite, quantized"));
  CHECK(has(r.output, "input   'x'  [N, 4, 4, 2], here [N, 4, 4, 2]"));
  CHECK(has(r.output, "every op has an int8 form"));
  CHECK(has(r.output, "rounding single"));  // that of the file
  const int8::Graph graph = octet::read_tflite(again);
  CHECK(graph.nodes.size() == 4);  // a reshape in front of the product
  CHECK(graph.tensors[static_cast<std::size_t>(graph.inputs[0])].quantization.scale[0] == 0.5f);

  // Zeros: what the biases alone give.
  const std::string x = write_floats(dir / "x.f32", std::vector<float>(64, 0));
  const std::string y = write_floats(dir / "y.f32", {0.5f, 0.5f, 0.5f, 0.5f});
  const Result checked = import(dir, {net.string(), "--check", x, y, "--tolerance", "9"});
  CHECK(checked.code == 0);
  CHECK(has(checked.output, "check    'p': error"));
  CHECK(
      has(import(dir, {net.string(), "--shape", "x=1,4,4,2"}).output, "--shape is for ONNX files"));

  const std::string bad = write(dir / "bad.tflite", std::string("0000TFL3") + std::string(40, 'x'));
  const Result broken = import(dir, {bad});
  CHECK(broken.code == 1);
  CHECK(has(broken.output, "bad.tflite: broken TFLite file"));
}

namespace {

/// 40 MB of convolutions and batch norms, in tensors of many sizes.
std::string large_network() {
  OnnxBuilder b;
  b.input("x", {0, 64, 2, 2});
  std::string from = "x";
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    const std::int64_t in = i == 0 ? 64 : 128 + 16 * ((i - 1) % 5), out = 128 + 16 * (i % 5);
    b.floats("w" + n, {out, in, 3, 3},
             std::vector<float>(static_cast<std::size_t>(out * in * 9),
                                0.01f * static_cast<float>(i + 1)));
    b.node("Conv", {from, "w" + n}, {"c" + n}).with("pads", {1, 1, 1, 1});
    const std::vector<float> channels(static_cast<std::size_t>(out), 0.5f);
    for (const char* operand : {"gamma", "beta", "mean", "var"})
      b.floats(operand + n, {out}, channels);
    b.node("BatchNormalization", {"c" + n, "gamma" + n, "beta" + n, "mean" + n, "var" + n},
           {"n" + n});
    from = "n" + n;
  }
  b.output(from);
  return b.bytes();
}

/// Most kilobytes that a child process, of those that have ended, had in memory.
double peak_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_maxrss);
}

}  // namespace

TEST_CASE("octet import: a large file takes little more than twice its size") {
  const TempDir dir;
  const std::string net = write(dir / "net.onnx", large_network());
  const auto size = static_cast<double>(fs::file_size(net));
  Process small({OCTET_CLI, "--version"}, dir.path());
  CHECK(small.wait() == 0);
  const double before = peak_of_children();
  CHECK(import(dir, {net}).code == 0);
  const double imported = peak_of_children();
  // Float16 is written without a copy of the weights.
  const auto start = std::chrono::steady_clock::now();
  CHECK(import(dir, {net, "--fp16", "half.tflite"}).code == 0);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const double written = peak_of_children();
  MESSAGE("file ", size / 1e6, " MB, peak ", imported / 1e3, " MB, with float16 ", written / 1e3,
          " MB, ", time.count(), " s");
  CHECK(static_cast<double>(fs::file_size(dir / "half.tflite")) < 0.51 * size);
  if (octet::test::address_sanitizer) return;
  CHECK((imported - before) * 1024 < 2.2 * size);
  CHECK((written - before) * 1024 < 2.3 * size);
}

TEST_CASE("octet import --fp16: the file, what it refuses, and that nothing is left then") {
  const TempDir dir;
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).floats("w", {3, 2, 3, 3}, numbers(54));
  b.node("Conv", {"x", "w"}, {"c"}).node("Relu", {"c"}, {"y"}).output("y");
  const std::string net = write(dir / "net.onnx", b.bytes());
  const Result r = import(dir, {net, "--fp16", "half.tflite"});
  CHECK(r.code == 0);
  CHECK(has(r.output, "fp16     half.tflite, "));
  const int8::Graph graph = octet::read_tflite((dir / "half.tflite").string());
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op == int8::OpCode::conv_2d);
  // It is a network again, and the same file.
  const std::string half = fs::absolute(dir / "half.tflite").string();
  CHECK(import(dir, {half, "--fp16", "again.tflite"}).code == 0);
  CHECK(has(import(dir, {half, "--fp16", half}).output, "is the file that is read"));

  OnnxBuilder odd;
  odd.input("x", {0, 4}).node("Erf", {"x"}, {"y"}, "/odd").output("y");
  const Result refused =
      import(dir, {write(dir / "odd.onnx", odd.bytes()), "--fp16", "odd.tflite"});
  CHECK(refused.code == 1);
  CHECK(has(refused.output, "odd.onnx: --fp16: these layers have no float operators in TFLite"));
  CHECK(has(refused.output, "odd (op erf)"));
  CHECK_FALSE(fs::exists(dir / "odd.tflite"));
}

TEST_SUITE("shared") {
  TEST_CASE("octet import --check: files of several exporters") {
    const TempDir dir;
    int cases = 0;
    for (const auto& entry : fs::directory_iterator(*octet::test::shared_dir() / "cases/onnx_in")) {
      if (!fs::exists(entry.path() / "model.onnx")) continue;
      ++cases;
      const auto file = [&](const char* name) {
        return fs::absolute(entry.path() / name).string();
      };
      const Result r =
          import(dir, {file("model.onnx"), "--check", file("input.f32"), file("expected.f32")});
      INFO(entry.path().string(), ": ", r.output);
      CHECK(r.code == 0);
    }
    CHECK(cases >= 6);
  }
  TEST_CASE("octet import: pretrained networks") {
    const TempDir dir;
    for (const char* name :
         {"resnet20-cifar10/resnet20_cifar10_fp32.onnx",
          "resnet20-cifar10/resnet20_cifar10_fp32_b1.onnx", "ultraface/version-slim-320.onnx",
          "ultraface/version-slim-320_simplified.onnx", "ultraface/version-RFB-320.onnx"}) {
      const Result r =
          import(dir, {fs::absolute(*octet::test::shared_dir() / "models" / name).string()});
      INFO(name, ": ", r.output);
      CHECK(r.code == 0);
      CHECK(has(r.output, "every op has an int8 form"));
    }
  }
}

}  // namespace
