// Configurations that say only what differs from another.
#pragma once

#include <filesystem>

#include "apps/common/config/json_text.h"
#include "apps/common/config/origins.h"

namespace octet::config {

/// The text of a configuration. Throws Error if it is not a regular file of at most 1 MiB that can
/// be read.
std::string read_text(const std::filesystem::path& file);

/// The document of `file` whose text is `text`, laid over that of the file which its key "extends"
/// names, and so on: objects are merged key by key, anything else replaces what was there, null
/// takes it away (RFC 7396). `origins` gets what does not come from `file` itself. Throws Error for
/// a file that cannot be read, is no JSON object or comes back to itself.
Json read_document(const std::filesystem::path& file, const std::string& text, Origins& origins);

}  // namespace octet::config
