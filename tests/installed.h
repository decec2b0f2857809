// What tests of the installed packages share.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support.h"

namespace octet::test {

/// Runs a command line; its output, which is returned, is in the message if it fails.
inline std::string run(const TempDir& dir, const std::string& command) {
  const std::filesystem::path log = dir / "log";
  const int status = std::system((command + " >'" + log.string() + "' 2>&1").c_str());
  const std::vector<char> bytes = read_file(log);
  std::string text(bytes.begin(), bytes.end());
  CAPTURE(command);
  CAPTURE(text);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return text;
}

inline std::string quoted(const std::filesystem::path& path) {
  return "'" + path.string() + "'";
}

/// A folder with the components that were asked for, below `prefix`.
struct Installed {
  TempDir dir;
  std::filesystem::path prefix = dir / "prefix", build = dir / "build";

  explicit Installed(const std::vector<std::string>& components) {
    for (const std::string& component : components) {
      run(dir, OCTET_CMAKE " --install " + quoted(OCTET_BINARY_DIR) + " --component " + component +
                   " --prefix " + quoted(prefix));
    }
  }
  /// Configures and builds the project in `source`.
  void build_project(const std::filesystem::path& source, const std::string& options = "") const {
    run(dir, OCTET_CMAKE " -G Ninja -DCMAKE_BUILD_TYPE=Release -S " + quoted(source) + " -B " +
                 quoted(build) +
                 " -DCMAKE_C_COMPILER=" OCTET_C_COMPILER " -DCMAKE_CXX_COMPILER=" OCTET_CXX_COMPILER
                 " -DCMAKE_PREFIX_PATH=" +
                 quoted(prefix) + " " + options);
    run(dir, OCTET_CMAKE " --build " + quoted(build));
  }
  /// "$(pkg-config <arguments>)" for a shell, with the installed packages.
  std::string pkg_config(const std::string& arguments) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(prefix)) {
      if (entry.path().filename() == "pkgconfig") {
        return "$(PKG_CONFIG_PATH=" + quoted(entry.path()) + " pkg-config " + arguments + ")";
      }
    }
    FAIL("no pkg-config files were installed");
    return {};
  }
};

inline bool has_pkg_config() {
  if (std::system("pkg-config --version >/dev/null 2>&1") == 0) return true;
  MESSAGE("not run: there is no pkg-config");
  return false;
}

}  // namespace octet::test
