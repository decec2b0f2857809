// How the programs end where their command line is at fault.
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <string>

#include "base/printable.h"

namespace octet {

/// Prints help, version or the error, whose text may quote whatever was typed, and returns the exit
/// status: 0 for help and version, else 2.
inline int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out, err;
  const int status = app.exit(error, out, err);
  const auto print = [](std::ostream& to, const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) to << printable_text(line) << '\n';
  };
  print(std::cout, out.str());
  print(std::cerr, err.str());
  return status == 0 ? 0 : 2;
}

}  // namespace octet
