// metrics.jsonl: one JSON object per epoch or evaluation.
#pragma once

#include <filesystem>
#include <string>

#include "fit/figure.h"

namespace octet {

/// The file is what the last checkpoint remembers, or its beginning: resuming makes it that, and
/// the same lines follow as in a run that was not stopped (times differ).
class MetricsFile {
 public:
  /// Replaces the file by `text`, the lines so far.
  MetricsFile(std::filesystem::path file, std::string text);
  /// A line that belongs to the next checkpoint; "time" (UTC, ISO 8601) is added to it. Numbers
  /// that are not finite become null.
  void add(const Figures& line);
  /// Appends the lines added since the last time and hands them to the system; to be called when a
  /// checkpoint remembers them. Throws Error if the disk is full.
  void write();
  const std::string& text() const noexcept { return text_; }

 private:
  std::filesystem::path file_;
  std::string text_;
  std::size_t written_;
};

}  // namespace octet
