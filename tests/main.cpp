// Entry point of every test binary. Exit code 77 (ctest: skipped) with the reason when a run asks,
// through OCTET_TEST_NEEDS ("shared", or a file or folder), for something that is not here.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support.h"

int main(int argc, char** argv) {
  const char* needs = std::getenv("OCTET_TEST_NEEDS");
  if (needs && std::string(needs) == "shared" && !octet::test::shared_dir()) {
    std::cout << "SKIPPED: no shared data at " << octet::test::shared_dir_tried()
              << " (set OCTET_SHARED to the folder)\n";
    return 77;
  }
  if (needs && std::string(needs) != "shared" && !std::filesystem::exists(needs)) {
    std::cout << "SKIPPED: there is no " << needs << '\n';
    return 77;
  }
  doctest::Context context(argc, argv);
  return context.run();
}
