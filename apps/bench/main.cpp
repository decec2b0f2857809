// octet-bench: makes networks to be timed and times training. Exit codes: 0, 1 error, 2 wrong
// usage.
#include <exception>
#include <iostream>

#include "apps/bench/commands.h"
#include "core/error.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app("octet-bench makes networks to be timed and times training steps.");
  app.require_subcommand(1);
  octet::bench::add_export(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
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
    std::cerr << "octet-bench: " << error.what() << '\n';
    return 1;
  }
}
