// summary.json: what a run came to, and the closing table made from it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/trainer/session.h"

namespace octet::trainer {

using Summary = nlohmann::ordered_json;

/// What is known of every run: names, float network, speed, files, configuration.
Summary begin_summary(const Session& s);
void write_summary(const Summary& summary, const std::filesystem::path& file);
/// Nothing if the file is not there or is no summary.
std::optional<Summary> read_summary(const std::filesystem::path& file);
/// Whether all files that the summary names are there.
bool files_exist(const Summary& summary, const std::filesystem::path& run_dir);
/// Lines for a person, each ending in a newline.
std::string table(const Summary& summary, const std::filesystem::path& run_dir);

}  // namespace octet::trainer
