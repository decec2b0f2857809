// Exported C in a folder: compiled by a compiler, run, its output.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "interop/c99/export_c.h"
#include "tests/process.h"

namespace octet::test {

/// Where a program of the PATH is; "" if it is missing.
inline std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string left = path ? path : "";
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(':'), left.size());
    const std::filesystem::path file = std::filesystem::path(left.substr(0, end)) / name;
    if (::access(file.c_str(), X_OK) == 0) return file;
    left.erase(0, end + 1);
  }
  return "";
}

/// An export in a folder of its own, and its Makefiles.
class CProject {
 public:
  explicit CProject(const int8::Graph& graph, const c99::CExportOptions& options = {})
      : made(c99::export_c(graph, options)) {
    c99::write_c_folder(made.files, folder());
  }
  std::filesystem::path folder() const { return temp_ / "project"; }

  /// Everything that `make ARGUMENTS` says; a line "make failed" behind it if it does.
  std::string make(std::vector<std::string> arguments = {}, const std::string& in = "") {
    std::vector<std::string> command{find_program("make"), "-s", "-C", (folder() / in).string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process process(command, temp_.path());
    const int code = process.wait();
    return process.output() + (code == 0 ? "" : "make failed\n");
  }

  c99::CExport made;

 private:
  TempDir temp_;
};

}  // namespace octet::test
