// The subcommands of `octet`. Each file defines one: its options and what it does.
#pragma once

#include <CLI/CLI.hpp>

namespace octet::app {

void add_new(CLI::App& app);
void add_run(CLI::App& app);
void add_eval(CLI::App& app);
void add_inspect(CLI::App& app);
void add_bench(CLI::App& app);
void add_verify(CLI::App& app);
void add_import(CLI::App& app);
void add_deploy(CLI::App& app);
void add_export(CLI::App& app);

}  // namespace octet::app
