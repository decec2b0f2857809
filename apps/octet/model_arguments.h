// Options that several subcommands share, and loading a model with them.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "base/error.h"
#include "int8/engine/model.h"

namespace octet::app {

/// The model file and how to run it.
struct ModelArguments {
  std::string path, rounding, isa;
  std::size_t memory_limit_mib = 1024;

  /// Adds MODEL, --rounding, --isa and --memory-limit to a subcommand.
  void add_to(CLI::App& command);
  /// Throws Error, with the path, if the file or one of its ops is not supported.
  int8::Model load() const;
  /// The same with the kernels of `wanted`.
  int8::Model load(int8::Isa wanted) const;
  /// In bytes: of packed weights, and of each context.
  std::size_t memory_limit() const { return memory_limit_mib << 20; }

 private:
  int8::ModelOptions options() const;
};

void add_memory_limit(CLI::App& command, std::size_t& mib);

/// Calls f(); what does not fit into memory then is said to be of the model in file `path`.
template <class F>
void with_model_name(const std::string& path, const F& f) {
  try {
    f();
  } catch (const MemoryError& error) {
    throw MemoryError(path + ": " + error.what());
  }
}

/// Batch size and threads.
struct RunArguments {
  int batch = 1, threads = 1;
  void add_to(CLI::App& command, const char* batch_help);
};

/// "[1, 32, 32, 3]".
std::string shape_text(const std::vector<std::int32_t>& shape);

}  // namespace octet::app
