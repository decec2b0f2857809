// Writer and reader together, and the bytes of the file against the format itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/error.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

using octet::test::describe;
using octet::test::GraphBuilder;
namespace int8 = octet::int8;

int8::Graph parse(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return octet::parse_tflite(*owner, owner);
}

// A reading of the file that shares nothing with FlatBuffers' own code.
class Table {
 public:
  Table(const std::vector<std::byte>& file, std::size_t at) : file_(&file), at_(at) {}
  static Table root(const std::vector<std::byte>& file) { return Table(file, 0).follow(0); }

  template <class T>
  T read(std::size_t at) const {
    T value;
    REQUIRE(at + sizeof value <= file_->size());
    std::memcpy(&value, file_->data() + at, sizeof value);
    return value;
  }
  /// Where field `slot` is, if it is present.
  std::optional<std::size_t> field(std::size_t slot) const {
    const auto vtable =
        static_cast<std::size_t>(static_cast<std::int64_t>(at_) - read<std::int32_t>(at_));
    if (4 + 2 * slot >= read<std::uint16_t>(vtable)) return std::nullopt;
    const auto offset = read<std::uint16_t>(vtable + 4 + 2 * slot);
    return offset == 0 ? std::nullopt : std::optional(at_ + offset);
  }
  template <class T>
  T scalar(std::size_t slot, T absent) const {
    const auto at = field(slot);
    return at ? read<T>(*at) : absent;
  }
  Table table(std::size_t slot) const {
    REQUIRE(field(slot));
    return follow(*field(slot));
  }
  /// Vectors and strings: where the elements begin, and how many there are.
  std::size_t size(std::size_t slot) const {
    return field(slot) ? read<std::uint32_t>(follow(*field(slot)).at_) : 0;
  }
  std::size_t data(std::size_t slot) const {
    REQUIRE(field(slot));
    return follow(*field(slot)).at_ + 4;
  }
  Table element(std::size_t slot, std::size_t i) const {
    REQUIRE(i < size(slot));
    return follow(data(slot) + 4 * i);
  }
  std::string text(std::size_t slot) const {
    const auto* begin = reinterpret_cast<const char*>(file_->data()) + data(slot);
    return {begin, size(slot)};
  }

 private:
  Table follow(std::size_t at) const { return {*file_, at + read<std::uint32_t>(at)}; }
  const std::vector<std::byte>* file_;
  std::size_t at_;
};

// Slots, as the format numbers them.
namespace slot {
constexpr std::size_t version = 0, codes = 1, subgraphs = 2, description = 3, buffers = 4,
                      metadata = 6, signatures = 7;
constexpr std::size_t operators = 3;  // of the subgraph
constexpr std::size_t old_code = 0, op_version = 2, new_code = 3;
}  // namespace slot

std::string metadata(const Table& model, const std::string& name) {
  for (std::size_t i = 0; i < model.size(slot::metadata); ++i) {
    const Table entry = model.element(slot::metadata, i);
    if (entry.text(0) != name) continue;
    const Table buffer = model.element(slot::buffers, entry.scalar<std::uint32_t>(1, 0));
    return buffer.field(0) ? buffer.text(0) : "";
  }
  return "(none)";
}

/// One op on an int8 value, with a runtime version to expect.
struct VersionCase {
  const char* what;
  int version;
  const char* runtime;
  int8::Graph graph;
};

int8::Graph one_op(int8::OpCode op, std::vector<std::int32_t> shape,
                   const std::vector<std::vector<std::int32_t>>& constants,
                   int8::Attributes attributes = {}, float out_scale = 0.5f) {
  GraphBuilder b;
  const int x = b.value("x", shape, 0.5f, 0);
  std::vector<int> inputs = {x};
  for (const auto& c : constants) inputs.push_back(b.weights("c", c, -1, 0.5f));
  const int y = b.value("y", shape, out_scale, 0);
  b.node(op, inputs, {y}, std::move(attributes));
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  return b.graph;
}

