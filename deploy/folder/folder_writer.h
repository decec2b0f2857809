// A folder that appears whole or not at all.
#pragma once

#include <filesystem>

#include "deploy/folder/template_text.h"

namespace octet::deploy {

/// Throws Error if something is at `folder` already and may not be overwritten: only a folder that
/// write_folder made may.
void check_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes the files whole or not at all (AtomicFolder). With `overwrite` an earlier folder made by
/// this function is replaced. Throws Error; then nothing has changed.
void write_folder(const std::filesystem::path& folder, const Files& files, bool overwrite);

}  // namespace octet::deploy
