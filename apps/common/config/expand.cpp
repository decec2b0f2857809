#include "apps/common/config/expand.h"

#include <cstdlib>

#include "base/error.h"

namespace octet::config {

std::filesystem::path expand_path(const std::string& text, const std::filesystem::path& folder,
                                  const std::string& where) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const auto dollar = text.find("${", at);
    out += text.substr(at, dollar - at);
    if (dollar == std::string::npos) break;
    const auto close = text.find('}', dollar);
    OCTET_CHECK(close != std::string::npos, where, ": '", one_line(text),
                "' has no '}' behind its '${'");
    const std::string name = text.substr(dollar + 2, close - dollar - 2);
    const char* value = std::getenv(name.c_str());
    OCTET_CHECK(value && *value, where, ": the environment variable ", one_line(name),
                " is not set, but the path '", one_line(text), "' needs it");
    out += value;
    at = close + 1;
  }
  if (text.starts_with("${")) return std::filesystem::path(out).lexically_normal();
  return (folder / out).lexically_normal();
}

}  // namespace octet::config
