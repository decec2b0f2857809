#include "apps/trainer/metrics.h"

#include <span>

#include "base/atomic_file.h"

namespace octet::trainer {

Metrics::Metrics(std::filesystem::path file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), written_(text_.size()) {
  write_file_atomically(file_, std::as_bytes(std::span(text_)));
}

void Metrics::add(const nlohmann::ordered_json& line) {
  text_ += line.dump() + "\n";
}

void Metrics::write() {
  append_to_file(file_, std::as_bytes(std::span(text_).subspan(written_)));
  written_ = text_.size();
}

}  // namespace octet::trainer
