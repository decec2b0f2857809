// TFLite's standard metadata: written, read and in damaged files.
#include "interop/tflite/model_metadata.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/used_operators.h"
#include "interop/tflite/writer.h"
#include "interop/zip/zip.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace octet {
namespace {

ModelMetadata example() {
  ModelMetadata m;
  m.name = "net";
  m.description = "for the test";
  m.inputs = {{.mean = {1, 2}, .std = {64, 32}, .labels = {}}};
  m.outputs = {{.mean = {}, .std = {}, .labels = {"cat", "a dog"}}};
  return m;
}

bool contains(const std::vector<std::byte>& file, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return std::search(file.begin(), file.end(), bytes.begin(), bytes.end()) != file.end();
}

}  // namespace

TEST_CASE("metadata: what is written is read, and the graph of the file is the same") {
  const int8::Graph graph = test::small_graph();
  const auto file = std::make_shared<const std::vector<std::byte>>(
      serialize_tflite(graph, {.metadata = example()}));
  CHECK(*file == serialize_tflite(graph, {.metadata = example()}));
  CHECK(contains(*file, "M001"));
  const int8::Graph back = parse_tflite(*file, file);
  CHECK(test::describe(back) == test::describe(graph));
  const auto m = read_model_metadata(*file);
  REQUIRE(m);
  CHECK(m->name == "net");
  CHECK(m->description == "for the test");
  REQUIRE(m->inputs.size() == 1);
  CHECK(m->inputs[0].mean == std::vector<float>{1, 2});
  CHECK(m->inputs[0].std == std::vector<float>{64, 32});
  CHECK(m->inputs[0].labels.empty());
  REQUIRE(m->outputs.size() == 1);
  CHECK(m->outputs[0].labels == std::vector<std::string>{"cat", "a dog"});
}

TEST_CASE("metadata: the picture is what the input's shape says") {
  const auto inputs_of = [](std::vector<std::int32_t> shape, bool numbers = false) {
    test::GraphBuilder b;
    const int x = b.value("x", shape, 0.5f, 0), y = b.value("y", shape, 0.5f, 0);
    b.node(int8::OpCode::add, {x, x}, {y}, int8::ElementwiseAttributes{});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    ModelMetadata m = with_known({}, b.graph, {{127.5f}, {64}, {}});
    m.inputs[0].numbers = numbers;
    return read_model_metadata(serialize_tflite(b.graph, {.metadata = m}))->inputs;
  };
  const auto color = inputs_of({1, 8, 6, 3}), grey = inputs_of({1, 5, 4, 1});
  CHECK(color[0].color == ColorSpace::rgb);
  CHECK(color_name(color[0].color) == "RGB");
  CHECK(color[0].height == 8);
  CHECK(color[0].width == 6);
  CHECK(color[0].mean == std::vector<float>{127.5f});
  CHECK(grey[0].color == ColorSpace::grey);
  CHECK(grey[0].height == 5);
  const auto neither = inputs_of({1, 8, 6, 2});
  CHECK(neither[0].color == ColorSpace::unknown);
  CHECK(neither[0].height == 0);
  CHECK_FALSE(color[0].numbers);
  const auto window = inputs_of({1, 64, 3, 1}, true);  // of a sensor
  CHECK(window[0].numbers);
  CHECK(window[0].color == ColorSpace::unknown);
  CHECK(window[0].mean == std::vector<float>{127.5f});
}

