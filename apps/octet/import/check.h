// Whether an imported network computes what it should.
#pragma once

#include <string>
#include <vector>

#include "apps/octet/import/file_network.h"

namespace octet::app {

/// Runs the network on files of its inputs and prints how far its outputs are from those in the
/// files that follow (raw little-endian float32, in the order and layout of `network.inputs` and
/// `outputs`). Returns whether each differs by at most `tolerance` of the largest expected value.
/// Throws Error where a file cannot be read or has another size.
bool check(const FileNetwork& network, const std::vector<std::string>& files, double tolerance);

}  // namespace octet::app
