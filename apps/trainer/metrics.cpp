#include "apps/trainer/metrics.h"

#include <fstream>
#include <span>

#include "core/atomic_file.h"
#include "core/error.h"

namespace octet::trainer {

Metrics::Metrics(std::filesystem::path file, std::string text)
    : file_(std::move(file)), text_(std::move(text)) {
  write_file_atomically(file_, std::as_bytes(std::span(text_)));
}

void Metrics::add(const nlohmann::ordered_json& line) {
  const std::string text = line.dump() + "\n";
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  OCTET_CHECK(!out.fail(), "cannot write ", file_.string());
  text_ += text;
}

}  // namespace octet::trainer