TEST_SUITE("tflite") {
  TEST_CASE("what is written is what is read") {
    for (const int8::Graph& graph : {octet::test::small_graph(), octet::test::every_op_graph(),
                                     octet::test::every_other_op_graph()}) {
      CHECK(describe(parse(octet::serialize_tflite(graph))) == describe(graph));
    }
  }

  TEST_CASE("a file can be read, and its constants outlive the graph's reader") {
    const octet::test::TempDir dir;
    const int8::Graph graph = octet::test::every_op_graph();
    octet::write_tflite(graph, dir / "m.tflite");
    const int8::Graph read = octet::read_tflite(dir / "m.tflite");
    std::filesystem::remove(dir / "m.tflite");
    CHECK(describe(read) == describe(graph));
  }

  TEST_CASE("bytes at an odd address") {
    const int8::Graph graph = octet::test::small_graph();
    const std::vector<std::byte> bytes = octet::serialize_tflite(graph);
    std::vector<std::byte> shifted(bytes.size() + 1);
    std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
    const int8::Graph read = octet::parse_tflite(std::span(shifted).subspan(1), nullptr);
    shifted.assign(shifted.size(), std::byte{});  // constants must not be views into it
    CHECK(describe(read) == describe(graph));
  }

  TEST_CASE("the same graph gives the same bytes, wherever its constants are") {
    const std::vector<std::byte> a = octet::serialize_tflite(octet::test::every_op_graph());
    const std::vector<std::byte> b = octet::serialize_tflite(octet::test::every_op_graph());
    CHECK(a == b);
    CHECK(octet::serialize_tflite(parse(a)) == a);
  }

  TEST_CASE("header, buffers, codes and metadata are as the format has them") {
    const int8::Graph graph = octet::test::every_op_graph();
    const std::vector<std::byte> file = octet::serialize_tflite(graph);
    CHECK(std::memcmp(file.data() + 4, "TFL3", 4) == 0);
    const Table model = Table::root(file);
    CHECK(model.scalar<std::uint32_t>(slot::version, 0) == 3);
    CHECK(model.text(slot::description) == "every operator");
    CHECK(model.size(slot::subgraphs) == 1);

    CHECK(model.size(slot::buffers) > 1);
    CHECK(model.element(slot::buffers, 0).size(0) == 0);
    for (std::size_t i = 1; i < model.size(slot::buffers); ++i) {
      CAPTURE(i);
      const Table buffer = model.element(slot::buffers, i);
      if (buffer.field(0)) CHECK(buffer.data(0) % 16 == 0);
    }

    const Table subgraph = model.element(slot::subgraphs, 0);
    CHECK(subgraph.size(slot::operators) == graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      CAPTURE(i);
      const auto index = subgraph.element(slot::operators, i).scalar<std::uint32_t>(0, 0);
      const Table code = model.element(slot::codes, index);
      CHECK(code.scalar<std::int32_t>(slot::new_code, 0) == static_cast<int>(graph.nodes[i].op));
      CHECK(code.scalar<std::int8_t>(slot::old_code, 0) ==
            std::min(static_cast<int>(graph.nodes[i].op), 127));
    }
    CHECK(metadata(model, "octet.rounding") == "double");
    CHECK(metadata(model, "octet.labels") == "cat\ndog\n");
    CHECK(metadata(model, "octet.empty").empty());
    // SQRT needs the newest runtime of all the operators here.
    CHECK(metadata(model, "min_runtime_version") == std::string("2.16.0") + std::string(10, '\0'));

    const Table signature = model.element(slot::signatures, 0);
    CHECK(signature.text(2) == "serving_default");
    CHECK(signature.element(0, 0).text(0) == "x");
    CHECK(signature.size(1) == graph.outputs.size());
    CHECK(signature.element(1, 0).scalar<std::uint32_t>(1, 0) ==
          static_cast<std::uint32_t>(graph.outputs[0]));
  }

  TEST_CASE("operators are written with the lowest version that can run them") {
    using int8::OpCode;
    const int8::ResizeAttributes corners{.align_corners = true};
    const int8::ResizeAttributes half{.half_pixel_centers = true};
    const std::vector<std::int32_t> s4 = {1, 2, 2, 2}, s5 = {1, 1, 2, 2, 2};
    std::vector<VersionCase> cases;
    const auto add = [&](const char* what, int version, const char* runtime, int8::Graph graph) {
      cases.push_back({what, version, runtime, std::move(graph)});
    };
    add("add", 2, "1.14.0", one_op(OpCode::add, s4, {s4}, int8::ElementwiseAttributes{}));
    add("sub", 2, "1.14.0", one_op(OpCode::sub, s5, {s5}, int8::ElementwiseAttributes{}));
    add("sub 5-D", 3, "2.3.0", one_op(OpCode::sub, s5, {{2}}, int8::ElementwiseAttributes{}));
    add("mul", 2, "1.14.0", one_op(OpCode::mul, s4, {s4}, int8::ElementwiseAttributes{}, 0.26f));
    add("mul up", 3, "1.15.0", one_op(OpCode::mul, s4, {s4}, int8::ElementwiseAttributes{}, 0.25f));
    add("maximum 5-D", 3, "2.3.0", one_op(OpCode::maximum, s5, {{2}}));
    add("conv", 3, "1.14.0", one_op(OpCode::conv_2d, s4, {{2, 1, 1, 2}}, int8::ConvAttributes{}));
    add("grouped", 6, "2.9.0", one_op(OpCode::conv_2d, s4, {{2, 1, 1, 1}}, int8::ConvAttributes{}));
    add("fc", 6, "2.1.0",
        one_op(OpCode::fully_connected, {1, 2}, {{2, 2}}, int8::FullyConnectedAttributes{}));
    add("bilinear", 2, "1.14.0", one_op(OpCode::resize_bilinear, s4, {{1}}, corners));
    add("bilinear half", 3, "2.2.0", one_op(OpCode::resize_bilinear, s4, {{1}}, half));
    add("nearest", 2, "1.14.0",
        one_op(OpCode::resize_nearest_neighbor, s4, {{1}}, int8::ResizeAttributes{}));
    add("nearest corners", 3, "2.3.0", one_op(OpCode::resize_nearest_neighbor, s4, {{1}}, corners));
    add("pad", 2, "1.14.0", one_op(OpCode::pad, s4, {{1}}));
    add("pad 5-D", 4, "2.6.0", one_op(OpCode::pad, s5, {{1}}));
    add("transpose 5-D", 4, "2.3.0", one_op(OpCode::transpose, s5, {{1}}));
    add("relu", 2, "2.1.0", one_op(OpCode::relu, s4, {}));
    add("hard_swish", 1, "1.15.0", one_op(OpCode::hard_swish, s4, {}));
    add("abs", 2, "2.4.0", one_op(OpCode::abs, s4, {}));
    add("exp", 2, "2.12.0", one_op(OpCode::exp, s4, {}));
    add("rsqrt", 2, "2.5.0", one_op(OpCode::rsqrt, s4, {}));
    add("elu", 1, "1.14.0", one_op(OpCode::elu, s4, {}));
    add("gelu", 2, "2.9.0", one_op(OpCode::gelu, s4, {}));
    const auto transpose_conv = [](int8::Activation activation, bool bias) {
      GraphBuilder b;
      const int x = b.value("x", {1, 2, 2, 2}, 0.5f, 0);
      const int w = b.weights("w", {2, 1, 1, 2}, 0, 0.5f);
      const int y = b.value("y", {1, 2, 2, 2}, 0.5f, 0);
      std::vector<int> inputs = {b.ints("shape", {1, 2, 2, 2}), w, x};
      if (bias) inputs.push_back(b.bias("b", 2));
      b.node(OpCode::transpose_conv, inputs, {y},
             int8::TransposeConvAttributes{.activation = activation});
      b.graph.inputs = {x};
      b.graph.outputs = {y};
      return b.graph;
    };
    add("tconv", 2, "2.2.0", transpose_conv(int8::Activation::none, false));
    add("tconv bias", 3, "2.3.0", transpose_conv(int8::Activation::none, true));
    add("tconv act", 4, "2.13.0", transpose_conv(int8::Activation::relu, true));

    for (const VersionCase& c : cases) {
      CAPTURE(c.what);
      const std::vector<std::byte> file = octet::serialize_tflite(c.graph);
      const Table model = Table::root(file);
      CHECK(model.element(slot::codes, 0).scalar<std::int32_t>(slot::op_version, 1) == c.version);
      CHECK(std::string(metadata(model, "min_runtime_version").c_str()) == c.runtime);
    }
  }

  TEST_CASE("a bias is written with the scale input scale times weight scale") {
    int8::Graph graph = octet::test::small_graph();
    graph.tensors[1].quantization.scale[1] = 0.0f;
    graph.tensors[2].shape = {1, 1, 1, 3};
    graph.tensors[2].quantization = {{7.0f}, {9}, 5};  // means nothing
    const auto quantization = [](const std::vector<std::byte>& file, std::size_t tensor) {
      return Table::root(file).element(slot::subgraphs, 0).element(0, tensor).table(4);
    };
    std::vector<std::byte> file = octet::serialize_tflite(graph);
    const Table bias = quantization(file, 2);
    REQUIRE(bias.size(2) == 3);
    CHECK(bias.scalar<std::int32_t>(6, 0) == 3);
    for (std::size_t c = 0; c < 3; ++c) {
      const float scale = graph.tensors[1].quantization.scale[c];
      const float expected = scale > 0 ? 0.5f * scale : std::numeric_limits<float>::min();
      CHECK(bias.read<float>(bias.data(2) + 4 * c) == expected);
      CHECK(bias.read<std::int64_t>(bias.data(3) + 8 * c) == 0);
    }
    CHECK(parse(file).tensors[2].quantization.scale.empty());
    // One that two layers share has none.
    GraphBuilder b;
    const int x = b.value("x", {2, 3}, 0.5f, 0);
    const int shared = b.bias("b", 3);
    int last = x;
    for (const float scale : {0.01f, 0.02f}) {
      const int y = b.value("y", {2, 3}, 0.5f, 0);
      b.node(int8::OpCode::fully_connected, {last, b.weights("w", {3, 3}, -1, scale), shared}, {y},
             int8::FullyConnectedAttributes{});
      last = y;
    }
    b.graph.inputs = {x};
    b.graph.outputs = {last};
    file = octet::serialize_tflite(b.graph);
    CHECK(!Table::root(file).element(slot::subgraphs, 0).element(0, 1).field(4));
    CHECK(int8::signature(int8::Model(parse(file))) == int8::signature(int8::Model(b.graph)));
  }

  TEST_CASE("equal constants share a buffer") {
    GraphBuilder b;
    const int x = b.value("x", {1, 2, 2, 2}, 0.5f, 0);
    const int y = b.value("y", {1, 2, 2, 2}, 0.5f, 0);
    const int z = b.value("z", {1, 2, 2, 2}, 0.5f, 0);
    b.node(int8::OpCode::transpose, {x, b.ints("p", {0, 2, 1, 3})}, {y});
    b.node(int8::OpCode::transpose, {y, b.ints("q", {0, 2, 1, 3})}, {z});
    b.graph.inputs = {x};
    b.graph.outputs = {z};
    const std::vector<std::byte> file = octet::serialize_tflite(b.graph);
    // The empty one, the permutation, two of metadata.
    CHECK(Table::root(file).size(slot::buffers) == 4);
    CHECK(describe(parse(file)).find("none") != std::string::npos);
  }

  TEST_CASE("tensors without names, or with one name, get a usable signature") {
    int8::Graph graph = one_op(int8::OpCode::split, {1, 2}, {}, int8::SplitAttributes{1});
    graph.tensors[0].name.clear();
    graph.nodes[0].inputs = {0, 0};
    graph.nodes[0].outputs = {1, 2};
    graph.tensors.push_back(graph.tensors[1]);
    graph.outputs = {1, 2};
    const std::vector<std::byte> file = octet::serialize_tflite(graph);
    const Table signature = Table::root(file).element(slot::signatures, 0);
    CHECK(signature.element(0, 0).text(0) == "input_0");
    CHECK(signature.element(1, 0).text(0) == "y");
    CHECK(signature.element(1, 1).text(0) == "output_1");
  }

  TEST_CASE("names of inputs and outputs are kept in the signature, beside the tensors' own") {
    int8::Graph graph = octet::test::small_graph();  // x -> ... -> p
    graph.outputs = {graph.outputs[0], graph.inputs[0], graph.outputs[0]};
    CHECK(parse(octet::serialize_tflite(graph)).input_names.empty());
    graph.input_names = {"image"};
    graph.output_names = {"class", "", "again"};
    const std::vector<std::byte> file = octet::serialize_tflite(graph);
    const int8::Graph read = parse(file);
    CHECK(read.input_names == graph.input_names);
    CHECK(read.output_names == std::vector<std::string>{"class", "x", "again"});
    CHECK(octet::serialize_tflite(read) == file);
    CHECK(describe(read) == describe(graph));
    const int8::Model model(read);
    CHECK(model.inputs()[0].name == "image");
    CHECK(model.outputs()[2].name == "again");
    CHECK(read.tensors[static_cast<std::size_t>(read.inputs[0])].name == "x");
  }

  TEST_CASE("the writer refuses what the format cannot say") {
    const auto refused = [](const char* message, auto&& change) {
      int8::Graph graph = octet::test::small_graph();
      change(graph);
      CHECK_THROWS_WITH_AS(octet::serialize_tflite(graph), message, octet::Error);
    };
    refused("the model has 0 inputs and 1 outputs, expected at least 1 each",
            [](int8::Graph& g) { g.inputs.clear(); });
    refused("metadata 'note': names begin with octet. and are not octet.rounding",
            [](int8::Graph& g) { g.metadata["note"] = "x"; });
    refused("metadata 'octet.rounding': names begin with octet. and are not octet.rounding",
            [](int8::Graph& g) { g.metadata["octet.rounding"] = "single"; });
    refused("operator 0 (CONV_2D): an input is tensor 99, but there are 8",
            [](int8::Graph& g) { g.nodes[0].inputs[0] = 99; });
    refused("operator 0 (CONV_2D): the node's attributes are missing or another op's",
            [](int8::Graph& g) { g.nodes[0].attributes = int8::SoftmaxAttributes{}; });
    refused("operator 0 (CONV_2D): the node's attributes are missing or another op's",
            [](int8::Graph& g) { g.nodes[0].attributes = {}; });
    refused("tensor 1 (\"conv/w\"): its shape needs 54 bytes of data, its buffer has 53",
            [](int8::Graph& g) { g.tensors[1].constant.size--; });
    refused("tensor 1 (\"conv/w\"): 1 zero points, expected 3",
            [](int8::Graph& g) { g.tensors[1].quantization.zero_point = {0}; });
    refused("operator 0 (?): unknown operator code 32",
            [](int8::Graph& g) { g.nodes[0].op = static_cast<int8::OpCode>(32); });
  }

  TEST_CASE("a model is written as its graph is") {
    const octet::test::TempDir dir;
    const octet::int8::Graph graph = octet::test::small_graph();
    octet::write_tflite(graph, dir / "graph.tflite");
    octet::write_tflite(octet::int8::Model(graph), dir / "model.tflite");
    CHECK(octet::test::read_file(dir / "model.tflite") ==
          octet::test::read_file(dir / "graph.tflite"));
  }

  TEST_CASE("errors of files name the file") {
    const octet::test::TempDir dir;
    const auto message = [](const std::filesystem::path& path) -> std::string {
      try {
        octet::read_tflite(path);
      } catch (const octet::Error& e) {
        return e.what();
      }
      return "no error";
    };
    const std::string missing = (dir / "no.tflite").string();
    CHECK(message(missing) == "cannot read " + missing + ": No such file or directory");
    CHECK(message(dir.path()) == "cannot read " + dir.path().string() + ": not a regular file");
    const std::string empty = (dir / "empty.tflite").string();
    octet::test::write_file(empty, {});
    CHECK(message(empty) == empty + ": not a TFLite file: 0 bytes, expected at least 8");
    const std::string text = (dir / "text.tflite").string();
    octet::test::write_file(text, std::vector<char>(100, 'x'));
    CHECK(message(text) == text + ": not a TFLite file: the identifier TFL3 is missing");
    const std::string target = (dir / "no" / "m.tflite").string();
    CHECK_THROWS_WITH_AS(octet::write_tflite(octet::test::small_graph(), target),
                         ("cannot write " + target + ": No such file or directory").c_str(),
                         octet::Error);
  }
}

}  // namespace
