// Files written by others: the golden models of TFLite Micro and the MLPerf Tiny networks.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;

std::vector<fs::path> golden_models() {
  std::vector<fs::path> models;
  for (const char* kind : {"ops", "nets"}) {
    for (const auto& entry : fs::directory_iterator(*octet::test::shared_dir() / "golden" / kind)) {
      if (fs::exists(entry.path() / "model.tflite"))
        models.push_back(entry.path() / "model.tflite");
    }
  }
  std::sort(models.begin(), models.end());
  return models;
}

TEST_SUITE("shared") {
  TEST_CASE("golden models parse, and parse to the same graph when written again") {
    const std::vector<fs::path> models = golden_models();
    CHECK(models.size() == 238);
    std::set<int8::OpCode> ops;
    for (const fs::path& path : models) {
      CAPTURE(path.string());
      int8::Graph graph = octet::read_tflite(path);
      for (const int8::Node& node : graph.nodes) ops.insert(node.op);
      // What foreign files do not say means double rounding.
      CHECK(graph.rounding == int8::Rounding::double_rounding);
      if (graph.description.empty()) graph.description = "octet";  // the writer's default
      const auto bytes =
          std::make_shared<const std::vector<std::byte>>(octet::serialize_tflite(graph));
      const int8::Graph again = octet::parse_tflite(*bytes, bytes);
      CHECK(octet::test::describe(again) == octet::test::describe(graph));
    }
    CHECK(ops.size() == 27);
  }

  TEST_CASE("the networks are what they are known to be") {
    const fs::path nets = *octet::test::shared_dir() / "golden" / "nets";
    const int8::Graph ic = octet::read_tflite(nets / "ic" / "model.tflite");
    const int8::TensorDef& image = ic.tensors[static_cast<std::size_t>(ic.inputs.at(0))];
    CHECK(image.shape == std::vector<std::int32_t>{1, 32, 32, 3});
    CHECK(image.type == int8::DType::i8);
    CHECK(ic.nodes.size() == 16);
    CHECK(ic.nodes.back().op == int8::OpCode::softmax);
    const int8::Graph kws = octet::read_tflite(nets / "kws" / "model.tflite");
    CHECK(kws.nodes.size() == 13);
    const int8::TensorDef& bias = kws.tensors[static_cast<std::size_t>(kws.nodes[0].inputs.at(2))];
    CHECK(bias.type == int8::DType::i32);
  }
}

}  // namespace
