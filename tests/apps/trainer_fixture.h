// A folder with a small data set of real digits and a configuration, and the trainer to run on it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "interop/checkpoint/checkpoint.h"
#include "tests/process.h"

namespace octet::test {

using Json = nlohmann::ordered_json;

struct TrainerRun {
  int code = -1;
  std::string output;
  bool says(const std::string& text) const { return output.find(text) != output.npos; }
};

/// Runs in its folder, so that outputs are in runs/<name>/ there.
class TrainerFixture {
 public:
  TrainerFixture();

  TempDir dir;
  std::filesystem::path run_dir(const std::string& name = "tiny") const {
    return dir.path() / "runs" / name;
  }

  /// Float training and QAT of a narrow LeNet, named "tiny": under a second.
  Json config() const;
  /// Writes `config` to <name>.json.
  void write(const Json& config) const;

  /// trainer --config <name>.json arguments...
  std::unique_ptr<Process> start(const std::vector<std::string>& arguments = {},
                                 const std::string& name = "tiny") const;
  TrainerRun run(const std::vector<std::string>& arguments = {},
                 const std::string& name = "tiny") const;
  /// With exactly these arguments.
  TrainerRun run_raw(const std::vector<std::string>& arguments) const;
  /// Another program: its file and arguments.
  TrainerRun run_command(const std::vector<std::string>& command) const;

  Json summary(const std::string& name = "tiny") const;
  std::vector<char> model(const std::string& name = "tiny") const {
    return read_file(run_dir(name) / "model.tflite");
  }
  /// metrics.jsonl without the fields that hold times.
  std::string metrics(const std::string& name = "tiny") const;
  /// Undefined contents if there is none.
  Checkpoint checkpoint(const std::string& name = "tiny") const {
    return read_checkpoint(run_dir(name) / "checkpoint.h5");
  }
};

}  // namespace octet::test
