// Files of one operator each against bytes of TFLite Micro and LiteRT's reference kernels
// (tests/golden/make_ops_golden.py), on every ISA, alone and in a batch.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "interop/tflite/reader.h"
#include "tests/int8/from_hex.h"
#include "tests/int8/isas.h"
#include "tests/int8/last_sample.h"
#include "tests/support.h"

namespace octet::test {
using namespace int8;

TEST_SUITE("int8") {
  TEST_CASE("files of one operator give TensorFlow Lite's bytes") {
    std::ifstream file(source_dir() / "tests" / "golden" / "ops.txt");
    REQUIRE(file);
    std::set<std::string> ops;
    int number = 0;
    for (std::string line; std::getline(file, line); ++number) {
      if (line[0] == '#') continue;
      std::istringstream words(line);
      std::string name, by, content, inputs, expected;
      words >> name >> by >> content >> inputs >> expected;
      CAPTURE(name);
      CAPTURE(number);
      const std::vector<std::byte> bytes = from_hex(content), x = from_hex(inputs);
      const Graph graph = parse_tflite(bytes, nullptr);
      REQUIRE(op_name(graph.nodes.at(0).op) == name);
      for (const Isa isa : octet::test::isas_under_test()) {
        const Model model(graph, {.isa = isa, .ops = &all_ops()});
        for (const int batch : {1, 3}) CHECK(last_sample(model, x, batch) == from_hex(expected));
      }
      ops.insert(name);
    }
    CHECK(ops.size() == 20);
  }
}

}  // namespace octet::test
