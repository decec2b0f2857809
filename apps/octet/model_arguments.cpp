#include "apps/octet/model_arguments.h"

#include <algorithm>

#include "base/error.h"
#include "interop/tflite/reader.h"

namespace octet::app {

void add_memory_limit(CLI::App& command, std::size_t& mib) {
  command
      .add_option("--memory-limit", mib,
                  "most MiB of packed weights, and of values and working memory")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
}

void ModelArguments::add_to(CLI::App& command) {
  command.add_option("MODEL", path, "TFLite file (full-integer INT8)")->required();
  command
      .add_option("--rounding", rounding,
                  "single, double or float: overrides the rounding mode that the file records")
      ->check(CLI::IsMember({"single", "double", "float"}));
  command
      .add_option("--isa", isa,
                  "kernels to use: portable, avx2, avx_vnni, avx512_vnni, amx_int8 or neon_dot; "
                  "default: the best of this machine (or OCTET_MAX_ISA)")
      ->check([](const std::string& name) {
        return int8::parse_isa(name) ? "" : "unknown instruction set " + name;
      });
  add_memory_limit(command, memory_limit_mib);
}

int8::ModelOptions ModelArguments::options() const {
  int8::ModelOptions options;
  options.memory_limit = memory_limit();
  options.ops = &int8::all_ops();
  options.rounding = int8::parse_rounding(rounding);
  return options;
}

int8::Model ModelArguments::load() const {
  return load(isa.empty() ? int8::best_isa() : *int8::parse_isa(isa));
}

int8::Model ModelArguments::load(int8::Isa wanted) const {
  const std::vector<int8::Isa> available = int8::available_isas();
  OCTET_CHECK(std::find(available.begin(), available.end(), wanted) != available.end(),
              "this machine has no ", int8::isa_name(wanted));
  int8::Graph graph = read_tflite(path);
  int8::ModelOptions all = options();
  all.isa = wanted;
  try {
    return int8::Model(std::move(graph), all);
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  }
}

void RunArguments::add_to(CLI::App& command, const char* batch_help) {
  command.add_option("--batch", batch, batch_help)
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--threads", threads, "threads that share the work")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

std::string shape_text(const std::vector<std::int32_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace octet::app
