// Checkpoints: named tensors, numbers and texts in one HDF5 file that is written whole or not at
// all and checked whole when read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/named_tensor.h"

namespace octet {

/// What a checkpoint holds. Names are paths ("optimizer/0.exp_avg"): parts of printable ASCII
/// between slashes, neither empty nor "." or "..".
struct Checkpoint {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::int64_t> integers;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;  ///< without NUL bytes
  std::string origin = "checkpoint";         ///< the file it was read from, for messages

  /// Adds `state` under "<group>/". Shares storage.
  void put(const std::string& group, const std::vector<NamedTensor>& state);
  /// The tensors under "<group>/", without that prefix.
  std::vector<NamedTensor> group(const std::string& group) const;

  /// Throw Error naming `origin` and the name if there is no such entry.
  const Tensor& tensor(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  const std::string& text(const std::string& name) const;
};

/// The file is HDF5 (/tensors, /integers, /numbers, /texts) behind a user block of 512 bytes that
/// holds the format's version, the file's length and a hash of everything behind it. The same
/// contents give the same bytes (one version of HDF5 presumed). Throws Error if `path` cannot be
/// written; it then is what it was before.
void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Checks length and hash before HDF5 sees a byte. Throws Error for a file that is missing, empty,
/// cut, changed, or not a checkpoint. Against accidents: whoever forges contents can forge the
/// hash.
Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace octet
