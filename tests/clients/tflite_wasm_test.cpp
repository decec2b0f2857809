// octet's files in the real TFLite runtime (tflite_wasm.mjs): files written by octet load there and
// give what they should. Exit code 77, with the reason, where Node or the package is missing.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#ifdef OCTET_CUSTOM_LOOP
#include "data/source.h"
#endif
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/clients/client.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using octet::test::compare;
using octet::test::Difference;
using octet::test::random_inputs;
using octet::test::read_file;
using octet::test::run_octet;
using octet::test::TempDir;

int run_client(const std::string& arguments) {
  const std::string script = OCTET_SOURCE_DIR "/tests/clients/tflite_wasm.mjs";
  return octet::test::run_command("node '" + script + "' " + arguments);
}

struct Batch : octet::test::ClientBatch {
  void run() const { REQUIRE(run_client(arguments()) == 0); }
};

TEST_CASE("a small network gives octet's bytes in single rounding") {
  const TempDir dir;
  octet::write_tflite(octet::test::small_graph(), dir / "m.tflite");
  const int8::Model model(octet::read_tflite(dir / "m.tflite"));
  const std::vector<char> inputs = random_inputs(model, 64, 1);
  octet::test::write_file(dir / "in", inputs);
  Batch batch;
  batch.add(dir / "m.tflite", dir / "in", dir / "out");
  batch.run();
  const Difference d = compare(read_file(dir / "out"), run_octet(model, inputs));
  CHECK(d.largest <= 1);
  CHECK(d.different <= d.values / 50);
}

// Every op alone, on codes: the runtime rounds in its own ways, one step apart at most.
TEST_CASE("every operator that octet writes loads and agrees within one step") {
  const TempDir dir;
  const int8::Graph all = octet::test::every_op_graph();
  Batch batch;
  struct Case {
    std::string name;
    fs::path outputs;
    std::vector<char> expected;
  };
  std::vector<Case> cases;
  for (std::size_t n = 0; n < all.nodes.size(); ++n) {
    // The others are younger than the client; its RSQRT refuses codes of negative reals, its SUM is
    // that of findings/litert_sum_int8_rescale.sh.
    using enum int8::OpCode;
    constexpr std::array left_out{exp, gelu, rsqrt, log, sqrt, relu_0_to_1, sum};
    if (std::find(left_out.begin(), left_out.end(), all.nodes[n].op) != left_out.end()) continue;
    int8::Graph graph = octet::test::single_node_graph(all, n);
    graph.rounding = int8::Rounding::single_rounding;
    const std::string name = std::to_string(n) + "-" + std::string(int8::op_name(all.nodes[n].op));
    octet::write_tflite(graph, dir / (name + ".tflite"));
    const int8::Model model(octet::read_tflite(dir / (name + ".tflite")));
    const std::vector<char> inputs = random_inputs(model, 8, n);
    octet::test::write_file(dir / (name + ".in"), inputs);
    cases.push_back({name, dir / (name + ".out"), run_octet(model, inputs)});
    batch.add(dir / (name + ".tflite"), dir / (name + ".in"), cases.back().outputs);
  }
  batch.run();
  for (const Case& c : cases) {
    const Difference d = compare(read_file(c.outputs), c.expected);
    CAPTURE(c.name);
    // Most ops agree but for ties; two of the client's kernels work with other fractions.
    const bool loose = c.name.ends_with("PRELU") || c.name.ends_with("RESIZE_BILINEAR");
    CHECK(d.largest <= 1);
    CHECK(d.different <= d.values / (loose ? 10 : 100));
  }
}

/// Version 4 of TRANSPOSE_CONV, which fuses activations, is younger than the client.
bool is_too_new(const int8::Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const int8::Node& node) {
    const auto* a = std::get_if<int8::TransposeConvAttributes>(&node.attributes);
    return a && a->activation != int8::Activation::none;
  });
}

