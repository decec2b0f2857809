// A folder that appears whole or not at all.
#pragma once

#include <filesystem>

#include "deploy/folder/template_text.h"

namespace octet::deploy {

/// Throws Error if something is at `folder` already and may not be overwritten: only a folder that
/// write_folder made may.
void check_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes the files into a temporary folder beside `folder`, syncs them and renames it. With
/// `overwrite` an earlier one made by this function is replaced; where a crash falls between the
/// two renames, it is still beside it, as ".NAME.old". Throws Error; then nothing has changed.
void write_folder(const std::filesystem::path& folder, const Files& files, bool overwrite);

}  // namespace octet::deploy
