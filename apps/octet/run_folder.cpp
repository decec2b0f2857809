#include "apps/octet/run_folder.h"

#include <fstream>
#include <utility>

#include "base/error.h"

namespace octet::app {

RunModel read_run_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "summary.json";
  std::ifstream in(path, std::ios::binary);
  OCTET_CHECK(in, path.string(), ": cannot be read; expected the folder of a finished run");
  try {
    nlohmann::json summary = nlohmann::json::parse(in);
    OCTET_CHECK(summary.at("files").contains("model"), path.string(),
                ": the run has no integer model: expected 'quant' in its configuration");
    RunModel run;
    run.file = folder / summary.at("files").at("model").get<std::string>();
    const nlohmann::json& normalize = summary.at("config").at("data").at("normalize");
    normalize.at("mean").get_to(run.mean);
    normalize.at("std").get_to(run.std);
    run.summary = std::move(summary);
    return run;
  } catch (const nlohmann::json::exception&) {
    fail(path.string(), ": not the summary of a run of this version");
  }
}

}  // namespace octet::app
