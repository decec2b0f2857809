// The folder of a trainer's run.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace octet::app {

/// What a finished run ships.
struct RunModel {
  nlohmann::json summary;         ///< summary.json
  std::filesystem::path file;     ///< the TFLite file
  std::vector<double> mean, std;  ///< its input is (pixel - mean) / std
};

/// From the run's summary.json. Throws Error if that is not of a finished run with an integer
/// model.
RunModel read_run_folder(const std::filesystem::path& folder);

}  // namespace octet::app
