// Golden files whose lines are: a name, a model, then input and output of each step in turn, in
// hex.
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support.h"

namespace octet::test {

inline std::vector<std::byte> bytes_of(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

struct GoldenLine {
  std::string name;
  std::vector<std::byte> file;
  std::vector<std::vector<std::byte>> in, out;  ///< of each step
};

/// Those of tests/golden/`name`.
inline std::vector<GoldenLine> golden_lines(const std::string& name) {
  std::ifstream file(source_dir() / "tests" / "golden" / name);
  std::vector<GoldenLine> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    GoldenLine& g = all.emplace_back();
    std::string content, x, y;
    words >> g.name >> content;
    g.file = bytes_of(content);
    while (words >> x >> y) {
      g.in.push_back(bytes_of(x));
      g.out.push_back(bytes_of(y));
    }
  }
  return all;
}

}  // namespace octet::test
