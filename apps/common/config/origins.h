// Where the values of a configuration come from.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace octet::config {

/// The text of an override, or another file.
struct Origin {
  std::string text;
  std::filesystem::path folder;  ///< what relative paths are relative to; empty: the current one
};

/// Where a value comes from, by JSON pointer. A value that no entry names (or a parent of it) comes
/// from the file.
using Origins = std::map<std::string, Origin>;

/// Of a value, or of one around it; null: the file.
const Origin* find_origin(const Origins& origins, std::string pointer);
/// Takes away what is known of a value and of those in it.
void forget(Origins& origins, const std::string& pointer);

/// "file: /pointer", or "--set ...: /pointer" where an override set that value or one around it.
std::string where(const std::string& file, const Origins& origins, const std::string& pointer);

}  // namespace octet::config
