// The folder of a run: one process at a time, and what an earlier one left there.
#pragma once

#include <filesystem>

#include "apps/trainer/session.h"

namespace octet::trainer {

/// Makes the folder and holds it until destruction or the end of the process. An empty folder is
/// removed at the end.
class RunDirLock {
 public:
  /// Throws Error if the folder cannot be made or another process holds it.
  explicit RunDirLock(const std::filesystem::path& dir);
  ~RunDirLock();
  RunDirLock(const RunDirLock&) = delete;
  RunDirLock& operator=(const RunDirLock&) = delete;

 private:
  std::filesystem::path dir_;
  int descriptor_ = -1;
};

/// Temporary files that a killed process left.
void remove_leftovers(const std::filesystem::path& dir);
/// Everything a run writes.
void remove_outputs(const RunFiles& files);

/// "the first difference": "/train/epochs was 10, is 12"; empty if the keys are equal.
std::string key_difference(const std::string& before, const std::string& now);

}  // namespace octet::trainer
