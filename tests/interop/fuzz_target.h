// What the fuzz targets have in common.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>

namespace octet::test {

/// A property that any input must have: libFuzzer keeps the input that stops the program.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::cerr << what << '\n';
  std::abort();
}

/// `--seeds FOLDER`: write_seeds(folder), then exits.
template <class F>
int write_seeds_if_asked(int argc, char** argv, const F& write_seeds) {
  if (argc == 3 && std::string_view(argv[1]) == "--seeds") {
    write_seeds(std::filesystem::path(argv[2]));
    std::exit(0);
  }
  return 0;
}

}  // namespace octet::test
