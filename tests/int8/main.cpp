// Entry point of int8_tests: tests/main.cpp's, and exit code 77 where OCTET_MAX_ISA names
// instructions that this machine lacks.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "int8/kernels/engine_isa.h"
#include "tests/support.h"

int main(int argc, char** argv) {
  const char* needs = std::getenv("OCTET_TEST_NEEDS");
  if (needs && std::string(needs) == "shared" && !octet::test::shared_dir()) {
    std::cout << "SKIPPED: no shared data at " << octet::test::shared_dir_tried()
              << " (set OCTET_SHARED to the folder)\n";
    return 77;
  }
  if (const char* wanted = std::getenv("OCTET_MAX_ISA")) {
    const auto isa = octet::int8::parse_isa(wanted);
    const auto isas = octet::int8::available_isas();
    if (isa && std::find(isas.begin(), isas.end(), *isa) == isas.end()) {
      std::cout << "SKIPPED: this machine (or build) has no " << wanted << "\n";
      return 77;
    }
  }
  doctest::Context context(argc, argv);
  return context.run();
}
