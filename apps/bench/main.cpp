// octet-bench: measures training and makes networks to be timed. Exit codes: 0, 1 error, 2 wrong
// usage.
#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

#include "apps/bench/bench_commands.h"
#include "apps/common/usage_error.h"
#include "base/error.h"
#include "base/printable.h"

namespace {

constexpr void (*subcommands[])(CLI::App&) = {octet::bench::add_export, octet::bench::add_golden,
                                              octet::bench::add_ranks, octet::bench::add_step};

int run(int argc, char** argv) {
  CLI::App app("octet-bench measures training steps and makes networks to be timed.");
  app.require_subcommand(1);
  for (auto* add : subcommands) add(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return octet::report_usage(app, error);
  }
  std::cout.flush();
  OCTET_CHECK(std::cout, "cannot write to the standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "octet-bench: " << octet::printable_text(error.what()) << '\n';
    return 1;
  }
}
