// metrics.jsonl: one JSON object per epoch or evaluation.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace octet::trainer {

/// The file always begins with what the last checkpoint remembers: resuming makes it that, and the
/// same lines follow as in a run that was not stopped (times differ).
class Metrics {
 public:
  /// Replaces the file by `text`, the lines so far.
  Metrics(std::filesystem::path file, std::string text);
  /// Appends a line and hands it to the system. Throws Error if the disk is full.
  void add(const nlohmann::ordered_json& line);
  const std::string& text() const noexcept { return text_; }

 private:
  std::filesystem::path file_;
  std::string text_;
};

}  // namespace octet::trainer
