// summary.json: what a run came to, and the closing table made from it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/trainer/session.h"

namespace octet::trainer {

using Summary = nlohmann::ordered_json;

/// What is known of every run: names, float network, speed, files, configuration.
Summary begin_summary(const Session& s);
/// Adds the figure on the validation split and the epoch of the weights that were kept, if they
/// were chosen by it. `part`: "float" or "int8".
void add_validation(const Session& s, Summary& to, const std::string& part);
/// As summary.json has it.
std::string summary_text(const Summary& summary);
/// Of a model file: FNV-1a, as in the summary.
std::string file_hash(const std::filesystem::path& file);
/// The summary of a finished run; nothing if one of its files or of `outputs` is missing or is not
/// what it wrote.
std::optional<Summary> finished_summary(const Checkpoint& checkpoint, const RunFiles& files,
                                        const config::OutputsConfig& outputs);
/// What the run's network is for.
Task task_in(const Summary& summary);
/// Session::figures of that run.
std::vector<FigureKind> figures_in(const Summary& summary);
/// Of the model that ships, or without one of the float network, on the test split.
TaskScore shipping_score(const Summary& summary);
/// Lines for a person, each ending in a newline.
std::string table(const Summary& summary, const std::filesystem::path& run_dir);

}  // namespace octet::trainer
