// Exported C on other machines: 64-bit ARM, and Cortex-M boards without an operating system, both
// in QEMU.
#include <doctest/doctest.h>

#include "base/error.h"
#include "int8/engine/every_op.h"
#include "tests/int8/nets.h"
#include "tests/interop/c99/c_project.h"

using namespace octet;
using namespace octet::test;

namespace {

int8::Graph small_net() {
  NetBuilder net(3);
  const int in = net.i8({1, 9, 10, 3}, 0.05f, 7);
  int x = net.conv(in, 18, 3, 2);
  x = net.conv(x, 0, 3, 1, int8::Padding::same, true);
  x = net.add(x, net.conv(x, 18, 1, 1));
  return net.done({in}, {net.head(x, 10)});
}

void check_board(const std::string& board, c99::CSimd simd) {
  CAPTURE(board);
  for (const int8::Graph& graph : {small_net(), int8::every_op_graph()}) {
    for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding}) {
      CProject project(graph, {.rounding = rounding, .simd = simd});
      CHECK(project.make({"run", "BOARD=" + board}, "cortex_m") == "10 of 10 equal\n");
    }
  }
}

}  // namespace

TEST_SUITE("aarch64") {
  TEST_CASE("C99 on 64-bit ARM") {
    for (const int8::Graph& graph : {small_net(), int8::every_op_graph()}) {
      CProject project(graph);
      CHECK(project.make({"CC=aarch64-linux-gnu-gcc", "LDFLAGS=-static", "RUN=qemu-aarch64"}) ==
            "10 of 10 equal\n");
    }
  }
}

TEST_SUITE("cortex_m") {
  TEST_CASE("C99 on Cortex-M3, M7 and M55") {
    check_board("mps2-an385", c99::CSimd::none);
    check_board("mps2-an500", c99::CSimd::none);
    check_board("mps3-an547", c99::CSimd::none);
  }
  TEST_CASE("C99 by DSP instructions on Cortex-M7, by vectors on M55") {
    check_board("mps2-an500", c99::CSimd::dsp);
    check_board("mps3-an547", c99::CSimd::dsp);
    check_board("mps3-an547", c99::CSimd::mve);
  }
  TEST_CASE("C99 for Cortex-M says what flash and RAM it takes") {
    CProject project(small_net());
    const std::string sizes = project.make({"size"}, "cortex_m");
    CAPTURE(sizes);
    CHECK(sizes.find("text") != std::string::npos);
    CHECK(sizes.find("test_main.elf") != std::string::npos);
  }
}
