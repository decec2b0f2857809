// octet: runs, shows, times and verifies deployed models. Exit codes: 0, 1 error, 2 wrong usage.
#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

#include "apps/common/usage_error.h"
#include "apps/octet/commands.h"
#include "base/error.h"
#include "base/printable.h"
#include "int8/kernels/engine_isa.h"

namespace {

std::string version_text() {
  std::string text = "octet " OCTET_VERSION " (";
#if defined(__clang__)
  text += "clang " __clang_version__;
#else
  text += "gcc " __VERSION__;
#endif
  text += "), kernels for this machine:";
  for (const octet::int8::Isa isa : octet::int8::available_isas()) {
    text += " ";
    text += octet::int8::isa_name(isa);
  }
  return text;
}

int run(int argc, char** argv) {
  CLI::App app(
      "octet runs full-integer TFLite models. The same bytes come out on every CPU, whatever the "
      "kernels, batch size and threads.");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  octet::app::add_new(app);
  octet::app::add_run(app);
  octet::app::add_eval(app);
  octet::app::add_inspect(app);
  octet::app::add_bench(app);
  octet::app::add_verify(app);
  octet::app::add_import(app);
  octet::app::add_deploy(app);
  octet::app::add_export(app);
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
    std::cerr << "octet: " << octet::printable_text(error.what()) << '\n';
    return 1;
  }
}
