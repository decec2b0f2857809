#include "apps/octet/read_lines.h"

#include <fstream>

#include "base/error.h"

namespace octet::app {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  OCTET_CHECK(file, path, ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  OCTET_CHECK(!lines.empty(), path, ": no labels; expected one a line");
  return lines;
}

}  // namespace octet::app