TEST_CASE("golden models give the same bytes before and after octet has rewritten them") {
  if (!octet::test::shared_dir()) {
    MESSAGE("not run: no shared data at " << octet::test::shared_dir_tried().string());
    return;
  }
  const TempDir dir;
  Batch batch;
  std::vector<std::string> names;
  for (const char* kind : {"ops", "nets"}) {
    for (const auto& entry : fs::directory_iterator(*octet::test::shared_dir() / "golden" / kind)) {
      const fs::path model = entry.path() / "model.tflite", inputs = entry.path() / "input.bin";
      if (!fs::exists(model)) continue;
      const std::string name = entry.path().filename().string();
      const int8::Graph graph = octet::read_tflite(model);
      if (is_too_new(graph)) continue;
      octet::write_tflite(graph, dir / (name + ".tflite"));
      batch.add(model, inputs, dir / (name + ".before"));
      batch.add(dir / (name + ".tflite"), inputs, dir / (name + ".after"));
      names.push_back(name);
    }
  }
  batch.run();
  CHECK(names.size() == 232);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(read_file(dir / (name + ".before")) == read_file(dir / (name + ".after")));
  }
}

#ifdef OCTET_CUSTOM_LOOP
// Trained here, by the example in the README: what ships answers there as it does here.
TEST_CASE("a network fine-tuned on the digits: the same classes and codes on the test set") {
  const std::string digits = OCTET_SOURCE_DIR "/data/digits.h5";
  const TempDir dir;
  const fs::path file = dir / "digits.tflite";
  REQUIRE(std::system((OCTET_CUSTOM_LOOP " '" + digits + "' '" + file.string() + "'").c_str()) ==
          0);
  const int8::Model model(octet::read_tflite(file));
  CHECK(model.rounding() == int8::Rounding::single_rounding);
  // The example normalizes pixels to [0, 1]: code = pixel - 128 exactly.
  REQUIRE(model.inputs()[0].zero_point == -128);
  REQUIRE(model.inputs()[0].scale == static_cast<float>(1.0 / 255));
  const octet::Dataset test = octet::open_dataset("hdf5", digits, "test");
  std::vector<char> inputs;
  for (const std::uint8_t pixel : test.images.span<std::uint8_t>()) {
    inputs.push_back(static_cast<char>(static_cast<int>(pixel) - 128));
  }
  octet::test::write_file(dir / "in", inputs);
  Batch batch;
  batch.add(file, dir / "in", dir / "out");
  batch.run();
  const std::vector<char> theirs = read_file(dir / "out"), ours = run_octet(model, inputs);
  const Difference d = compare(theirs, ours);
  const std::size_t classes = model.outputs()[0].bytes;
  const auto top1 = [&](const std::vector<char>& codes, std::int64_t sample) {
    const auto* first = reinterpret_cast<const signed char*>(codes.data()) +
                        static_cast<std::size_t>(sample) * classes;
    return std::max_element(first, first + classes) - first;
  };
  int same = 0, right = 0;
  for (std::int64_t i = 0; i < test.size(); ++i) {
    same += top1(theirs, i) == top1(ours, i);
    right += top1(theirs, i) == test.labels.data<std::int32_t>()[i];
  }
  MESSAGE("digits in the TFLite runtime: top-1 right on "
          << right << ", as octet's on " << same << " of " << test.size() << "; " << d.different
          << " of " << d.values << " codes differ, by at most " << d.largest);
  CHECK(test.size() == 1000);
  CHECK(right >= 900);
  CHECK(same >= 995);
  CHECK(d.different <= d.values / 100);
}
#endif

}  // namespace

int main(int argc, char** argv) {
  if (std::system("node --version >/dev/null 2>&1") != 0) {
    std::cout << "SKIPPED: node was not found (Debian: apt-get install nodejs)\n";
    return 77;
  }
  // Without models the client only looks for its package.
  if (run_client("--check") == 77) return 77;
  doctest::Context context(argc, argv);
  return context.run();
}
