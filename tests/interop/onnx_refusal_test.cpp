// ONNX in: what is refused, and how that is said.
#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/interop/onnx_builder.h"
#include "tests/support.h"

namespace octet {
namespace {

using test::numbers;
using test::OnnxBuilder;

template <class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

std::string refusal(const OnnxBuilder& b) {
  return message([&] { b.import(); });
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

OnnxBuilder relu_net(int opset) {
  OnnxBuilder b(opset);
  b.input("x", {0, 3}).node("Relu", {"x"}, {"y"}).output("y");
  return b;
}

TEST_CASE("onnx: operator sets 7 to 28") {
  CHECK(refusal(relu_net(7)) == "nothing thrown");
  CHECK(refusal(relu_net(28)) == "nothing thrown");
  CHECK(refusal(relu_net(6)) == "net.onnx: expected an operator set of 7 to 28, got 6");
  CHECK(refusal(relu_net(29)) == "net.onnx: expected an operator set of 7 to 28, got 29");
}

TEST_CASE("onnx: a missing external file is said once, and the model's file always") {
  OnnxBuilder b;
  b.input("x", {0, 2});
  for (const char* name : {"v", "w"}) {
    b.floats(name, {2}, {1, 2});
    auto& t = *b.graph().mutable_initializer(b.graph().initializer_size() - 1);
    t.clear_raw_data();
    t.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& location = *t.add_external_data();
    location.set_key("location");
    location.set_value("missing.data");
  }
  b.node("Add", {"x", "v"}, {"y"}).node("Add", {"x", "w"}, {"z"}).output("y").output("z");
  const std::string text = refusal(b);
  CHECK(has(text, "net.onnx: 1 node cannot be imported: "));
  CHECK(text.find("missing.data") == text.rfind("missing.data"));

  OnnxBuilder twice;
  twice.input("x", {0, 2}).node("Relu", {"x"}, {"y"}).output("y").output("y");
  CHECK(has(refusal(twice), "net.onnx: graph: two outputs are named 'y'"));
}

TEST_CASE("onnx: all nodes that cannot be read are named at once") {
  OnnxBuilder b;
  b.input("x", {0, 3});
  b.node("LSTM", {"x"}, {"a"}, "first").node("Relu", {"a"}, {"r"}, "fine");
  b.node("NonZero", {"r"}, {"c"}, "second").node("Relu", {"x"}, {"d"}, "third").with("odd", 1);
  b.node("Gemm", {"x", "x"}, {"e"}, "fourth").output("c").output("d").output("e");
  const std::string text = refusal(b);
  CHECK(has(text, "net.onnx: 4 nodes cannot be imported: "));
  CHECK(has(text, "LSTM 'first': the operator is not read"));
  CHECK(has(text, "NonZero 'second': the operator is not read"));
  CHECK(has(text, "Relu 'third': attribute 'odd' is not known"));
  CHECK(has(text, "Gemm 'fourth': B: expected a constant"));
  CHECK(!has(text, "fine"));
}

TEST_CASE("onnx: operators of others, of other operator sets") {
  OnnxBuilder b = relu_net(17);
  b.graph().mutable_node(0)->set_domain("com.microsoft");
  CHECK(has(refusal(b), "operators of domain 'com.microsoft' are not read"));
  OnnxBuilder h(13);
  h.input("x", {0, 3}).node("HardSwish", {"x"}, {"y"}).output("y");
  CHECK(has(refusal(h), "expected an operator set of 14 to 28, got 13"));
}

TEST_CASE("onnx: inputs") {
  OnnxBuilder b;
  b.input("x", {0, 3, 0, 0}).node("Relu", {"x"}, {"y"}).output("y");
  CHECK(has(refusal(b), "input 'x': dimension 2 is open ('batch'): expected a number"));
  OnnxOptions options;
  options.shapes["x"] = {1, 3, 8, 8};
  CHECK(b.import(options).inputs[0].dims == std::vector<std::int64_t>{0, 3, 8, 8});
  options.shapes["x"] = {1, 4, 8, 8};
  CHECK(has(message([&] { b.import(options); }), "dimension 1: the file says 3, got 4"));
  options.shapes = {{"z", {1}}};
  CHECK(has(message([&] { relu_net(17).import(options); }), "'z', which is not an input"));
  OnnxBuilder i = relu_net(17);
  i.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(7);
  CHECK(has(refusal(i), "input 'x': expected float32, or int8 or uint8 codes; got int64"));
}

TEST_CASE("onnx: what could not run is refused") {
  OnnxBuilder bn;
  bn.input("x", {0, 2, 4, 4}).floats("v", {2}, {1, 1});
  bn.node("BatchNormalization", {"x", "v", "v", "v", "v"}, {"y"}).with("epsilon", -1.0f);
  bn.output("y");
  CHECK(has(refusal(bn), "epsilon: expected more than 0, got -1"));
  OnnxBuilder pool;
  pool.input("x", {0, 2, 4, 4}).node("MaxPool", {"x"}, {"y"}).with("kernel_shape", {2, 2});
  pool.with("pads", {3, 0, 0, 0}).output("y");
  CHECK(has(refusal(pool), "window 0 lies in the padding: expected a pixel in each"));
  OnnxBuilder resize;
  resize.input("x", {0, 1, 2, 2}).floats("s", {4}, {1, 1, 60000, 1});
  resize.node("Resize", {"x", "", "s"}, {"y"}).output("y");
  CHECK(has(refusal(resize), "expected an extent of 1 to 2^16, got 120000"));
}

TEST_CASE("onnx: damaged files") {
  const std::string bytes = relu_net(17).bytes();
  const auto parse = [](const std::string& b) {
    return message([&] { import_onnx(std::as_bytes(std::span(b)), "f.onnx"); });
  };
  CHECK(has(parse("text"), "f.onnx: not an ONNX model"));
  CHECK(has(parse(""), "f.onnx: not an ONNX model"));
  CHECK(has(parse(bytes.substr(0, bytes.size() - 3)), "f.onnx: "));
  CHECK(has(message([] { import_onnx("/no/such.onnx"); }), "cannot read /no/such.onnx"));
  CHECK(has(message([] { import_onnx("/tmp"); }), "not a regular file"));
}

TEST_CASE("onnx: tensors that do not hold what they say") {
  OnnxBuilder b;
  b.input("x", {0, 3}).floats("w", {3, 2}, numbers(5)).node("MatMul", {"x", "w"}, {"y"});
  b.output("y");
  CHECK(has(refusal(b), "tensor 'w' [3, 2]: expected 6 elements of 4 bytes, got 20 bytes"));
  onnx::TensorProto& t = *b.graph().mutable_initializer(0);
  t.set_dims(0, -3);
  CHECK(has(refusal(b), "expected none below 0"));
  t.set_dims(0, std::int64_t{1} << 62);
  CHECK(has(refusal(b), "too many elements"));
  t.set_dims(0, 3);
  t.set_data_type(8);
  CHECK(has(refusal(b), "expected elements of a float or integer type, got string"));
}

/// A product whose weight is in another file.
OnnxBuilder external(const std::string& location, const std::string& offset,
                     const std::string& length) {
  OnnxBuilder b;
  b.input("x", {0, 3}).floats("w", {3, 2}, {}).node("MatMul", {"x", "w"}, {"y"}).output("y");
  onnx::TensorProto& t = *b.graph().mutable_initializer(0);
  t.clear_raw_data();
  t.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair("location", location), std::pair("offset", offset),
                                   std::pair("length", length)}) {
    if (value.empty()) continue;
    auto& entry = *t.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  return b;
}

TEST_CASE("onnx: external data") {
  const test::TempDir folder;
  const std::vector<float> w = numbers(8);
  std::vector<char> data(sizeof(float) * w.size());
  std::memcpy(data.data(), w.data(), data.size());
  test::write_file(folder / "w.bin", data);
  const auto read = [&](const OnnxBuilder& b) {
    const std::string bytes = b.bytes();
    test::write_file(folder / "net.onnx", {bytes.begin(), bytes.end()});
    return import_onnx((folder / "net.onnx").string());
  };
  const auto y = test::run_onnx(read(external("w.bin", "8", "24")), {{1, 0, 0}}, 1)[0];
  CHECK(y == std::vector<float>{w[2], w[3]});
  CHECK_NOTHROW(read(external("w.bin", "", "")));
  const auto refused = [&](const OnnxBuilder& b) { return message([&] { read(b); }); };
  for (const char* path : {"../w.bin", "/etc/passwd", "", ".", ".."})
    CHECK(has(refused(external(path, "", "")), "expected a file in the model's folder"));
  std::filesystem::create_directory(folder / "a");
  std::filesystem::copy(folder / "w.bin", folder / "a/b.bin");
  CHECK_NOTHROW(read(external("a/b.bin", "", "")));
  std::filesystem::create_symlink("/etc/passwd", folder / "out.bin");
  CHECK(has(refused(external("out.bin", "", "")), "expected a file in the model's folder"));
  CHECK(has(refused(external("none.bin", "", "")), "cannot read"));
  CHECK(has(refused(external("w.bin", "16", "24")),
            "expected bytes 16 to 40 of 'w.bin', which has 32"));
  CHECK(has(refused(external("w.bin", "-1", "24")), "offset: expected a number, got '-1'"));
  CHECK(has(refused(external("w.bin", "0", "20")), "expected 24 bytes, got 20"));
  CHECK(has(refused(external("w.bin", "18446744073709551615", "24")), "expected bytes"));
}

TEST_CASE("onnx: what is joined has the same extents elsewhere") {
  for (const bool constant_first : {false, true}) {
    OnnxBuilder b;
    b.input("x", {0, 2, 3}).floats("c", {1, 1, 1}, {7});
    b.node("Concat", {constant_first ? "c" : "x", constant_first ? "x" : "c"}, {"y"});
    b.with("axis", 1).output("y");
    CHECK(has(refusal(b), "expected [N, 2, 3] but for dimension 1, got [1, 1, 1]"));
  }
}

}  // namespace
}  // namespace octet
