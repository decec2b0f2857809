// Paths in configurations: environment variables and what they are relative to.
#pragma once

#include <filesystem>
#include <string>

namespace octet::config {

/// Replaces each "${NAME}" by that environment variable. The result is relative to `folder`, unless
/// it starts with a variable: then to the current directory. Throws Error starting with `where` if
/// a variable is not set or a brace is missing.
std::filesystem::path expand_path(const std::string& text, const std::filesystem::path& folder,
                                  const std::string& where);

}  // namespace octet::config
