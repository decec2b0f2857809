// Text files that the user gives.
#pragma once

#include <string>
#include <vector>

namespace octet::app {

/// The lines without their ends, empty ones at the end of the file left out. Throws Error naming
/// the file if it cannot be read or has none.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace octet::app