TEST_CASE("metadata: what is known takes the place of what was there, the rest stays") {
  const int8::Graph graph = test::small_graph();
  const ModelMetadata labels = with_known(example(), graph, {{}, {}, {"x", "y"}});
  CHECK(labels.name == "net");
  CHECK(labels.inputs[0].mean == std::vector<float>{1, 2});
  CHECK(labels.outputs[0].labels == std::vector<std::string>{"x", "y"});
  const ModelMetadata mean = with_known(example(), graph, {{5}, {6}, {}});
  CHECK(mean.inputs[0].std == std::vector<float>{6});
  CHECK(mean.outputs[0].labels == example().outputs[0].labels);
  const ModelMetadata one = with_known(example(), graph, {{5, 7}, {6}, {}});
  CHECK(one.inputs[0].mean == std::vector<float>{5, 7});
  CHECK(one.inputs[0].std == std::vector<float>{6, 6});
  CHECK(with_known(example(), graph, {{5}, {6, 7}, {}}).inputs[0].mean == std::vector<float>{5, 5});
  ModelMetadata of_another = example();
  of_another.outputs.resize(2);
  CHECK(with_known(of_another, graph, {}).outputs[0].labels.empty());
}

TEST_CASE("metadata: the labels are a zip archive behind the model") {
  const auto file = serialize_tflite(test::small_graph(), {.metadata = example()});
  const auto entries = read_zip_directory(file, "file");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].name == "labels.txt");
  CHECK(entries[0].size == 10);
  CHECK(entries[0].crc == crc32_of(entries[0].packed));
}

TEST_CASE("metadata: a file without any has none, and nothing behind the model") {
  const auto file = serialize_tflite(test::small_graph());
  CHECK(file == serialize_tflite(test::small_graph(), {.metadata = {"name", "text", {{}}, {{}}}}));
  CHECK_FALSE(read_model_metadata(file));
}

TEST_CASE("metadata: what does not fit the model is refused") {
  const int8::Graph graph = test::small_graph();
  const auto refused = [&](const auto& change, const char* text) {
    ModelMetadata m = example();
    change(m);
    CHECK_THROWS_WITH_AS(serialize_tflite(graph, {.metadata = m}), doctest::Contains(text), Error);
  };
  refused([](ModelMetadata& m) { m.outputs[0].labels.pop_back(); }, "1 labels, expected 2");
  refused([](ModelMetadata& m) { m.outputs[0].labels[0] = "a\nb"; }, "has a line break");
  refused([](ModelMetadata& m) { m.inputs[0].std.pop_back(); },
          "2 means, but 1 standard deviations");
  refused(
      [](ModelMetadata& m) {
        m.inputs[0] = {.mean = {1, 2, 3}, .std = {1, 1, 1}, .labels = {}};
      },
      "expected 1 or 2");
  refused([](ModelMetadata& m) { m.inputs[0].std[1] = 0; }, "std > 0");
  refused([](ModelMetadata& m) { m.inputs.resize(2); }, "of 2 inputs");
}

TEST_CASE("metadata: damaged, it is nothing, and labels that are cut off are left out") {
  const auto whole = serialize_tflite(test::small_graph(), {.metadata = example()});
  const auto archive = read_zip_directory(whole, "file");
  const auto model_end = static_cast<std::size_t>(archive[0].packed.data() - whole.data());
  std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(model_end));
  const auto m = read_model_metadata(cut);
  REQUIRE(m);
  CHECK(m->inputs[0].mean.size() == 2);
  CHECK(m->outputs[0].labels.empty());
  std::vector<std::byte> other = whole;
  other[model_end] ^= std::byte{1};  // another label than the checksum's
  CHECK(read_model_metadata(other)->outputs[0].labels.empty());
  // Every byte of the file changed: an answer or none, never a crash.
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::vector<std::byte> damaged = whole;
    damaged[i] ^= std::byte{0xff};
    try {
      const auto owner = std::make_shared<const std::vector<std::byte>>(damaged);
      parse_tflite(*owner, owner);
      read_model_metadata(*owner);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("zip: the checksum of the standard's example") {
  CHECK(crc32_of(std::as_bytes(std::span(std::string_view("123456789")))) == 0xcbf43926u);
}

TEST_CASE("used operators: each code once, sorted") {
  const auto file = serialize_tflite(test::small_graph());
  CHECK(used_operators(file) == std::vector<std::int32_t>{3, 9, 25});
}

}  // namespace octet
