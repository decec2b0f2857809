// The subcommands of `octet-bench`. Each file defines one: its options and what it does.
#pragma once

#include <CLI/CLI.hpp>

namespace octet::bench {

void add_export(CLI::App& app);
void add_golden(CLI::App& app);
void add_ranks(CLI::App& app);
void add_step(CLI::App& app);

}  // namespace octet::bench
