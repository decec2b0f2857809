#include "deploy/target_model.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace octet::deploy {
namespace {

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = test::read_file(path);
  return {bytes.begin(), bytes.end()};
}

/// The bytes that a C array's text lists.
std::vector<std::byte> array_bytes(const std::string& source) {
  std::vector<std::byte> bytes;
  for (std::size_t at = source.find("= {"); (at = source.find("0x", at)) != std::string::npos;) {
    bytes.push_back(static_cast<std::byte>(std::stoi(source.substr(at + 2, 2), nullptr, 16)));
    at += 2;
  }
  return bytes;
}

}  // namespace

TEST_CASE("export: the target's rounding, with a line that codes will differ") {
  int8::Graph graph = test::small_graph();
  graph.rounding = int8::Rounding::single_rounding;
  CHECK(make_target_model(graph, find_target("tflite"), {}).notes.empty());
  const TargetModel micro = make_target_model(graph, find_target("tflm"), {});
  CHECK(micro.graph.rounding == int8::Rounding::double_rounding);
  REQUIRE(micro.notes.size() == 1);
  CHECK(micro.notes[0] ==
        "the model is of single rounding, tflm computes in double: codes will differ from "
        "training's");
  CHECK(make_target_model(graph, find_target("litert"), {}).graph.rounding ==
        int8::Rounding::float_rounding);
}

TEST_CASE("export: what the target refuses is one error") {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 2}, 0.5f, 0), y = b.value("y", {1, 2}, 0.5f, 0);
  b.node(int8::OpCode::gelu, {x}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  CHECK_THROWS_WITH_AS(make_target_model(b.graph, find_target("tflm"), {}),
                       "tflm does not take the model: operator 0 (GELU) \"y\": TFLite Micro has no "
                       "kernel of it (rule micro_operators)",
                       Error);
  CHECK_NOTHROW(make_target_model(b.graph, find_target("tflite"), {}));
}

TEST_CASE(
    "export: what has no C form, and float rounding, are refused before anything is written") {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 0), y = b.value("y", {1, 4}, 1.0f / 16, 127);
  b.node(int8::OpCode::log_softmax, {x}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  CHECK_THROWS_WITH_AS(
      make_target_model(b.graph, find_target("c"), {}),
      "c does not take the model: operator LOG_SOFTMAX of node 0 has no C form (rule c99)", Error);
  int8::Graph graph = test::small_graph();
  graph.rounding = int8::Rounding::float_rounding;
  CHECK_THROWS_WITH_AS(make_target_model(graph, find_target("c"), {}),
                       "c does not take the model: rounding: float has no C form; expected single "
                       "or double (rule c99)",
                       Error);
  graph.rounding = int8::Rounding::single_rounding;
  CHECK(make_target_model(graph, find_target("c"), {}).graph.rounding ==
        int8::Rounding::single_rounding);
}

TEST_CASE(
    "export: pixels at a float32 input that LiteRT quantizes otherwise than training are said") {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 2, 2, 1}, 1.0f / 64, 0);
  const int y = b.value("y", {1, 2, 2, 1}, 0.5f, 0);
  b.node(int8::OpCode::relu, {x}, {y});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  ExportOptions options{.inputs = Io::float32, .outputs = {}, .metadata = {}};
  const auto notes = [&](float mean) {
    options.metadata.inputs = {{.mean = {mean}, .std = {64}, .labels = {}}};
    b.graph.rounding = int8::Rounding::float_rounding;
    return make_target_model(b.graph, find_target("litert"), options).notes;
  };
  CHECK(notes(128).empty());
  REQUIRE(notes(127.5f).size() == 1);
  CHECK(notes(127.5f)[0].starts_with("float32 input \"x\": of 128 pixel values"));
}

TEST_CASE("export: a file of the target has the asked edges and metadata, the same bytes twice") {
  const test::TempDir dir;
  ExportOptions options{.inputs = Io::uint8, .outputs = Io::float32, .metadata = {}};
  options.metadata.outputs = {{.mean = {}, .std = {}, .labels = {"a", "b"}}};
  const Target& target = find_target("tflite");
  for (const char* name : {"1.tflite", "2.tflite"}) {
    write_target_model(make_target_model(test::small_graph(), target, options), target, dir / name);
  }
  CHECK(text_of(dir / "1.tflite") == text_of(dir / "2.tflite"));
  const int8::Graph graph = read_tflite((dir / "1.tflite").string());
  CHECK(graph.tensors[static_cast<std::size_t>(graph.inputs[0])].type == int8::DType::u8);
  CHECK(graph.tensors[static_cast<std::size_t>(graph.outputs[0])].type == int8::DType::f32);
}

TEST_CASE("export: uint8 inputs whose codes are not the pixels are said") {
  int8::TensorDef t;
  t.type = int8::DType::u8;
  t.quantization = {{1.0f / 64}, {127}, 0};
  CHECK(takes_pixels(t, {.mean = {127}, .std = {64}, .labels = {}}));
  CHECK_FALSE(takes_pixels(t, {.mean = {127}, .std = {63}, .labels = {}}));
  CHECK_FALSE(takes_pixels(t, {.mean = {127, 126}, .std = {64, 64}, .labels = {}}));
  ExportOptions options{.inputs = Io::uint8, .outputs = {}, .metadata = {}};
  options.metadata.inputs = {{.mean = {0}, .std = {255}, .labels = {}}};
  const TargetModel model = make_target_model(test::small_graph(), find_target("tflite"), options);
  REQUIRE(model.notes.size() == 1);
  CHECK(model.notes[0].starts_with("uint8 input \"x\" takes codes that are not the pixels"));
}

TEST_CASE("export: for TFLite Micro the file as an aligned array, and the operators") {
  const test::TempDir dir;
  const Target& target = find_target("tflm");
  const TargetModel model = make_target_model(test::small_graph(), target, {});
  write_target_model(model, target, dir / "micro");
  const std::string source = text_of(dir / "micro" / "model_data.cc");
  CHECK(source.find("alignas(16) const unsigned char model_data[]") != std::string::npos);
  CHECK(array_bytes(source) == serialize_tflite(model.graph));
  const std::string ops = text_of(dir / "micro" / "model_ops.h");
  CHECK(ops.find("MicroMutableOpResolver<3>") != std::string::npos);
  for (const char* name : {"AddConv2D()", "AddFullyConnected()", "AddSoftmax()"})
    CHECK(ops.find(name) != std::string::npos);
  // A folder with something in it stays as it is.
  CHECK_THROWS_AS(write_target_model(model, target, dir / "micro"), Error);
}

TEST_CASE("export: float inputs whose pixels lie between two codes get a line") {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 2, 2, 1}, static_cast<float>(2.0 / 255), -1);
  const int y = b.value("y", {1, 2, 2, 1}, 0.5f, 0);
  b.node(int8::OpCode::add, {x, x}, {y}, int8::ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  b.graph.rounding = int8::Rounding::single_rounding;
  const auto notes = [&](float mean, Io io) {
    ExportOptions options;
    options.inputs = io;
    options.metadata.inputs = {{.mean = {mean}, .std = {127.5f}, .labels = {}}};
    options.metadata.outputs.resize(1);
    return make_target_model(b.graph, find_target("openvino"), options).notes;
  };
  const auto found = notes(127.5f, Io::float32);
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("lie between two") != std::string::npos);
  CHECK(notes(127, Io::float32).empty());
}

}  // namespace octet::deploy
