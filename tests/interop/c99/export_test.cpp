// Models as C99 source: compiled strictly, they give the engine's bytes; what has no C form is
// refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "int8/engine/every_op.h"
#include "tests/int8/nets.h"
#include "tests/interop/c99/c_project.h"
#include "tests/interop/c99/single_ops.h"

using namespace octet;
using namespace octet::test;
using int8::Graph;
using int8::OpCode;
using int8::Rounding;

namespace {

constexpr const char* all_equal = "10 of 10 equal\n";

std::string text_of_all(const c99::CExport& made) {
  std::string all;
  for (const c99::CFile& file : made.files) all += file.path + "\n" + c99::text_of_file(file);
  return all;
}

std::string export_refusal(const Graph& graph, const c99::CExportOptions& options = {}) {
  try {
    c99::export_c(graph, options);
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

/// A node of values that are no codes; QUANTIZE and DEQUANTIZE may have floats.
bool is_of_other_types(const Graph& one) {
  const OpCode op = one.nodes[0].op;
  const bool floats = op == OpCode::quantize || op == OpCode::dequantize;
  const auto is_other = [&](int t) {
    const int8::DType type = one.tensors[static_cast<std::size_t>(t)].type;
    return !int8::is_codes(type) && !(floats && type == int8::DType::f32);
  };
  return std::any_of(one.inputs.begin(), one.inputs.end(), is_other) ||
         std::any_of(one.outputs.begin(), one.outputs.end(), is_other);
}

/// In both roundings. Compilers take most of the time.
void check_equal(const Graph& graph, const std::string& optimize = "CFLAGS=-O1") {
  for (const Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
    CAPTURE(int8::rounding_name(rounding));
    CProject project(graph, {.rounding = rounding});
    CHECK(project.make({optimize}) == all_equal);
  }
}

}  // namespace

TEST_CASE("C99: every operator that has a C form, alone; the others are refused by name") {
  const std::set<std::string_view> without{"ARG_MAX",
                                           "ARG_MIN",
                                           "BATCH_MATMUL",
                                           "CAST",
                                           "L2_NORMALIZATION",
                                           "LOG_SOFTMAX",
                                           "SQUARED_DIFFERENCE",
                                           "SVDF",
                                           "UNIDIRECTIONAL_SEQUENCE_LSTM"};
  std::set<std::string_view> held, refused;
  for (const Graph& all : {int8::every_op_graph(), int8::every_other_op_graph()}) {
    for (std::size_t n = 0; n < all.nodes.size(); ++n) {
      const std::string_view name = int8::op_name(all.nodes[n].op);
      const Graph one = only_node(all, n);
      CAPTURE(name);
      CAPTURE(n);
      if (one.inputs.empty()) continue;
      if (without.contains(name)) {
        CHECK(export_refusal(one) == text_of("operator ", name, " of node 0 has no C form"));
        refused.insert(name);
      } else if (!is_of_other_types(one)) {
        check_equal(one);
        held.insert(name);
      }
    }
  }
  CHECK(refused == without);
  CHECK(held.size() >= 50);
}

TEST_CASE("C99: all operators of convolutional networks as one model") {
  check_equal(int8::every_op_graph(), "CFLAGS=-O3");
}

TEST_CASE("C99: convolutions of many shapes") {
  std::mt19937_64 random = rng(5);
  for (int i = 0; i < 6; ++i) {
    NetBuilder net(random());
    const int size = 3 + static_cast<int>(random() % 8);
    const int in = net.i8({1, size, size + 1, 1 + static_cast<int>(random() % 9)}, 0.05f, 7);
    int x = in;
    x = net.conv(x, 1 + static_cast<int>(random() % 10), 1 + static_cast<int>(random() % 4),
                 1 + static_cast<int>(random() % 2));
    x = net.conv(x, 0, 1 + static_cast<int>(random() % 5), 1, int8::Padding::same, true);
    x = net.conv(x, 40, 1, 1);
    x = net.conv(x, 0, 3, 2, int8::Padding::same, true);
    check_equal(net.done({in}, {x}));
  }
}

TEST_CASE("C99: the same bytes twice; names that are no identifiers, and float rounding") {
  const Graph graph = int8::every_op_graph();
  CHECK(text_of_all(c99::export_c(graph)) == text_of_all(c99::export_c(graph)));
  CHECK(export_refusal(graph, {.name = "a-b"}) == "name: expected a C identifier, got 'a-b'");
  for (const char* taken : {"int", "string", "test_main", "startup", "_x"}) {
    CHECK(export_refusal(graph, {.name = taken}) ==
          "name: '" + std::string(taken) + "' has a meaning in C or is another file of the export");
  }
  CHECK(export_refusal(graph, {.rounding = Rounding::float_rounding}) ==
        "rounding: float has no C form; expected single or double");
}

TEST_CASE("C99: a folder appears whole or not at all") {
  const TempDir temp;
  const c99::CFiles files{{"a.c", {"int a;\n"}}, {"b/c.h", {"int c;\n"}}};
  c99::write_c_folder(files, temp / "new");
  CHECK(read_file(temp / "new/b/c.h").size() == 7);
  CHECK_THROWS_WITH_AS(c99::write_c_folder(files, temp / "new"),
                       doctest::Contains("not an empty folder"), Error);
  CHECK_THROWS_AS(c99::write_c_folder({{"a.c", {"x"}}, {"a.c/b", {"y"}}}, temp / "other"), Error);
  CHECK(!std::filesystem::exists(temp / "other"));
  CHECK(std::distance(std::filesystem::directory_iterator(temp.path()), {}) == 1);
}
