#include "fit/metrics_file.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <span>

#include "base/atomic_file.h"

namespace octet {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), written_(text_.size()) {
  write_file_atomically(file_, std::as_bytes(std::span(text_)));
}

void MetricsFile::add(const Figures& line) {
  nlohmann::ordered_json j;
  for (const Figure& f : line) {
    std::visit([&](const auto& value) { j[f.name] = value; }, f.value);
  }
  j["time"] = utc_now();
  text_ += j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void MetricsFile::write() {
  append_to_file(file_, std::as_bytes(std::span(text_).subspan(written_)));
  written_ = text_.size();
}

}  // namespace octet
