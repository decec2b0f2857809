// The zoo's networks as C99 source.
#include <doctest/doctest.h>

#include "layers/zoo/zoo.h"
#include "tests/interop/c99/c_project.h"
#include "tests/interop/zoo_graph.h"

using namespace octet;
using namespace octet::test;

TEST_CASE("C99: the zoo's networks give the engine's bytes in both roundings") {
  for (const std::string& name : zoo::model_names()) {
    const int8::Graph graph = quantized_zoo(name);
    for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding}) {
      CProject project(graph, {.rounding = rounding, .samples = 2});
      CAPTURE(name);
      CHECK(project.make() == "2 of 2 equal\n");
      MESSAGE(name << ": arena " << project.made.arena_bytes << ", constants "
                   << project.made.constant_bytes);
    }
  }
}
