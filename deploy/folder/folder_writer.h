// A folder that appears whole or not at all.
#pragma once

#include <filesystem>

#include "deploy/folder/template_text.h"

namespace octet::deploy {

/// Throws Error if something is at `folder` already that is not an empty folder and may not be
/// overwritten: only a folder that octet deploy made may, by what its README.md says.
void check_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes the files whole or not at all (AtomicFolder). With `overwrite` an earlier folder that
/// octet deploy made is replaced. Throws Error; then nothing has changed.
void write_folder(const std::filesystem::path& folder, const Files& files, bool overwrite);

}  // namespace octet::deploy
