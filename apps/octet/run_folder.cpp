#include "apps/octet/run_folder.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace octet::app {

RunModel read_run_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "summary.json";
  std::ifstream in(path, std::ios::binary);
  OCTET_CHECK(in, path.string(), ": cannot be read; expected the folder of a finished run");
  try {
    const nlohmann::json summary = nlohmann::json::parse(in);
    OCTET_CHECK(summary.at("files").contains("model"), path.string(),
                ": the run has no integer model: expected 'quant' in its configuration");
    const nlohmann::json& normalize = summary.at("config").at("data").at("normalize");
    return {folder / summary.at("files").at("model").get<std::string>(),
            normalize.at("mean").get<std::vector<float>>(),
            normalize.at("std").get<std::vector<float>>()};
  } catch (const nlohmann::json::exception&) {
    fail(path.string(), ": not the summary of a run of this version");
  }
}

}  // namespace octet::app
