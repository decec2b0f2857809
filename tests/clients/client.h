// What the tests of octet's files in other programs share.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "int8/engine/model.h"
#include "tests/support.h"

namespace octet::test {

/// The exit code of a shell command; -1 if it ended otherwise.
inline int run_command(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The exit code of tests/clients/<script>, run by the Python in the folder `environment` of the
/// clients; 77, with the reason, if there is none.
inline int run_python(const std::string& environment, const std::string& script,
                      const std::string& arguments) {
  const char* folder = std::getenv("OCTET_CLIENTS");
  const std::filesystem::path clients = folder ? folder : OCTET_SOURCE_DIR "/build/clients";
  const std::filesystem::path python = clients / environment / "bin/python3";
  if (!std::filesystem::exists(python)) {
    std::cout << "SKIPPED: no " << python << " (tests/clients/setup.sh installs it)\n";
    return 77;
  }
  const std::filesystem::path path = source_dir() / "tests" / "clients" / script;
  return run_command("'" + python.string() + "' '" + path.string() + "' " + arguments);
}

/// Models to run in one call of a client.
class ClientBatch {
 public:
  void add(const std::filesystem::path& model, const std::filesystem::path& inputs,
           const std::filesystem::path& outputs) {
    for (const std::filesystem::path& p : {model, inputs, outputs})
      arguments_ += " '" + p.string() + "'";
  }
  const std::string& arguments() const { return arguments_; }

 private:
  std::string arguments_;
};

inline std::vector<char> random_inputs(const int8::Model& model, int samples, std::uint64_t seed) {
  auto random = rng(seed);
  std::vector<char> bytes;
  for (int s = 0; s < samples; ++s) {
    for (const int8::ValueInfo& input : model.inputs()) {
      std::vector<char> value(input.bytes);
      if (input.type == int8::DType::f32) {
        for (std::size_t i = 0; i < value.size(); i += 4) {
          const float v = static_cast<float>(static_cast<int>(random() % 1001) - 500) / 77.0f;
          std::memcpy(&value[i], &v, 4);
        }
      } else {
        for (char& c : value) c = static_cast<char>(random());
      }
      bytes.insert(bytes.end(), value.begin(), value.end());
    }
  }
  return bytes;
}

/// What octet gives for samples back to back; several inputs or outputs follow each other in each
/// sample.
inline std::vector<char> run_octet(const int8::Model& model, const std::vector<char>& inputs) {
  int8::ExecutionContext context(model);
  std::vector<char> outputs;
  for (std::size_t at = 0; at < inputs.size();) {
    for (int i = 0; i < static_cast<int>(model.inputs().size()); ++i) {
      const std::span<std::byte> to = context.input(i);
      std::memcpy(to.data(), &inputs[at], to.size());
      at += to.size();
    }
    context.run();
    for (int i = 0; i < static_cast<int>(model.outputs().size()); ++i) {
      const auto* from = reinterpret_cast<const char*>(context.output(i).data());
      outputs.insert(outputs.end(), from, from + context.output(i).size());
    }
  }
  return outputs;
}

struct Difference {
  int values = 0, different = 0, largest = 0;
};
inline Difference compare(const std::vector<char>& a, const std::vector<char>& b) {
  REQUIRE(a.size() == b.size());
  Difference d;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int step = std::abs(static_cast<signed char>(a[i]) - static_cast<signed char>(b[i]));
    ++d.values;
    d.different += step != 0;
    d.largest = std::max(d.largest, step);
  }
  return d;
}

}  // namespace octet::test
