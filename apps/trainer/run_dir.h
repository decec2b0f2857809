// The folder of a run: one process at a time, and what an earlier one left there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

/// Removes the temporary files of a run that a killed process left.
void remove_leftovers(const RunFiles& files);
/// The name of a file besides the checkpoint that a run wrote there; empty if there is none.
std::string output_there(const RunFiles& files);

/// Moves everything an earlier run wrote, if there is anything, into a new folder "overwritten" (or
/// "overwritten-2", ...) in the run's, the checkpoint last: until then the earlier run can go on
/// where it is, afterwards the new folder holds all of it.
void put_aside(const RunFiles& files);
/// The folders that put_aside made, the earliest run's first. Not links.
std::vector<std::filesystem::path> overwritten_runs(const RunFiles& files);
/// Deletes the runs in them; what is no run's file stays.
void remove_overwritten(const RunFiles& files);

/// "the first difference": "/train/epochs was 10, is 12"; empty if the keys are equal.
std::string key_difference(const std::string& before, const std::string& now);

}  // namespace octet::trainer
